"""A text as a QR code for the page."""

import pytest
import segno

from demo.checks import UserError
from demo.room import BORDER, LONGEST, qr_code


def test_a_code_has_a_light_border_and_the_squares_that_segno_makes():
    rows = qr_code("http://192.168.0.12:7860/?tab=gan")["rows"]
    side = len(rows)
    assert all(len(row) == side for row in rows)
    assert set("".join(rows[:BORDER] + rows[-BORDER:])) == {"0"}
    inner = [row[BORDER:-BORDER] for row in rows[BORDER:-BORDER]]
    made = segno.make("http://192.168.0.12:7860/?tab=gan", micro=False, error="m").matrix
    assert inner == ["".join(map(str, row)) for row in made]


def test_a_text_of_any_script_and_of_the_longest_length_has_a_code():
    assert qr_code("ação 日本 😀")["rows"]
    assert qr_code("x" * LONGEST)["rows"]
    assert qr_code("😀" * (LONGEST // 4))["rows"]  # four bytes each


@pytest.mark.parametrize(
    "text, key",
    [
        *(("", "error.text"), (7, "error.text"), (["x"], "error.text"), ("\ud800", "error.text")),
        *(("x" * (LONGEST + 1), "error.code_long"), ("😀" * (LONGEST // 4 + 1), "error.code_long")),
    ],
)
def test_what_has_no_code_is_a_sentence(text, key):
    with pytest.raises(UserError) as mistake:
        qr_code(text)
    assert mistake.value.key == key
