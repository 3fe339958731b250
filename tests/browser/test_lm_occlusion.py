"""What the GPT looked at, in the station Evidence."""

import numpy as np
import pytest
import torch

from demo.lm.occlusion import look_at
from demo.loading import Models
from demo.text import texts
from models.gpt import GPT, GPTConfig
from models.tokenizer import CharTokenizer
from tests.browser.conftest import calls

CARD = "#lm-evidence .looked"
TOKENS = f"{CARD} .looked-text .token"
PROMPT = "My lord, the kin"
MOVED = "(all) => all.map((token) => Number(token.style.getPropertyValue('--moved')))"


@pytest.fixture
def evidence(open_page):
    """evidence("&lm_e_p=…") -> the station with the card in view and its tokens there."""

    def open_evidence(query="", **options):
        page = open_page(f"?tab=lm&station=evidence&lm_corpus=shakespeare{query}", **options)
        page.wait_for_selector(".lm-evidence.ready")
        page.locator(CARD).scroll_into_view_if_needed()
        page.wait_for_selector(TOKENS)
        return page

    return open_evidence


def test_the_colours_and_words_are_those_of_the_model(evidence):
    page = evidence("&lm_e_p=My+lord,+the+kin")
    right = look_at(Models("pretrained").get("lm/shakespeare/gpt"), PROMPT)
    moved = np.abs(right["p"] - np.array(right["without"]))
    np.testing.assert_allclose(page.eval_on_selector_all(TOKENS, MOVED), moved, atol=1e-6)
    assert "".join(page.locator(TOKENS).all_inner_texts()) == PROMPT
    assert page.locator(f"{TOKENS}.in-reach").count() == 4  # of the counts' order 5
    first = PROMPT[int(moved.argmax())]
    assert page.inner_text(f"{CARD} .looked-said").startswith(f"Without “{first}”")
    assert page.inner_text(f"{CARD} .looked-most").startswith(f"It looked most at “{first}” (")


def test_another_bar_and_another_order(evidence):
    page = evidence("&lm_e_p=My+lord,+the+kin")
    page.click(f"{CARD} .looked-bars button >> nth=1")
    page.wait_for_function(f"document.querySelector('{CARD} [aria-pressed=true]').innerText[0] === 'd'")
    right = look_at(Models("pretrained").get("lm/shakespeare/gpt"), PROMPT, "d")
    np.testing.assert_allclose(
        page.eval_on_selector_all(TOKENS, MOVED),
        np.abs(right["p"] - np.array(right["without"])),
        atol=1e-6,
    )
    page.focus("#lm-evidence .order")
    page.keyboard.press("Home")
    page.wait_for_function(f"!document.querySelector('{TOKENS}.in-reach')")
    assert page.inner_text(f"{CARD} .looked-counts") == texts("en")["lm.occlusion.counts.1"]


def test_tokens_are_told_by_keyboard_without_a_request(evidence):
    page = evidence("&lm_e_p=My+lord,+the+kin")
    asked = len(calls(page))
    page.focus(f"{TOKENS}[tabindex='0']")
    page.keyboard.press("End")
    assert page.inner_text(f"{CARD} .looked-said").startswith("Without “n”, the last token: ")
    page.keyboard.press("Home")
    assert page.inner_text(f"{CARD} .looked-said").startswith("Without “M”, 16 tokens back: ")
    assert page.evaluate("document.activeElement.innerText") == "M"
    assert len(calls(page)) == asked


def test_without_a_text_nothing_is_hidden_and_a_text_of_ones_own_has_no_gpt(open_page):
    page = open_page("?tab=lm&station=evidence&lm_corpus=shakespeare&lm_e_empty=1")
    page.locator(CARD).scroll_into_view_if_needed()
    page.wait_for_function(
        f"/nothing can be hidden/.test(document.querySelector('{CARD} .looked-lead').innerText)"
    )
    assert page.locator(TOKENS).count() == 0
    page.check("#lm-tab .corpus [value=own]", force=True)
    page.wait_for_selector(CARD, state="hidden")


def test_the_chosen_bar_stays_when_the_order_changes(evidence):
    page = evidence("&lm_e_p=My+lord,+the+kin")
    page.click(f"{CARD} .looked-bars button >> nth=1")
    page.wait_for_function(f"document.querySelector('{CARD} [aria-pressed=true]').innerText[0] === 'd'")
    with page.expect_response(lambda response: "lm_look_up" in response.url):
        page.focus("#lm-evidence .order")
        page.keyboard.press("Home")
    page.wait_for_function(f"!document.querySelector('{TOKENS}.in-reach')")
    assert page.inner_text(f"{CARD} [aria-pressed=true]").startswith("d")


def test_a_gpt_of_ones_own_is_asked_what_it_looked_at(open_page):
    text = "the cat sat on a mat and saw one rat run to my hat " * 30
    torch.manual_seed(0)
    tokenizer = CharTokenizer(sorted(set(text)))
    own = GPT(GPTConfig(len(tokenizer), 128, 2, 2, 64, before=2), tokenizer)
    with torch.no_grad():
        own.head.weight.normal_(0, 0.5)  # untrained it is zero, and nothing would move
    content = own.to_file({"training": {}})
    page = open_page("?tab=lm&station=yours")
    page.fill("#lm-yours .text-field", text)
    page.press("#lm-yours .text-field", "Control+Enter")
    counted = "document.querySelector('#lm-yours .summary').textContent.startsWith('Your text')"
    page.wait_for_function(counted)
    gpt = {"name": "gpt.safetensors", "mimeType": "application/octet-stream", "buffer": content}
    page.set_input_files("#lm-yours .training-file", gpt)
    page.wait_for_selector("#lm-yours .training-onward:not([hidden])")
    draft = text + "and what comes next"
    page.fill("#lm-yours .text-field", draft)
    page.click("#lm-tab .stations [value=evidence]")
    page.fill("#lm-evidence .prompt-field", "the cat sat on")
    page.keyboard.press("Control+Enter")
    page.locator(CARD).scroll_into_view_if_needed()
    page.wait_for_function(  # the tokens of the prompt with which the station opened may be there before
        "([tokens, prompt]) => [...document.querySelectorAll(tokens)].map((one) => one.innerText).join('') === prompt",
        arg=[TOKENS, "the cat sat on"],
    )
    right = look_at(GPT.from_file(content), "the cat sat on")
    moved = np.abs(right["p"] - np.array(right["without"]))
    np.testing.assert_allclose(page.eval_on_selector_all(TOKENS, MOVED), moved, atol=1e-6)
    assert moved.max() > 0.001
    page.click("#lm-tab .stations [value=yours]")
    page.wait_for_selector("#lm-yours .training-onward:not([hidden])")
    page.wait_for_selector("#lm-yours .lm-yours[aria-busy=false]")
    assert page.input_value("#lm-yours .text-field") == draft  # not counted, and not lost
