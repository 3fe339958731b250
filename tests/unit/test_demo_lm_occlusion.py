"""What the GPT looked at: the record of the card in Evidence."""

import pytest

from demo.checks import UserError
from demo.lm.occlusion import HIDDEN, look_at
from models.gpt import GPT


@pytest.fixture(scope="module")
def gpt():
    return GPT.from_pretrained("pretrained/lm/shakespeare/gpt")


def test_the_record_names_what_was_hidden(gpt):
    found = look_at(gpt, "My lord, the kin")
    assert "".join(found["tokens"]) == "My lord, the kin" and found["sight"] == len(found["without"]) == 16
    assert found["token"] == found["likeliest"][0]["token"] == "g"
    assert found["p"] == found["likeliest"][0]["p"] > 0.5
    assert len(found["likeliest"]) == 5
    # the letters of the word matter more than the address before it
    assert min(found["without"][-3:]) < 0.5 < min(found["without"][:8])
    assert look_at(gpt, "My lord, the kin", "d")["p"] == found["likeliest"][1]["p"]


def test_of_a_long_text_the_last_tokens_are_hidden(gpt):
    found = look_at(gpt, "to be or not to be " * 30)
    assert len(found["tokens"]) == len(found["without"]) == HIDDEN < found["sight"]


def test_an_empty_text_and_an_unknown_token(gpt):
    found = look_at(gpt, "")
    assert found["tokens"] == found["without"] == [] and found["sight"] == 0
    with pytest.raises(UserError) as error:
        look_at(gpt, "the", "€")
    assert error.value.key == "lm.evidence.no_token"
    assert look_at(gpt, "a€b")["unknown"] == ["'€' (U+20AC)"]
