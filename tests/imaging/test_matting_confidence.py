from dataclasses import replace

import cv2
import numpy as np
import pytest

from processing.imaging.matting.confidence import judge, where_mended
from processing.imaging.matting.lift import Coarse
from processing.imaging.matting.paper import Paper

SHAPE = (120, 160)


def solution(*, product=0.2, spread=0.004):
    """(coarse solution of a grey box on pale paper, its paper, a square inside the box)."""
    alpha = np.zeros(SHAPE, np.float32)
    alpha[20:100, 30:130] = 1
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.7)
    backdrop = np.full((*SHAPE, 3), 0.9, np.float32)
    inside = np.zeros(SHAPE, bool)
    inside[35:85, 40:120] = True
    coloured = np.full_like(backdrop, product)
    picture = backdrop + alpha[..., None] * (coloured - backdrop)
    return Coarse(picture, alpha, backdrop, coloured), Paper(backdrop, spread, 1.0), inside


def test_judge_trusts_a_clear_answer():
    coarse, paper, _ = solution()
    confidence, unsure, notes = judge(coarse.alpha, coarse, paper)
    assert confidence > 0.9
    assert unsure.max() < 0.5
    assert notes == ()


def test_judge_doubts_what_the_network_left_undecided_but_not_what_a_rule_mended():
    coarse, paper, inside = solution()
    raw = np.where(inside, 0.5, coarse.alpha).astype(np.float32)
    before = raw.copy()
    doubted, unsure, _ = judge(raw, coarse, paper)
    assert doubted < 0.5
    assert unsure[60, 80] == 1
    settled, clear, _ = judge(raw, coarse, paper, mended=where_mended(raw, coarse.alpha, None))
    assert settled > 0.9
    assert clear[60, 80] == 0
    assert np.array_equal(raw, before)


def test_judge_doubts_a_soft_edge_but_not_that_of_hair():
    coarse, paper, _ = solution()
    soft = replace(coarse, alpha=cv2.GaussianBlur(coarse.alpha, (0, 0), 3))
    haze = (np.abs(soft.alpha - 0.5) < 0.5).astype(np.float32)
    assert judge(soft.alpha, soft, paper)[0] < 0.4
    assert judge(soft.alpha, soft, paper, mended=where_mended(soft.alpha, soft.alpha, haze))[0] > 0.9


def test_judge_doubts_an_outline_in_the_colour_of_the_paper():
    coarse, paper, _ = solution(product=0.88)
    confidence, _, notes = judge(coarse.alpha, coarse, paper)
    assert confidence < 0.5
    assert notes == ("low-contrast",)


@pytest.mark.parametrize(("spread", "least", "most"), [(0.004, 0.7, 1), (0.025, 0, 0.1)])
def test_judge_takes_product_on_the_frame_for_a_scene_where_paper_does_not_fit(spread, least, most):
    coarse, paper, _ = solution(spread=spread)
    part = (slice(20, 100), slice(30, 150))
    cut = Coarse(*(plane[part] for plane in (coarse.picture, coarse.alpha, coarse.backdrop, coarse.product)))
    assert least < judge(cut.alpha, cut, replace(paper, colour=paper.colour[part]))[0] < most


def test_where_mended_is_nothing_without_a_rule_at_work():
    alpha = solution()[0].alpha
    assert where_mended(alpha, alpha, None) is None
    mended = where_mended(alpha, np.where(alpha > 0.9, 0.8, alpha), None)
    assert mended is not None
    assert mended[60, 80]
    assert not mended[5, 5]


def test_judge_doubts_a_product_beside_what_is_too_dark_for_a_shadow():
    coarse, paper, _ = solution(product=0.6)
    beneath = coarse.picture.copy()
    beneath[101:106, 30:130] *= 0.2
    clear, doubted = (
        judge(coarse.alpha, replace(coarse, picture=seen), paper)[0] for seen in (coarse.picture, beneath)
    )
    assert clear > 0.9
    assert doubted < clear - 0.02
