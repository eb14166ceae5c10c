from typing import Any

from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names also inside JavaScript imports, so that a module may be cached for ever."""

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: "File[Any]") -> str:
        if name.startswith("js/"):
            content = ContentFile(slim(content.read()))
        return str(super()._save(name, content))


def slim(script: bytes) -> bytes:
    """A script as it is sent: without the comments and blanks that begin lines. No string of ours goes over a line's end."""
    lines = (line.strip() for line in script.splitlines())
    return b"\n".join(line for line in lines if line and not line.startswith(b"//"))
