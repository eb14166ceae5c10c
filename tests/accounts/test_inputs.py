import pytest

from accounts.inputs import NotJson, json_body, row_number


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("٣", 3), ("", 0), ("x", 0), ("-1", 0), ("²", 0), ("1e3", 0), ("9" * 19, 0), ("9" * 5000, 0)],
)
def test_a_row_number_is_one_that_the_database_can_look_for(text, number):
    assert row_number(text) == number


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"9" * 5000])
def test_a_body_that_is_no_json_is_one_kind_of_error(rf, body):
    with pytest.raises(NotJson):
        json_body(rf.post("/", body, content_type="application/json"))


def test_a_body_of_json_is_read(rf):
    assert json_body(rf.post("/", b'{"a": [1]}', content_type="application/json")) == {"a": [1]}
