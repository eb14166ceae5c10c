import pytest

from review.agreement import agreement_of

DOUBTS = [{"code": "HOLE"}, {"code": "EDGE_HALO"}]


@pytest.mark.parametrize(
    ("verdict", "reason", "expected"),
    [
        ("approve", "", {"HOLE": "machine", "EDGE_HALO": "machine"}),
        ("reject", "HOLE", {"HOLE": "shared"}),
        ("rework", "EDGE_HALO", {"EDGE_HALO": "shared"}),
        ("reject", "BLUR", {"BLUR": "person"}),
        ("reject", "WRONG_PRODUCT", {}),
        ("reject", "WISH_BACKGROUND", {"HOLE": "machine", "EDGE_HALO": "machine"}),
        ("rework", "", {}),
        ("skip", "", {}),
    ],
)
def test_agreement_says_who_saw_a_fault(verdict, reason, expected):
    assert agreement_of(DOUBTS, verdict=verdict, reason=reason) == expected
