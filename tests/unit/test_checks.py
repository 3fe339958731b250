"""What the page's functions accept, as properties: any value gives an answer of the right kind or a UserError."""

import math
import numbers

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from demo.checks import UserError, choice, is_number, picture, real, seed, whole
from demo.contract import LARGEST_SEED

WHOLE = st.integers(-(10**30), 10**30)
SCALARS = st.one_of(
    *(st.none(), st.booleans(), WHOLE, st.floats(), st.text(), st.binary(max_size=8)),
    *(st.fractions(), st.complex_numbers(), st.decimals()),
    st.sampled_from(["", " 7 ", "1e3", "1.0", "nan", "-inf", "0x10", "1_0", "٣", "🎲", "9" * 5000]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
        | st.tuples(inner)
    ),
    max_leaves=5,
)
RANGES = st.tuples(st.integers(-1000, 1000), st.integers(0, 1000)).map(lambda ends: (ends[0], sum(ends)))
SIDE = 3
NAMES = st.text("abc-1é", max_size=3)  # of options
GREY = st.floats(0, 1, width=32) | st.integers(0, 1)


def refused(check, *arguments):
    """The UserError of a call, whose sentence has no gap left."""
    with pytest.raises(UserError) as caught:
        check(*arguments)
    assert "{" not in str(caught.value)
    return caught.value


def accepted(check, *arguments):
    """(True, answer) of a call, or (False, None) where it is refused; any other error is one of the check."""
    try:
        return True, check(*arguments)
    except UserError as error:
        assert "{" not in str(error) and "\n" not in str(error)
        return False, None


# --- whole numbers and seeds ------------------------------------------------------------------------------


@given(ANYTHING, RANGES)
@example(5, (5, 5))
@example(math.inf, (0, 9))
@example(math.nan, (0, 9))
@example(True, (0, 9))
def test_whole_gives_an_int_of_the_range_or_refuses(value, ends):
    low, high = ends
    taken, number = accepted(whole, value, "frames", low, high)
    if taken:
        assert type(number) is int and low <= number <= high
        assert not isinstance(value, bool) and number == (int(value) if isinstance(value, str) else value)


@given(RANGES, st.data())
def test_whole_takes_every_number_of_the_range_in_every_spelling(ends, data):
    number = data.draw(st.integers(*ends))
    for spelling in (number, float(number), str(number), f" {number} "):
        assert whole(spelling, "frames", *ends) == number


@given(WHOLE, RANGES)
def test_whole_refuses_what_lies_outside_and_names_the_limits(number, ends):
    low, high = ends
    assume(not low <= number <= high)
    for spelling in (number, str(number)):
        error = refused(whole, spelling, "frames", low, high)
        assert error.key == "error.whole"
        assert error.values == {"name": "frames", "low": low, "high": high}


@given(RANGES, st.floats(allow_nan=False, allow_infinity=False))
def test_whole_refuses_a_fraction(ends, number):
    assume(not number.is_integer())
    refused(whole, number, "frames", *ends)
    refused(whole, repr(number), "frames", *ends)


@given(st.integers(0, LARGEST_SEED))
@example(LARGEST_SEED)
def test_a_seed_survives_as_a_number_and_as_a_text(number):
    assert seed(number) == seed(str(number)) == number


@given(st.integers(max_value=-1) | st.integers(min_value=LARGEST_SEED + 1))
def test_no_other_number_is_a_seed(number):
    assert refused(seed, number, "seed_a").values["name"] == "seed_a"
    refused(seed, str(number))


# --- real numbers -----------------------------------------------------------------------------------------


@given(ANYTHING, RANGES)
@example("nan", (0, 9))
@example(10**400, (0, 9))
@example(False, (0, 9))
def test_real_gives_a_finite_float_of_the_range_or_refuses(value, ends):
    low, high = ends
    taken, number = accepted(real, value, "temperature", low, high)
    if taken:
        assert type(number) is float and math.isfinite(number) and low <= number <= high
        assert not isinstance(value, bool) and number == float(value)
    else:
        assert refused(real, value, "temperature", low, high).key == "error.real"


@given(RANGES, st.data())
def test_real_takes_every_number_of_the_range_as_a_number_and_as_a_text(ends, data):
    number = data.draw(st.floats(*ends))
    assert real(number, "temperature", *ends) == real(repr(number), "temperature", *ends) == number


@given(ANYTHING, RANGES)
def test_is_number_says_whether_it_is_one_without_an_error(value, ends):
    assume(not isinstance(value, numbers.Real) or isinstance(value, (bool, int, float)))
    told = is_number(value, *ends)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    assert told == (number and ends[0] <= value <= ends[1])


# --- choices ----------------------------------------------------------------------------------------------


@given(ANYTHING | NAMES, st.lists(NAMES, min_size=1, max_size=4))
def test_choice_takes_the_options_and_nothing_else(value, options):
    taken, chosen = accepted(choice, value, "method", options)
    assert taken == (isinstance(value, str) and value in options)
    assert not taken or chosen == value
    assert [choice(option, "method", options) for option in options] == options


def test_choice_names_the_options():
    error = refused(choice, "cubic", "method", ("linear", "spherical"))
    assert error.key == "error.choice" and "method from: linear, spherical" in str(error)


# --- pictures ---------------------------------------------------------------------------------------------


def pictures(channels):
    pixel = GREY if channels == 1 else st.lists(GREY, min_size=channels, max_size=channels)
    row = st.lists(pixel, min_size=SIDE, max_size=SIDE)
    return st.lists(row, min_size=SIDE, max_size=SIDE)


@given(st.sampled_from([1, 3]).flatmap(lambda channels: st.tuples(st.just(channels), pictures(channels))))
def test_a_picture_keeps_every_number_at_its_place(drawn):
    channels, rows = drawn
    tensor = picture(rows, SIDE, channels)
    assert tensor.dtype == np.float32 and tensor.shape == (1, channels, SIDE, SIDE)
    assert (tensor[0].transpose(1, 2, 0) == np.array(rows, np.float32).reshape(SIDE, SIDE, channels)).all()


@given(pictures(1), st.integers(0, SIDE - 1), st.integers(0, SIDE - 1), ANYTHING)
@example([[0.0] * SIDE] * SIDE, 0, 0, math.nan)
@example([[0.0] * SIDE] * SIDE, 0, 0, True)
@example([[0.0] * SIDE] * SIDE, 0, 0, 1.001)
def test_one_wrong_number_spoils_a_picture(rows, i, j, value):
    assume(not is_number(value, 0, 1))
    rows = [list(row) for row in rows]
    rows[i][j] = value
    assert refused(picture, rows, SIDE).key == "error.picture"


@given(pictures(1), st.integers(0, SIDE - 1), st.booleans())
def test_a_row_too_short_or_too_long_spoils_a_picture(rows, i, longer):
    rows = [list(row) for row in rows]
    rows[i] = [*rows[i], 0.5] if longer else rows[i][1:]
    refused(picture, rows, SIDE)
    refused(picture, rows[1:], SIDE)


@given(ANYTHING, st.sampled_from([1, 3]))
@example([], 1)
@example({}, 3)
def test_what_is_no_picture_is_refused_in_words(value, channels):
    error = refused(picture, value, SIDE, channels)
    assert error.key == ("error.picture" if channels == 1 else "error.picture_color")
    assert error.values == {"side": SIDE}
