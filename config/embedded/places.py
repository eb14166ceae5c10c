"""Where the private services keep their data and their sockets."""

import hashlib
import os
import tempfile
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60.0


class ServiceError(RuntimeError):
    """A private service could not be started; the message says why and what to do."""


def data_dir() -> Path:
    return Path(os.environ.get("FIRSTPASS_DATA", BASE_DIR / "var")).resolve()


def socket_dir() -> Path:
    """Where the sockets live: short, because the system allows about 100 characters, and the same for the same data folder."""
    return Path(tempfile.gettempdir()) / f"firstpass-{hashlib.sha256(str(data_dir()).encode()).hexdigest()[:12]}"


def database_url() -> str:
    return f"postgresql://postgres@/firstpass?host={socket_dir() / 'pg'}"


def redis_url() -> str:
    return f"unix://{socket_dir() / 'redis.sock'}?db=0"


def make_socket_dir() -> None:
    folder = socket_dir()
    folder.mkdir(mode=0o711, exist_ok=True)
    # The name can be guessed by other accounts of this machine; a folder that is not ours is not used.
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise ServiceError(f"{folder} belongs to another account. Remove it or set FIRSTPASS_DATA to another folder.")
    folder.chmod(0o711)
