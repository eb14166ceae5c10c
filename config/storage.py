from typing import Any

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile, File
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
