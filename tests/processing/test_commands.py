import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from processing.models import Job, JobState
from tests.images import box_shot, file_of
from tests.processing import making


def run(capsys, *arguments) -> dict:
    call_command(*[str(one) for one in arguments], "--json")
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def folder(tmp_path) -> Path:
    photo, alpha = box_shot(size=(260, 220))
    inside = tmp_path / "photos" / "inner"
    inside.mkdir(parents=True)
    (inside / "BOX-1.jpg").write_bytes(file_of(photo, "JPEG"))
    (inside / "BOX-1.alpha.png").write_bytes(file_of(Image.fromarray(alpha)))
    (inside / "BOX-1.fg.png").write_bytes(file_of(photo))
    return tmp_path / "photos"


def test_cutout_writes_a_picture_for_each_photo(folder, tmp_path, capsys):
    (row,) = run(capsys, "cutout", folder, tmp_path / "out")["files"]
    with Image.open(tmp_path / "out" / "inner" / "BOX-1.png") as made:
        assert (made.mode, made.size) == ("RGBA", (260, 220))
    assert (row["engine"], row["error"], row["megapixels"]) == ("studio", "", 0.057)


def test_cutout_of_one_file_names_the_result(folder, tmp_path, capsys):
    run(capsys, "cutout", folder / "inner" / "BOX-1.jpg", tmp_path / "one.png")
    assert (tmp_path / "one.png").exists()


def test_cutout_goes_on_after_a_bad_file_and_ends_with_1(folder, tmp_path, capsys):
    (folder / "BAD.jpg").write_bytes(b"nothing")
    with pytest.raises(SystemExit) as ended:
        call_command("cutout", str(folder), str(tmp_path / "out"), "--json")
    rows = json.loads(capsys.readouterr().out)["files"]
    assert ended.value.code == 1
    assert [bool(row["error"]) for row in rows] == [True, False]


def test_cutout_says_what_is_missing(tmp_path):
    with pytest.raises(CommandError, match="does not exist"):
        call_command("cutout", str(tmp_path / "no"), str(tmp_path))
    with pytest.raises(CommandError, match="no photos"):
        call_command("cutout", str(tmp_path), str(tmp_path))


def test_score_of_a_pair_and_of_folders(folder, tmp_path, capsys):
    run(capsys, "cutout", folder, tmp_path / "out")
    pair = run(capsys, "score", folder / "inner" / "BOX-1.jpg", tmp_path / "out" / "inner" / "BOX-1.png")
    assert set(pair) == {"score", "verdict", "checks"}
    assert set(pair["checks"][0]) == {"code", "value", "unit", "limit", "passed", "box", "worst"}
    rows = run(capsys, "score", folder, tmp_path / "out")
    assert [row["file"] for row in rows] == ["BOX-1.jpg"]
    call_command("score", str(folder), str(tmp_path / "out"))
    assert "BOX-1.jpg: " in capsys.readouterr().out


def test_score_refuses_what_does_not_fit(folder, tmp_path):
    small = tmp_path / "small.png"
    small.write_bytes(file_of(Image.new("RGBA", (9, 9))))
    photo = folder / "inner" / "BOX-1.jpg"
    with pytest.raises(CommandError, match="must be of one size"):
        call_command("score", str(photo), str(small))
    with pytest.raises(CommandError, match="does not exist"):
        call_command("score", str(photo), str(tmp_path / "no.png"))
    with pytest.raises(CommandError, match="no picture in"):
        call_command("score", str(folder), str(tmp_path / "photos" / "inner" / ".."))


def test_evaluate_prints_the_figures(folder, capsys):
    answer = run(capsys, "evaluate", folder / "inner")
    assert answer["summary"]["n"] == 1
    assert answer["rows"][0]["mae"] < 3
    assert answer["rows"][0]["fg"] < 20
    call_command("evaluate", str(folder / "inner"), "--no-repair")
    assert "band" in capsys.readouterr().out


def test_evaluate_counts_a_failed_cutout_as_empty(tmp_path, capsys):
    _, alpha = box_shot(size=(260, 220))
    case = tmp_path / "BOX-1"
    case.mkdir()
    (case / "raw.jpg").write_bytes(b"nothing")
    (case / "alpha.png").write_bytes(file_of(Image.fromarray(alpha)))
    (case / "alpha_t.png").write_bytes(file_of(Image.fromarray(alpha)))
    answer = run(capsys, "evaluate", tmp_path)
    assert (answer["summary"]["missing"], answer["summary"]["bad_share"]) == (1, 1.0)


def test_evaluate_needs_truths(tmp_path):
    with pytest.raises(CommandError, match="holds no photo"):
        call_command("evaluate", str(tmp_path))
    with pytest.raises(CommandError, match="is no folder"):
        call_command("evaluate", str(tmp_path / "no"))


def test_figures_agree_with_hand_made_errors(tmp_path):
    """A box whose cut-out is half as opaque as the truth: every figure can be told by hand."""
    import numpy as np

    from processing.accuracy import Case, errors

    truth = np.zeros((40, 40), np.uint8)
    truth[10:30, 10:30] = 255
    path = tmp_path / "a.png"
    path.write_bytes(file_of(Image.fromarray(truth)))
    half = np.dstack([np.zeros((40, 40, 3), np.uint8), truth // 2])
    row = errors(Case("a", path, path), Image.fromarray(half))
    assert row["mae"] == pytest.approx(100 * (1 - 127 / 255) * 400 / 1600, rel=1e-3)
    assert row["sad"] == pytest.approx(0.4 * (1 - 127 / 255), rel=1e-3)
    assert row["bad"]


# ---------------------------------------------------------------- retry and sweep


@pytest.mark.django_db
def test_retry_queues_failed_jobs(capsys):
    batch = making.batch_of(making.photo(), making.photo())
    first, second = batch.jobs.all()
    Job.objects.filter(pk=first.pk).update(state=JobState.FAILED)
    assert run(capsys, "retry", "--failed") == {"queued": [first.pk]}
    assert run(capsys, "retry", "--failed", "--batch", batch.pk) == {"queued": []}
    Job.objects.filter(pk=second.pk).update(state=JobState.DONE)
    assert run(capsys, "retry", "--job", second.pk, "--from", "cutout") == {"queued": [second.pk]}


@pytest.mark.django_db
def test_retry_says_why_not(capsys):
    job = making.batch_of(making.photo()).jobs.get()
    for arguments, words in (
        (["--job", "999999"], "no job"),
        (["--job", str(job.pk)], "has ended"),
        (["--job", str(job.pk), "--from", "nothing"], "no step named"),
        (["--failed", "--from", "cutout"], "needs --job"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("retry", *arguments)
    call_command("retry", "--failed")
    assert "0 jobs queued" in capsys.readouterr().out


@pytest.mark.django_db
def test_sweep_reports_what_it_did(capsys, broker):
    making.batch_of(making.photo())
    assert run(capsys, "sweep")["sent"] == 1
    call_command("sweep")
    assert "0 sent" in capsys.readouterr().out
