"""The scripts that make shots for the cut-out network: what they call the truth must be the truth."""

import io

import numpy as np
import pytest
from PIL import Image

from processing.imaging.matting import looks, network
from processing.imaging.matting.paper import fit_paper
from samples.training import camouflage
from samples.training.camouflage import disguised
from samples.training.cutouts import find_sources, load
from samples.training.extract import PICTURE, field, planes
from samples.training.make_shots import compose, develop
from samples.training.scene import backdrop, shadow
from samples.training.shapes import drawn


def decoded(jpeg):
    return np.asarray(Image.open(io.BytesIO(jpeg)))


def write_passes(path, *, clear=False):
    cover = np.zeros((90, 120), np.uint8)
    cover[30:70, 40:90] = 255
    share = cover[..., None].astype(np.float16) / 255
    np.savez(
        path,
        product=np.concatenate([share * np.array([0.02, 0.05, 0.4], np.float16), share], axis=-1),
        cover=cover // 2 if clear else cover,
        solid=cover,
        plate=np.full((90, 120, 3), 0.8, np.float16),
    )
    return path


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_compose_gives_a_photo_and_a_truth_of_its_size(seed):
    rng = np.random.default_rng(seed)
    jpeg, alpha = compose(rng, drawn(rng), long_px=200)
    assert decoded(jpeg).shape == (*alpha.shape, 3)
    assert alpha.dtype == np.uint8
    assert alpha.min() == 0
    assert alpha.max() > 250


def test_compose_repeats_itself():
    first, second = (compose(np.random.default_rng(5), drawn(np.random.default_rng(6)), long_px=160) for _ in range(2))
    assert first[0] == second[0]
    assert np.array_equal(first[1], second[1])


def test_develop_shows_the_product_where_the_truth_says(tmp_path):
    jpeg, alpha = develop(np.random.default_rng(4), write_passes(tmp_path / "traced-1.npz"))
    photo = decoded(jpeg).astype(float)
    assert photo.shape[:2] == alpha.shape
    inside, outside = photo[alpha > 250].mean(axis=0), photo[alpha < 5].mean(axis=0)
    assert np.abs(inside - outside).max() > 40


def test_traced_glass_is_developed_but_never_lends_its_cutout(tmp_path):
    path = write_passes(tmp_path / "traced-2.npz", clear=True)
    _, alpha = develop(np.random.default_rng(4), path)
    assert 110 < alpha.max() < 140
    with pytest.raises(ValueError, match="studio it was traced in"):
        load(find_sources([tmp_path], [])[0])


def test_shadow_only_takes_light_and_is_none_without_a_product():
    rng = np.random.default_rng(3)
    alpha = np.zeros((80, 100), np.float32)
    alpha[20:60, 30:70] = 1
    for _ in range(20):
        through = shadow(rng, alpha)
        assert through.shape == (80, 100, 3)
        assert 0 < float(through.min()) <= float(through.max()) <= 1


def test_disguised_paints_only_valid_colours():
    rng = np.random.default_rng(8)
    alpha = np.zeros((80, 100), np.float32)
    alpha[20:60, 30:70] = 1
    code = np.full((80, 100, 3), 0.3, np.float32)
    made = [disguised(rng, code, alpha, backdrop(rng, (80, 100))) for _ in range(20)]
    assert all(0 < float(colours.min()) <= float(colours.max()) <= 1 for colours in made)
    assert any(np.abs(colours - code).max() > 0.1 for colours in made)
    assert np.array_equal(code, np.full((80, 100, 3), 0.3, np.float32))


def test_planes_for_training_are_what_the_engine_sees():
    photo = np.random.default_rng(1).integers(150, 255, (60, 70, 3)).astype(np.uint8)
    picture = looks.reduced(photo, 200_000)
    seen = looks.codes(picture, fit_paper(picture).colour)
    told = planes(picture, fit_paper(picture).colour)
    assert np.array_equal(told, seen[..., : told.shape[-1]])
    assert (seen[..., told.shape[-1] :] == network.PLANE_ZERO).all()
    assert seen.shape[-1] == network.PLANES


def test_the_network_sees_the_picture_in_full_depth():
    photo = np.random.default_rng(2).integers(150, 255, (60, 70, 3)).astype(np.uint8)
    picture = looks.reduced(photo, 200_000)
    told = planes(picture, fit_paper(picture).colour)
    assert np.array_equal(field(told, picture)[..., PICTURE], picture)
    coded = (told[..., PICTURE].astype(np.float32) - network.PLANE_ZERO) / network.PICTURE_STEPS
    assert np.abs(coded - picture).max() <= 1 / network.PICTURE_STEPS


def test_disguised_lays_soles_and_rims_of_shadow_colour_along_the_edge(monkeypatch):
    monkeypatch.setattr(camouflage, "_SHADED_SHARE", 1)
    alpha = np.zeros((90, 120), np.float32)
    alpha[20:70, 30:90] = 1
    code, paper = np.full((90, 120, 3), 0.7, np.float32), np.full((90, 120, 3), 0.8, np.float32)
    painted = np.mean([disguised(np.random.default_rng(seed), code, alpha, paper) for seed in range(24)], axis=0)
    assert painted[68:70, 40:80].mean() < painted[40:50, 50:70].mean() - 0.1
