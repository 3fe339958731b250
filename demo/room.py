"""What the page needs for a class: a text as a QR code."""

import segno

from demo.checks import UserError

LONGEST = 1_000  # bytes: a longer text makes a code too fine to be read across a room
BORDER = 4  # light squares around the code, as the standard asks


def qr_code(text):
    """{"rows"}: the squares of a QR code that holds `text`, with a light border; a row is a text, "1" a dark square."""
    try:
        size = len(text.encode())
    except (AttributeError, UnicodeEncodeError):  # no text; half of a character
        size = 0
    if not size:
        raise UserError("error.text", name="text")
    if size > LONGEST:
        raise UserError("error.code_long", most=LONGEST)
    rows = segno.make(text, micro=False, error="m").matrix_iter(border=BORDER)
    return {"rows": ["".join(str(int(dark)) for dark in row) for row in rows]}


def functions():
    """What the page calls."""

    def page_code(text) -> dict:
        return qr_code(text)

    return {"page_code": page_code}
