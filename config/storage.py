import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile, File
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names also inside JavaScript imports, so that a module may be cached for ever.

    Before anything was collected, names are plain: then the files are served from where they were written.
    """

    support_js_module_import_aggregation = True

    def url(self, name: str | None, force: bool = False) -> str:
        if not self.hashed_files:
            return str(StaticFilesStorage.url(self, name))
        return str(super().url(name, force))

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:
        # From the collected scripts: a comment with the word "export" in it would be taken for code by Django's patterns.
        return super().post_process({name: (self, name) for name in paths}, dry_run, **options)

    def _save(self, name: str, content: "File[Any]") -> str:
        if name.startswith("js/"):
            # From its beginning: its hash may have been taken.
            content = ContentFile(slim(b"".join(content.chunks())))
        return str(super()._save(name, content))


def slim(script: bytes) -> bytes:
    """A script as it is sent: without the comments and blanks that begin lines. No string of ours goes over a line's end."""
    lines = (line.strip() for line in script.splitlines())
    return b"\n".join(line for line in lines if line and not line.startswith(b"//"))


def collect() -> None:
    """Static files as this version of the code wants them. Compressing takes seconds, so nothing is done where none has changed."""
    now, note = _state_of_sources(), settings.STATIC_ROOT / "collected"
    if note.exists() and note.read_text() == now and (settings.STATIC_ROOT / "staticfiles.json").exists():
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    note.write_text(now)


def _state_of_sources() -> str:
    files = [Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])]
    facts = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in [*files, Path(__file__)]]
    return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()
