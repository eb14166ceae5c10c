import json
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from processing import providers
from processing.errors import PermanentStepError
from processing.providers import rembg_engine
from processing.providers.backplates import SWEEPS, Backplates, _plates
from processing.providers.base import HostedProvider, LocalCutout
from processing.steps import cutout as cutout_step
from tests.images import box_shot, file_of, solid
from tests.processing import making
from tests.processing.tiny_onnx import model


@pytest.fixture
def models(tmp_path, settings):
    settings.MODELS_DIR = tmp_path
    rembg_engine._session.cache_clear()
    return tmp_path


@pytest.fixture
def neural(models):
    """A network where the default model is looked for."""
    (models / "isnet-general-use.onnx").write_bytes(model(side_px=1024))
    return providers.provider("rembg")


def test_registry_knows_the_local_providers():
    for name in ("studio", "rembg", "rembg:u2net"):
        assert isinstance(providers.provider(name), LocalCutout)
        assert not isinstance(providers.provider(name), HostedProvider)
    assert providers.provider("rembg:u2net").name == "rembg:u2net"
    with pytest.raises(PermanentStepError, match="no provider named magic"):
        providers.provider("magic")


def test_missing_model_is_said_and_never_fetched(models):
    engine = providers.provider("rembg")
    assert "isnet-general-use.onnx" in engine.unavailable_reason()
    assert engine.version().endswith("absent")
    with pytest.raises(PermanentStepError, match="is not on this machine"):
        engine.matte(solid())


def test_network_gives_a_mask_that_is_refined(neural):
    photo, alpha = box_shot(size=(260, 220))
    matte = neural.matte(photo)
    wrong = np.abs(matte.alpha.astype(int) - alpha.astype(int)) > 128
    assert wrong.mean() < 0.02
    assert neural.version() != "absent"


def test_network_is_asked_at_the_size_it_looks_at(models, monkeypatch):
    (models / "u2net.onnx").write_bytes(model(side_px=320))
    session = rembg_engine._session("u2net", str(models / "u2net.onnx"))
    asked = []
    predict = session.predict
    monkeypatch.setattr(session, "predict", lambda photo: asked.append(photo.size) or predict(photo))
    assert providers.provider("rembg:u2net").matte(box_shot(size=(500, 240))[0]).alpha.shape == (240, 500)
    assert asked == [(320, 320)]


def test_network_of_any_size_sees_the_photo_at_its_own_shape():
    anything = SimpleNamespace(get_inputs=lambda: [SimpleNamespace(shape=[1, 3, "height", "width"])])
    session = SimpleNamespace(inner_session=anything)
    assert rembg_engine._input_size(session, (4096, 2048)) == (1024, 512)
    assert rembg_engine._input_size(session, (400, 200)) == (400, 200)


def test_broken_model_is_a_permanent_error(models):
    (models / "isnet-general-use.onnx").write_bytes(b"not a model")
    with pytest.raises(PermanentStepError, match="cannot be used as a model"):
        providers.provider("rembg").matte(solid())


def test_unknown_network_is_a_permanent_error(models):
    (models / "nonsense.onnx").write_bytes(model(side_px=320))
    with pytest.raises(PermanentStepError, match="knows no model nonsense"):
        providers.provider("rembg:nonsense").matte(solid())


def test_too_small_photo_is_unsuitable():
    with pytest.raises(PermanentStepError, match="cannot be cut out"):
        providers.provider("studio").matte(solid((20, 20)))


# ---------------------------------------------------------------- auto


@pytest.mark.django_db
def test_auto_says_when_it_was_unsure_and_alone(models, monkeypatch):
    monkeypatch.setattr(cutout_step, "SURE", 1.1)
    job = making.run(making.photo(), changes={"sizes": [], "main_px": 500, "repair": False})
    cutout = job.renditions.get(name="cutout")
    assert cutout.provenance["engine"] == "studio"
    assert cutout.provenance["fallbacks"] == [cutout_step.NO_NEURAL]
    assert cutout_step.NO_NEURAL in cutout.notes


def _with_confidence(matte, confidence, image, **options):
    return replace(matte(image, **options), confidence=confidence)


def _in_hand(monkeypatch, picture):
    """A worker's hands on this photo, in which a matte scores as high as its engine is confident."""
    monkeypatch.setattr(cutout_step, "_measured", lambda _, matte: matte)
    monkeypatch.setattr(cutout_step, "score_of", lambda matte, category: matte.confidence)
    return SimpleNamespace(original=picture)


@pytest.mark.parametrize(("studio", "chosen"), [(0.1, "rembg"), (0.99, "studio")])
def test_auto_takes_the_engine_that_measures_better_and_says_why(neural, monkeypatch, studio, chosen):
    for engine, confidence in ((providers.provider("studio"), studio), (neural, 0.5)):
        sure = partial(_with_confidence, engine.matte, confidence)
        monkeypatch.setattr(engine, "matte", sure)
    monkeypatch.setattr(cutout_step, "SURE", 1.0)
    cut = cutout_step._cut(_in_hand(monkeypatch, box_shot(size=(260, 220))[0]), {"engine": "auto"})
    assert (cut.engine, cut.fallbacks) == (chosen, ())
    assert cut.reason.startswith(f"The studio engine was unsure ({studio:.2f}).")
    assert f"{chosen} scores {max(studio, 0.5):.2f}" in cut.reason


@pytest.mark.django_db
def test_auto_asks_no_network_where_the_studio_engine_is_sure(neural, monkeypatch):
    monkeypatch.setattr(neural, "matte", lambda *_, **__: pytest.fail("the network was asked"))
    monkeypatch.setattr(cutout_step, "SURE", 0.0)
    job = making.run(making.photo(), changes={"sizes": [], "main_px": 500, "repair": False})
    provenance = job.renditions.get(name="main").provenance
    assert provenance["engine_reason"].startswith("The studio engine was sure: confidence")
    assert provenance["fallbacks"] == []


def test_new_model_file_changes_the_key(models, neural):
    before = cutout_step.version({"engine": "auto"})
    (models / "isnet-general-use.onnx").write_bytes(model(side_px=1024) + b"")
    assert cutout_step.version({"engine": "auto"}) == before
    (models / "isnet-general-use.onnx").write_bytes(model(side_px=320))
    assert cutout_step.version({"engine": "auto"}) != before


# ---------------------------------------------------------------- sets

META = {
    "name": "shelf", "style": "lifestyle-home", "horizon": 0.5, "ground": [0.6, 0.9], "stand": [0.5, 0.8],
    "product_height": [0.2, 0.6], "light": {"azimuth_deg": 45, "elevation_deg": 45, "softness": 0.5},
    "temperature_k": 5000, "tint": [1, 1, 1], "credit": "",
}  # fmt: skip


@pytest.fixture
def own_sets(tmp_path, settings):
    settings.BACKPLATES_DIR = tmp_path
    folder = tmp_path / "shop-window"
    folder.mkdir()
    yield folder
    _plates.cache_clear()


def test_own_folder_of_sets_is_used(own_sets):
    (own_sets / "shelf.json").write_text(json.dumps(META))
    (own_sets / "shelf.jpg").write_bytes(file_of(solid((600, 600)), "JPEG"))
    (own_sets / "alone.json").write_text("{}")
    plate = Backplates().choose("shop-window", seed=7)
    assert (plate.name, plate.note) == ("shelf", "")
    data, media_type = plate.picture()
    assert (media_type, plate.meta()["name"]) == ("image/jpeg", "shelf")
    assert data.startswith(b"\xff\xd8")


def test_style_without_sets_gets_the_sweep_and_a_note():
    plate = Backplates().choose("moon-base", seed=3)
    assert plate.sweep == 3 % SWEEPS
    assert "There is no set for moon-base" in plate.note


def test_same_seed_gives_the_same_set():
    chosen = {Backplates().choose("studio-white", seed=seed).name for seed in range(40)}
    assert len(chosen) >= 3
    assert Backplates().choose("studio-white", seed=5) == Backplates().choose("studio-white", seed=5)


def test_transparent_photo_is_flattened_on_white():
    from processing.steps.base import flat

    assert flat(Image.new("RGBA", (4, 4), (0, 0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)
