"""Neural models for local cut-outs: where they come from, and that what came is what was published.

Fetched only when somebody asks for it, never at import and never by a worker.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from processing.providers.calls import USER_AGENT, tls

SOURCE = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
CHUNK_BYTES = 2**20
MAX_BYTES = 2 * 2**30


class ModelError(Exception):
    """A model that cannot be had; the message says what to do."""


@dataclass(frozen=True)
class ModelFile:
    """`file` is its name at the source; `md5` is what its publisher gives. `megabytes` is for telling, not for checking."""

    name: str
    file: str
    md5: str
    megabytes: int
    good_for: str


MODELS: dict[str, ModelFile] = {
    model.name: model
    for model in (
        ModelFile(
            "isnet-general-use", "isnet-general-use.onnx", "fc16ebd8b0c10d971d3513d564d01e29", 179, "most products"
        ),
        ModelFile("u2net", "u2net.onnx", "60024c5c889badc19c04ad937298a77b", 176, "simple shapes"),
        ModelFile("u2netp", "u2netp.onnx", "8e83ca70e441ab06c318d82300c84806", 5, "trying it out"),
        ModelFile("silueta", "silueta.onnx", "55e59e0d8062d2f5d013f4725ee84782", 44, "small machines"),
        ModelFile(
            "birefnet-general",
            "BiRefNet-general-epoch_244.onnx",
            "7a35a0141cbbc80de11d9c9a28f52697",
            973,
            "fine edges, slow",
        ),
        ModelFile(
            "birefnet-general-lite",
            "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
            "4fab47adc4ff364be1713e97b7e66334",
            224,
            "fine edges",
        ),
    )
}


def model_named(name: str) -> ModelFile:
    if name not in MODELS:
        raise ModelError(f"There is no model named {name}; known are {', '.join(MODELS)}.")
    return MODELS[name]


def is_whole(model: ModelFile, folder: Path) -> bool:
    """True when the model's file is there and is what was published."""
    path = folder / f"{model.name}.onnx"
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest() == model.md5


def fetch_model(model: ModelFile, *, folder: Path, source: str = SOURCE, on_bytes: Callable[[int], None]) -> Path:
    """The model's file in the folder, checked; from an address or from a folder. ModelError says why there is none.

    Written under another name first: a worker never sees half a model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{model.name}.onnx"
    handle, part = tempfile.mkstemp(dir=folder, prefix=f".{model.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            found = _copy(model, source, file, on_bytes)
        if found != model.md5:
            raise ModelError(
                f"What came for {model.name} is not what was published (MD5 {found}, not {model.md5}). Nothing was kept; "
                "try again, or name another source with --from."
            )
        Path(part).chmod(0o644)
        Path(part).replace(target)
    except OSError as error:
        raise ModelError(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(FileNotFoundError):
            Path(part).unlink()
    return target


def _copy(model: ModelFile, source: str, file: BinaryIO, on_bytes: Callable[[int], None]) -> str:
    """Copies the model and gives its MD5."""
    digest, total = hashlib.md5(usedforsecurity=False), 0
    with _opened(model, source) as chunks:
        for chunk in chunks:
            total += len(chunk)
            if total > MAX_BYTES:
                raise ModelError(f"What came for {model.name} is larger than any model known here.")
            digest.update(chunk)
            file.write(chunk)
            on_bytes(total)
    return digest.hexdigest()


@contextmanager
def _opened(model: ModelFile, source: str) -> Iterator[Iterator[bytes]]:
    if "://" not in source:
        with _local(model, Path(source)).open("rb") as file:
            yield iter(lambda: file.read(CHUNK_BYTES), b"")
        return
    url = f"{source.rstrip('/')}/{model.file}"
    timeout = httpx.Timeout(60.0, connect=10.0)
    try:
        with (
            httpx.Client(
                follow_redirects=True, timeout=timeout, headers={"User-Agent": USER_AGENT}, verify=tls()
            ) as client,
            client.stream("GET", url) as answer,
        ):
            if not answer.is_success:
                raise ModelError(f"{url} answered {answer.status_code}.")
            yield answer.iter_bytes(CHUNK_BYTES)
    except httpx.HTTPError as error:
        raise ModelError(
            f"{url} cannot be reached ({type(error).__name__}). Without a way out, fetch {model.file} on another machine and "
            f"run this with --from FOLDER."
        ) from error


def _local(model: ModelFile, folder: Path) -> Path:
    for name in (model.file, f"{model.name}.onnx"):
        if (folder / name).is_file():
            return folder / name
    raise ModelError(f"There is no {model.file} in {folder}.")


def free_bytes(folder: Path) -> int:
    """Room on the disk of a folder that may not be there yet."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(there).free
