"""Static files as they are sent."""

import re
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

import config.storage
from config.storage import StaticStorage, slim
from config.storage import collect as collect_static

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


def collect(source, target):
    storage, given = StaticStorage(location=target, base_url="/static/"), FileSystemStorage(location=source)
    names = [path.relative_to(source).as_posix() for path in sorted(source.rglob("*.js"))]
    for name in names:
        with given.open(name) as script:
            storage.save(name, script)
    list(storage.post_process({name: (given, name) for name in names}))
    return storage, names


def test_collected_scripts_import_each_other_by_hashed_names(tmp_path):
    source, target = tmp_path / "source", tmp_path / "collected"
    (source / "js").mkdir(parents=True)
    (source / "js/a.js").write_text('// An export or not.\nimport { b } from "./b.js";\nimport("./b.js");\n  b();\n')
    (source / "js/b.js").write_text("export const b = () => 1;\n")

    storage, _ = collect(source, target)

    a, b = (storage.url(f"js/{name}.js").rpartition("/")[2] for name in "ab")
    assert (target / "js" / a).read_text() == 'import { b } from "./B";\nimport("./B");\nb();'.replace("B", b)


def test_every_script_is_collected_with_its_imports(tmp_path):
    storage, names = collect(settings.BASE_DIR / "static", tmp_path)

    for name in names:
        script = tmp_path / storage.stored_name(name)
        imported = re.findall(r"""(?:from |import |import\()["'](\.[^"']+)""", script.read_text())
        assert script.stat().st_size > 0
        assert [one for one in imported if not (script.parent / one).is_file()] == [], name


def test_names_are_plain_before_anything_was_collected(tmp_path):
    assert StaticStorage(location=tmp_path, base_url="/static/").url("js/a.js") == "/static/js/a.js"


def test_collecting_does_nothing_while_no_file_has_changed(tmp_path, settings, monkeypatch):
    script, settings.STATIC_ROOT = tmp_path / "a.js", tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    script.write_text("go();")
    finder = SimpleNamespace(list=lambda _: [("a.js", FileSystemStorage(location=tmp_path))])
    done = []
    monkeypatch.setattr(config.storage, "get_finders", lambda: [finder])
    monkeypatch.setattr(config.storage, "call_command", lambda name, **_: done.append(name))

    collect_static()
    (settings.STATIC_ROOT / "staticfiles.json").touch()
    collect_static()
    assert done == ["collectstatic"]
    script.write_text("go(1);")
    collect_static()
    assert len(done) == 2
