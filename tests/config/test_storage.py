"""Static files as they are sent."""

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from config.storage import StaticStorage, slim

SCRIPTS = sorted((settings.BASE_DIR / "static/js").rglob("*.js"))


def test_slim_leaves_out_what_only_readers_need():
    script = (
        b'// Why.\nimport { t } from "./words.js";\n\n  const url = "http://a"; // stays\n    // goes\n  go(url);\n'
    )

    assert slim(script) == b'import { t } from "./words.js";\nconst url = "http://a"; // stays\ngo(url);'
    assert slim(slim(script)) == slim(script)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_have_no_string_over_several_lines(path):
    """Leading blanks of its lines would be lost."""
    code = [line for line in path.read_text().splitlines() if not line.strip().startswith("//")]

    assert [line for line in code if line.count("`") % 2] == []
    assert "/*" not in "".join(line for line in code if line.lstrip().startswith(("*", "/*")))


def test_storage_sends_scripts_slim_and_styles_whole(tmp_path):
    storage = StaticStorage(location=tmp_path)

    storage.save("js/a.js", ContentFile(b"// Why.\n  go();\n"))
    storage.save("css/a.css", ContentFile(b"a {\n  b: c;\n}\n"))

    assert (tmp_path / "js/a.js").read_bytes() == b"go();"
    assert (tmp_path / "css/a.css").read_bytes() == b"a {\n  b: c;\n}\n"
