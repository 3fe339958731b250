"""How big is it: a fold below every tab, and how a text is cut."""

from pathlib import Path

import pytest

from demo.size import sizes
from demo.text import texts

DIFFUSION, LLAMA = ("Stable Diffusion", "CompVis/"), ("Llama", "meta-llama/")


@pytest.mark.parametrize("family, large", [("vae", DIFFUSION), ("gan", DIFFUSION), ("lm", LLAMA)])
def test_every_tab_says_how_big_its_models_are(open_page, family, large):
    page = open_page(f"?tab={family}")
    page.wait_for_selector(f"#{family}-tab")
    page.focus(f"#{family}-size summary")
    page.keyboard.press("Enter")
    rows = page.locator(f"#{family}-size tbody tr")
    rows.last.wait_for()
    models = sizes(Path("pretrained"), family)["models"]
    assert rows.count() == len(models) + 1
    assert f"{models[0]['parameters']:,}" in rows.first.inner_text()
    name, card = large
    assert name in rows.last.inner_text()
    source = f"#{family}-size .source"
    assert f"its model card, {card}" in page.inner_text(source)
    page.click(".page-head .language[value='pt-BR']")
    assert f"o cartão do modelo, {card}" in page.inner_text(source)


def test_a_text_is_cut_as_it_is_typed_and_in_both_languages(open_page):
    page = open_page("?tab=lm")
    page.click("#lm-size summary")
    page.fill("#lm-size .cut-text", "inacreditável")
    pieces = page.locator("#lm-size dd >> nth=1").locator("button")
    page.wait_for_function("document.querySelectorAll('#lm-size dd:first-of-type .cut-token').length === 13")
    assert "".join(pieces.locator("bdi").all_inner_texts()) == "inacreditável"
    pieces.last.click()
    token = pieces.last.locator("bdi").inner_text()
    assert page.inner_text("#lm-size .merges").startswith(f"“{token}” ")
    page.click(".page-head .language[value='pt-BR']")
    assert page.inner_text("#lm-size dt >> nth=2") == texts("pt-BR")["size.cut.words"].format(count=1)
    page.fill("#lm-size .cut-text", "")  # nothing is asked, and what was shown stays
    assert pieces.count() > 1
