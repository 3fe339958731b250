"""Curves have their values in a table below them, in the language of the page."""

import json
from pathlib import Path

from tests.browser.conftest import PHONE

PRETRAINED = Path(__file__).parents[2] / "pretrained"


def info(name):
    return json.loads((PRETRAINED / name / "config.json").read_text("utf-8"))


def open_table(open_page, station, ready, query="", **options):
    """The station with its table opened by keyboard, and the place of the table."""
    family, name = station.split("/")
    page = open_page(f"?tab={family}&station={name}{query}", **options)
    page.wait_for_selector(ready, timeout=60_000)
    fold = f"#{family}-{name} .curves-table"
    assert page.locator(f"{fold} table").count() == 0
    page.focus(f"{fold} summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{fold} table", timeout=60_000)
    return page, fold


def cells(page, fold, table=0):
    """The rows of a table, the first with the names of its columns."""
    return page.eval_on_selector_all(
        f"{fold} table:nth-of-type({table + 1}) tr",
        "rows => rows.map((row) => [...row.cells].map((c) => c.innerText))",
    )


def test_vae_training_has_both_losses_of_every_network_and_epoch(open_page):
    page, fold = open_table(open_page, "vae/training", "#vae-training .cell[aria-pressed=true]")
    head, *rows = cells(page, fold)
    assert head == [
        "epoch",
        *(f"reconstruction loss, β = {beta}" for beta in ("0.1", "1", "4")),
        *(f"KL, β = {beta}" for beta in ("0.1", "1", "4")),
    ]
    history = info("vae/digits-beta4")["history"]
    assert [row[0] for row in rows] == [str(row["epoch"]) for row in history]
    assert [row[6] for row in rows] == [f"{row['held_out_kl']:.2f}" for row in history]
    head, *rows = cells(page, fold, 1)  # the model in view, the digits
    history = info("vae/digits")["history"]
    assert head == ["epoch", "reconstruction loss", "KL"] and len(rows) == len(history)
    assert rows[-1][2] == f"{history[-1]['kl']:.2f}"


def test_gan_training_has_the_curves_that_are_chosen(open_page):
    page, fold = open_table(open_page, "gan/training", "#gan-training .gif:enabled")
    history = info("gan/fashion/regularised")["history"]
    head, *rows = cells(page, fold)
    assert head == ["step", "discriminator", "generator"] and len(rows) == len(history["step"])
    last = [f"{history[name][-1]:.3f}" for name in ("d_loss", "g_loss")]
    assert rows[-1] == [f"{history['step'][-1]:,}", *last]
    page.locator("#gan-training .which label").nth(1).click()
    page.wait_for_function("fold => document.querySelector(`${fold} th:nth-child(4)`)", arg=fold)
    head, *rows = cells(page, fold)
    assert head == ["step", "coverage", "classes seen", "cFID"]
    assert rows[0][0] == "0" and rows[-1][0] == "real pictures"


def test_collapse_has_every_measure_of_both_runs(open_page):
    page, fold = open_table(open_page, "gan/collapse", "#gan-collapse .ticks .now")
    head, *rows = cells(page, fold)
    assert head[:3] == ["step", "classes seen, with the four cures", "classes seen, without"]
    at = page.inner_text("#gan-collapse .ticks .now")
    here = next(row for row in rows if row[0] == at)
    below = page.locator('#gan-collapse [data-run="1"] .figures dd').all_inner_texts()
    measures = {
        name.split(",")[0]: value for name, value in zip(head, here, strict=True) if ", without" in name
    }
    names = page.locator('#gan-collapse [data-run="1"] .figures dt').all_inner_texts()
    shown = {name.split(";")[0]: value.split(" /")[0] for name, value in zip(names, below, strict=True)}
    assert measures == shown
    assert rows[-1][0] == "real pictures"


def test_learning_has_its_losses_in_the_unit_and_language_that_are_chosen(open_page):
    page, fold = open_table(
        open_page, "lm/learning", "#lm-learning .moment.in-view", "&lang=pt-BR", locale="pt-BR"
    )
    head, *rows = cells(page, fold)
    assert head == ["passo", "texto que nunca viu", "texto do treino"]
    nats = rows[-1][1]
    assert nats.endswith(" nats") and "," in nats
    counts = cells(page, fold, 1)
    assert counts[0] == ["contagens", "texto que nunca viu"] and counts[1][0] == "ordem 1"
    page.locator("#lm-learning .scale label").nth(1).click()
    page.wait_for_function(
        "([fold, nats]) => !document.querySelector(fold).innerText.includes(nats)", arg=[fold, nats]
    )
    page.click(".page-head .language[value=en]")
    assert cells(page, fold)[0][0] == "step"


def test_a_table_wider_than_a_phone_scrolls_by_itself(open_page):
    page, fold = open_table(open_page, "vae/training", "#vae-training .cell[aria-pressed=true]", **PHONE)
    place = page.locator(f"{fold} .data-table")
    assert place.evaluate("place => place.scrollWidth > place.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    place.focus()
    assert place.evaluate("place => place === document.activeElement && place.getAttribute('aria-label')")
