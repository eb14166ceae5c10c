"""Where the site was last started on this machine: commands that print links need it while SITE_URL is not set."""

from contextlib import suppress
from pathlib import Path

DEFAULT_PORT = 8000


def of_port(port: int) -> str:
    return f"http://localhost:{port}"


def place(host: str, port: int) -> str:
    """Host and port as addresses write them: IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def remember(folder: Path, *, port: int) -> None:
    # Where the folder cannot be written to, the site still runs: only such links name the usual port.
    with suppress(OSError):
        _note(folder).write_text(str(port))


def last_used(folder: Path) -> str:
    with suppress(OSError, ValueError):
        return of_port(int(_note(folder).read_text()))
    return of_port(DEFAULT_PORT)


def _note(folder: Path) -> Path:
    return folder / "site.port"
