"""The station "Your text" as a visitor uses it: bring a text, see its counts, carry them on."""

import io
import re
import zipfile
from urllib.parse import parse_qs, urlparse

import pytest

from demo.lm.own import sample
from demo.text import texts
from models.tokenizer import CharTokenizer
from tests.browser.conftest import PHONE, calls

ROOT = "#lm-yours"
SHORT = "um rei e um rei\ne uma lei"


def open_yours(open_page, query="", **options):
    page = open_page(f"?tab=lm&station=yours{query}", **options)
    page.set_default_timeout(90_000)  # for a machine that has other things to do
    wait_for(page, "after-title", "")
    return page


def wait_for(page, part, words):
    """Until the element of that class says `words`."""
    page.wait_for_function(
        "([root, part, words]) => { const said = document.querySelector(`${root} .${part}`).textContent;"
        " return said !== '' && said.includes(words); }",
        arg=[ROOT, part, words],
    )


def rows(page, card):
    return [
        tuple(re.split(r"\s*\n\s*", words.strip()))
        for words in page.locator(f"{ROOT} .{card} .row").all_inner_texts()
    ]


def marked(page, look):
    return page.locator(f"{ROOT} .tokens .{look}").all_inner_texts()


def count(page, text):
    page.fill(f"{ROOT} .text-field", text)
    page.click(f"{ROOT} .count")


def address(page):
    """The parameters of the address: the query, and what stands behind the "#"."""
    parts = urlparse(page.url)
    return {name: values[0] for name, values in parse_qs(f"{parts.query}&{parts.fragment}").items()}


def file(name, data):
    return {"name": name, "mimeType": "text/plain", "buffer": data}


# --- the sample, by hand ----------------------------------------------------------------------------------


def test_the_sample_can_be_counted_by_hand(open_page):
    page = open_yours(open_page)
    assert page.input_value(f"{ROOT} .text-field") == sample()
    assert page.is_checked("#lm-tab [value=own]")  # whoever opens this station means their own text
    assert page.inner_text(f"{ROOT} .summary") == "Sample · tokens: 44 · different: 20 · seen only once: 9"
    assert page.inner_text(f"{ROOT} .after-title") == "What came after “the” (6 in all):"
    assert rows(page, "after") == [("cat", "3 of 6"), ("rat", "2 of 6"), ("mat", "1 of 6")]
    bars = [
        row.evaluate("row => row.style.getPropertyValue('--share')")
        for row in page.locator(f"{ROOT} .after .row").all()
    ]
    assert [float(bar) for bar in bars] == pytest.approx([3 / 6, 2 / 6, 1 / 6])  # a full bar is the total
    assert marked(page, "hit") == ["the"] * 6
    assert marked(page, "next") == ["cat", "mat", "rat", "cat", "cat", "rat"]
    assert rows(page, "frequent")[:4] == [("↵", "7"), ("the", "6"), ("o", "5"), ("cat", "3")]


def test_a_click_on_a_token_and_a_longer_context(open_page):
    page = open_yours(open_page)
    page.locator(f"{ROOT} .tokens .token", has_text="viu").first.click()
    wait_for(page, "after-title", "viu")
    assert rows(page, "after") == [("o", "2 of 2")]
    page.check(f"{ROOT} .length [value='3']", force=True)
    wait_for(page, "after-title", "“o gato viu”")
    assert rows(page, "after") == [("o", "1 of 1")] and marked(page, "hit") == ["o", "gato", "viu"]
    # a click on what followed goes on with it, as long a context as before
    page.click(f"{ROOT} .after .row")
    wait_for(page, "after-title", "“gato viu o”")
    page.click(f"{ROOT} .frequent .row >> nth=3")
    wait_for(page, "after-title", "“cat”")
    assert page.get_attribute(f"{ROOT} .frequent .row >> nth=3", "aria-pressed") == "true"


def test_keys_walk_through_the_text(open_page):
    page = open_yours(open_page)
    page.focus(f"{ROOT} .tokens [aria-selected=true]")
    page.keyboard.press("Home")
    wait_for(page, "after-title", "the")
    page.keyboard.press("ArrowRight")
    wait_for(page, "after-title", "cat")
    assert page.evaluate("document.activeElement.textContent") == "cat"
    page.keyboard.press("End")
    wait_for(page, "after-title", "Nothing ever came after “sapato”")
    assert "also ends with it" in page.inner_text(f"{ROOT} .after-note")


# --- a text of one's own ----------------------------------------------------------------------------------


def test_a_pasted_text_is_counted_by_characters_or_words_and_is_in_the_link(open_page):
    page = open_yours(open_page)
    count(page, SHORT)
    wait_for(page, "summary", "Your text · tokens: 9")
    page.check(f"{ROOT} [value=characters]", force=True)
    wait_for(page, "summary", f"tokens: {len(SHORT)} · different: {len(set(SHORT))}")
    linked = address(page)
    assert linked["lm_text"] == SHORT and linked["lm_unit"] == "characters" and "lm_own" not in linked
    assert "lei" not in urlparse(page.url).query  # no server sees the text in an address
    page.locator(f"{ROOT} .tokens .token", has_text="i").first.click()
    page.check(f"{ROOT} .length [value='2']", force=True)
    wait_for(page, "after-title", "“ei”")
    again = open_yours(open_page, page.url.partition("station=yours")[2])
    wait_for(again, "after-title", "“ei”")
    old = f"&lm_corpus=own&lm_unit=words&lm_text={SHORT.replace(chr(10), '%0A').replace(' ', '+')}"
    older = open_yours(open_page, old)  # a link of version 0.2
    wait_for(older, "summary", "tokens: 9")
    assert address(older)["lm_text"] == SHORT and "lm_text" not in urlparse(older.url).query
    assert again.input_value(f"{ROOT} .text-field") == SHORT and again.is_checked(
        f"{ROOT} [value=characters]"
    )
    assert rows(again, "after") == rows(page, "after")


def test_counts_of_the_text_before_stay_and_say_so_until_the_new_one_is_counted(open_page):
    page = open_yours(open_page)
    page.fill(f"{ROOT} .text-field", "something else")
    assert "of the previous text" in page.inner_text(f"{ROOT} .summary") and len(rows(page, "after")) == 3
    assert "lm_text" not in address(page)
    page.focus(f"{ROOT} .text-field")
    page.keyboard.press("Control+Enter")
    wait_for(page, "summary", "tokens: 2")
    page.click(f"{ROOT} .sample")
    wait_for(page, "summary", "Sample")
    assert address(page)["lm_own"] == "sample" and "lm_text" not in address(page)


def test_a_long_text_is_held_beside_the_field_and_its_link_asks_for_it(open_page):
    page = open_yours(open_page)
    book = "a rose is a rose; and the rose, it is said, is red.\r\n" * 1200
    page.set_input_files(f"{ROOT} .file-field", file("roses.txt", book.encode()))
    wait_for(page, "summary", "roses.txt")
    page.wait_for_selector(f"{ROOT} .excerpts li >> nth=11")
    assert page.is_hidden(f"{ROOT} .text-field") and "roses.txt" in page.inner_text(f"{ROOT} .held")
    assert page.is_hidden(f"{ROOT} .tokens") and page.locator(f"{ROOT} .excerpts li").count() == 12
    line = page.locator(f"{ROOT} .excerpts li").first
    hit, following = (line.locator(f".{look}").inner_text() for look in ("hit", "next"))
    assert f"{hit} {following}" in line.inner_text().replace("\n", "") and f"{hit} {following}" in book
    assert f"“{hit}”" in page.inner_text(f"{ROOT} .after-title")
    assert address(page)["lm_own"] == "pasted" and "lm_text" not in address(page)
    again = open_page("?" + page.url.partition("?")[2])
    again.wait_for_selector("#lm-tab .message:not([hidden])")
    assert again.inner_text("#lm-tab .message") == texts("en")["error.own_absent"]
    wait_for(again, "summary", "Sample")
    count(again, SHORT)
    wait_for(again, "summary", "Your text")
    assert again.is_hidden("#lm-tab .message")


@pytest.mark.parametrize(
    "name, data, key",
    [
        ("empty.txt", b"", "error.own_empty"),
        ("spaces.txt", b" \n\t ", "error.own_blank"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "error.own_picture"),
        ("book.pdf", b"%PDF-1.7 words", "error.own_pdf"),
        ("program.txt", bytes(range(256)) * 9, "error.own_binary"),
        ("empty.zip", b"PK\x05\x06" + bytes(18), "error.own_zip_empty"),
        ("damaged.docx", b"PK\x03\x04 no more", "error.own_zip_damaged"),
        ("controls.txt", b"abc\x01\x02\x03" * 30, "error.own_binary"),
    ],
)
def test_a_file_that_is_no_text_gets_one_sentence_and_loses_nothing(open_page, name, data, key):
    page = open_yours(open_page)
    count(page, SHORT)
    wait_for(page, "summary", "Your text")
    wait_for(page, "after-title", "")
    asked = calls(page)
    page.set_input_files(f"{ROOT} .file-field", file(name, data))
    page.wait_for_selector(f"{ROOT} .message:not([hidden])")
    assert page.inner_text(f"{ROOT} .message") == texts("en")[key]
    assert page.input_value(f"{ROOT} .text-field") == SHORT and "tokens: 9" in page.inner_text(
        f"{ROOT} .summary"
    )
    assert calls(page) == asked  # refused in the page
    page.click(f"{ROOT} .count")
    page.wait_for_function("() => document.querySelector('#lm-yours .message').hidden")


def test_an_answer_that_was_asked_for_before_leaves_a_later_message(open_page):
    page, held = open_yours(open_page), []
    before = page.inner_text(f"{ROOT} .after-title")
    page.route("**/call/lm_after", lambda route: held.append(route))
    count(page, SHORT)
    wait_for(page, "summary", "Your text")
    page.set_input_files(f"{ROOT} .file-field", file("empty.txt", b""))
    page.wait_for_selector(f"{ROOT} .message:not([hidden])")
    with page.expect_response("**/call/lm_after"):
        held.pop().continue_()
    page.wait_for_function(
        "([root, before]) => document.querySelector(`${root} .after-title`).textContent !== before",
        arg=[ROOT, before],
    )
    assert page.inner_text(f"{ROOT} .message") == texts("en")["error.own_empty"]


@pytest.mark.parametrize("text", ["a", "a" * 500, "שלום עולם", "😀👍🏽👩‍👩‍👧😀", "one\r\n\r\ntwo  three\r\n"])
def test_texts_of_every_kind_are_counted(open_page, text):
    page = open_yours(open_page)
    page.set_input_files(f"{ROOT} .file-field", file("odd.txt", text.encode()))
    wait_for(page, "summary", "odd.txt")
    page.check(f"{ROOT} [value=characters]", force=True)
    wait_for(page, "summary", f"tokens: {len(CharTokenizer.split(text))} ")
    assert page.input_value(f"{ROOT} .text-field") == text.replace("\r\n", "\n")
    assert page.is_hidden(f"{ROOT} .message")


DOCX = """<w:document xmlns:w="w" xmlns:mc="mc"><w:body><w:p><w:r><w:t>O rato roeu a </w:t></w:r><w:r>
<w:t>roupa &amp; o rei</w:t><w:tab/><w:t>riu.</w:t></w:r></w:p><w:p><w:r><w:t>Fim</w:t><w:delText>gone</w:delText>
<mc:AlternateContent><mc:Fallback><w:t>Fim</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p></w:body></w:document>"""
ODT = """<o:document-content xmlns:o="o" xmlns:t="t"><o:body><o:text><t:h>Um</t:h>
<t:p>dois<t:s/>três <t:span>já</t:span>
</t:p></o:text></o:body></o:document-content>"""
HTML = """<html><head><title>no</title><style>p {}</style></head><body><h1>Um</h1><p>dois <b>três</b><br>já</p>
<script>document.body.innerHTML = "no"</script></body></html>"""


def archive(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in files.items():
            target.writestr(name.replace("__", "/"), text)
    return made.getvalue()


@pytest.mark.parametrize(
    "name, data, text",
    [
        ("a.docx", archive(**{"word__document.xml": DOCX}), "O rato roeu a roupa & o rei\triu.\nFim"),
        ("a.odt", archive(**{"content.xml": ODT}), "Um\ndois três já"),
        ("a.html", HTML.encode(), "Um\ndois três\njá"),
        ("a.txt", "“coração” — só".encode("cp1252"), "“coração” — só"),
        ("b.txt", "coração".encode("utf-16"), "coração"),
    ],
)
def test_files_of_many_kinds_become_their_text(open_page, name, data, text):
    page = open_yours(open_page)
    page.set_input_files(f"{ROOT} .file-field", file(name, data))
    wait_for(page, "summary", name)
    assert page.input_value(f"{ROOT} .text-field") == text


def test_a_wrong_guess_of_the_encoding_can_be_mended(open_page):
    page = open_yours(open_page)
    page.set_input_files(f"{ROOT} .file-field", file("ru.txt", "да".encode("cp1251")))  # too short to tell
    wait_for(page, "brought-notes", "Read as Windows-1252")
    page.select_option(f"{ROOT} .encoding", "windows-1251")
    page.wait_for_function("() => document.querySelector('#lm-yours .text-field').value === 'да'")
    wait_for(page, "brought-notes", "Read as Windows-1251")


def test_what_is_written_while_a_text_is_counted_stays(open_page):
    page, held = open_yours(open_page), []
    page.route("**/call/lm_keep", lambda route: held.append(route))
    page.set_input_files(f"{ROOT} .file-field", file("ru.txt", "да".encode("cp1251")))
    wait_for(page, "brought-notes", "Read as Windows-1252")
    page.select_option(f"{ROOT} .encoding", "windows-1251")  # before the first reading is counted
    release(page, held, 0)
    release(page, held, 1)
    wait_for(page, "summary", "ru.txt · tokens: 1")
    wait_for(page, "brought-notes", "Read as Windows-1251")
    page.fill(f"{ROOT} .text-field", "um rei")
    page.press(f"{ROOT} .text-field", "Control+Enter")
    page.fill(f"{ROOT} .text-field", "um rei e")
    release(page, held, 2)
    wait_for(page, "summary", "of the previous text")
    assert page.input_value(f"{ROOT} .text-field") == "um rei e"


def test_what_is_written_before_the_sample_is_there_stays(pages, light_address):
    page, held = pages(), []
    page.route("**/call/lm_keep", lambda route: held.append(route))
    page.goto(f"{light_address}/?tab=lm&station=yours")
    page.fill(f"{ROOT} .text-field", SHORT)
    release(page, held, 0)
    wait_for(page, "summary", "of the previous text")
    assert page.input_value(f"{ROOT} .text-field") == SHORT
    page.press(f"{ROOT} .text-field", "Control+Enter")
    release(page, held, 1)
    wait_for(page, "summary", "Your text · tokens: 9")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_text_that_is_sent_before_the_sample_is_there_stays(pages, light_address, order):
    page, held = pages(), []
    page.route("**/call/lm_keep", lambda route: held.append(route))
    page.goto(f"{light_address}/?tab=lm&station=yours")
    page.wait_for_selector(f"{ROOT} .lm-yours[aria-busy=true]")
    count(page, SHORT)
    while len(held) < 2:
        page.wait_for_timeout(20)
    for number in order:
        with page.expect_response(lambda response: "lm_keep" in response.url):
            release(page, held, number)
    while page.unanswered:
        page.wait_for_timeout(20)
    wait_for(page, "summary", "Your text · tokens: ")
    assert page.input_value(f"{ROOT} .text-field") == SHORT


def release(page, held, number):
    """Let a request through that was held back, once it is sent."""
    while len(held) <= number:
        page.wait_for_timeout(20)
    held[number].continue_()


def test_what_is_chosen_before_an_answer_goes_on_from_what_was_asked_for(open_page):
    page, held = open_yours(open_page), []
    count(page, SHORT)
    wait_for(page, "summary", "Your text · tokens: 9")
    while page.unanswered:
        page.wait_for_timeout(20)
    page.route("**/call/lm_after", lambda route: held.append(route))
    page.locator(f"{ROOT} .tokens .token", has_text="lei").click()
    page.check(f"{ROOT} .length [value='2']", force=True)
    release(page, held, 0)
    release(page, held, 1)
    wait_for(page, "after-title", "uma lei")


def test_a_chat_may_be_brought_without_dates_and_names(open_page):
    page = open_yours(open_page)
    chat = "\n".join(
        f"25/11/2026 20:1{i} - {name}: oi de novo" for i, name in enumerate(("Ana", "Bo", "Ana"))
    )
    page.set_input_files(f"{ROOT} .file-field", file("chat.zip", archive(**{"WhatsApp.txt": chat})))
    wait_for(page, "brought-notes", "Taken from the archive: WhatsApp.txt")
    assert page.input_value(f"{ROOT} .text-field") == chat  # as it is, until the visitor says otherwise
    page.click(f"{ROOT} .clean-chat")
    wait_for(page, "summary", "tokens: 11")  # three words in each of three lines, and two line ends
    assert "messages that remain: 3" in page.inner_text(f"{ROOT} .brought-notes")
    assert page.is_hidden(f"{ROOT} .clean-chat")


def test_a_text_of_any_size_survives_a_reload_and_is_not_sent_again(open_page):
    page = open_yours(open_page)
    line = "o rato roeu a roupa do rei de Roma\n"  # 35 bytes
    page.set_input_files(f"{ROOT} .file-field", file("long.txt", (line * 70_000).encode()))
    wait_for(page, "summary", "long.txt")
    kept = 2_000_000 // 35 * 35  # whole lines
    assert f"{kept:,} characters" in page.inner_text(f"{ROOT} .brought-notes")
    sent = len([url for url in calls(page) if "lm_keep" in url])
    page.reload()
    page.wait_for_selector(f"{ROOT} .held-name")
    wait_for(page, "summary", "long.txt")
    assert f"long.txt ({kept:,} characters)" in page.inner_text(f"{ROOT} .held")
    assert len([url for url in calls(page) if "lm_keep" in url]) in (0, sent)
    assert page.is_hidden("#lm-tab .message")


def test_a_word_of_thousands_of_letters_makes_no_page_larger(open_page):
    page = open_yours(open_page)
    height = "document.documentElement.scrollHeight"
    page.set_input_files(f"{ROOT} .file-field", file("short.txt", b"amor certo amor fim"))
    wait_for(page, "after-title", "amor")
    usual = page.evaluate(height)
    page.set_input_files(f"{ROOT} .file-field", file("long.txt", f"amor {'a' * 2400} amor fim".encode()))
    page.locator(f"{ROOT} .after .row", has_text="aaa").click()
    wait_for(page, "after-title", "…")
    assert len(page.inner_text(f"{ROOT} .after-title")) < 100
    assert "a" * 2400 in page.get_attribute(f"{ROOT} .after-title", "title")
    assert page.evaluate(height) < usual + 60
    page.click(f"{ROOT} .onward [value=generate]")
    page.wait_for_function("() => document.querySelector('#lm-generate .prompt-field').value === 'amor'")


def test_a_file_can_be_dropped(open_page):
    page = open_yours(open_page)
    transfer = page.evaluate_handle(
        "() => { const data = new DataTransfer();"
        " data.items.add(new File(['drop by drop'], 'drops.txt', {type: 'text/plain'})); return data; }"
    )
    page.dispatch_event(ROOT + " .source", "dragover", {"dataTransfer": transfer})
    page.wait_for_selector(f"{ROOT} .lm-yours.dropping")
    page.dispatch_event(ROOT + " .source", "drop", {"dataTransfer": transfer})
    wait_for(page, "summary", "drops.txt · tokens: 3")
    assert page.locator(f"{ROOT} .lm-yours.dropping").count() == 0


def test_half_a_character_breaks_nothing_and_stays_out_of_the_link(open_page):
    page = open_yours(open_page)
    page.eval_on_selector(
        f"{ROOT} .text-field",
        "(field) => { field.value = 'ab \\ud800 ab'; field.dispatchEvent(new Event('input', {bubbles: true})); }",
    )
    page.click(f"{ROOT} .count")
    wait_for(page, "summary", "tokens: 3")
    assert address(page)["lm_own"] == "pasted" and "lm_text" not in address(page)


# --- the other stations -----------------------------------------------------------------------------------


def test_counts_are_carried_on_and_another_corpus_leaves_the_text_where_it_is(open_page):
    page = open_yours(open_page)
    count(page, SHORT)
    wait_for(page, "summary", "Your text")
    page.check("#lm-tab [value=shakespeare]", force=True)
    wait_for(page, "summary", "other stations")
    assert "lm_text" not in address(page)  # a link is about what is in view
    page.click(f"{ROOT} .onward [value=reading]")
    page.wait_for_function(
        "(text) => document.querySelector('#lm-reading .text-field').value === text", arg=SHORT
    )
    assert page.is_checked("#lm-tab [value=own]") and page.is_hidden(ROOT)
    assert address(page)["station"] == "reading" and address(page)["lm_text"] == SHORT
    page.check("#lm-tab [value=shakespeare]", force=True)
    page.click("#lm-tab .stations [value=yours]")
    page.wait_for_function("() => document.querySelector('#lm-tab [value=own]').checked")
    wait_for(page, "summary", "Your text")
    assert page.input_value(f"{ROOT} .text-field") == SHORT


def test_a_text_that_the_server_forgot_is_sent_again(open_page):
    page = open_yours(open_page)
    gone = {"error": {"key": "error.own_gone", "values": {}}}
    forgotten = []

    def forget(route):
        if "lm_after" in route.request.url and not forgotten:
            forgotten.append(route)
            return route.fulfill(status=400, json=gone)
        return route.continue_()

    page.route("**/playground/call/**", forget)
    kept = len([url for url in calls(page) if "/playground/call/" in url])
    page.locator(f"{ROOT} .tokens .token", has_text="viu").first.click()
    wait_for(page, "after-title", "viu")
    assert forgotten and page.is_hidden(f"{ROOT} .message")
    # the one that was told it is gone, the text, and the same question again
    assert len([url for url in calls(page) if "/playground/call/" in url]) == kept + 3


@pytest.mark.parametrize(
    "broken", ["&lm_unit=letters", "&lm_y_c=99-1", "&lm_y_c=0-0-0", "&lm_y_c=x", "&lm_own=7&lm_y_c=1-2-3-4-5"]
)
def test_a_broken_link_falls_back(open_page, broken):
    page = open_yours(open_page, f"&lm_corpus=own{broken}")
    wait_for(page, "after-title", "“the”")
    assert page.is_hidden(f"{ROOT} .message")


def test_the_station_speaks_portuguese(open_page):
    page = open_yours(open_page, "&lang=pt-BR")
    assert (
        page.inner_text(f"{ROOT} .summary") == "Amostra · tokens: 44 · diferentes: 20 · vistos só uma vez: 9"
    )
    assert page.input_value(f"{ROOT} .text-field").startswith("o gato")  # its lines in Portuguese come first
    assert page.inner_text(f"{ROOT} .after-title") == "O que veio depois de “o” (5 ao todo):"
    page.set_input_files(f"{ROOT} .file-field", file("book.pdf", b"%PDF-1.7"))
    page.wait_for_selector(f"{ROOT} .message:not([hidden])")
    assert page.inner_text(f"{ROOT} .message") == texts("pt-BR")["error.own_pdf"]
    page.click(".language[value=en]")
    assert page.inner_text(f"{ROOT} .message") == texts("en")["error.own_pdf"]
    assert rows(page, "after")[0] == ("pato", "2 of 5") and "lm.yours" not in page.inner_text(ROOT)


def test_on_a_phone_a_tap_chooses_and_nothing_is_wider_than_the_screen(open_page):
    page = open_yours(open_page, **PHONE)
    page.locator(f"{ROOT} .tokens .token", has_text="viu").first.tap()
    wait_for(page, "after-title", "viu")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    low = page.eval_on_selector_all(
        f"{ROOT} button, {ROOT} .segmented label",
        "all => all.filter((part) => part.offsetParent && part.getBoundingClientRect().height < 40).length",
    )
    assert low == 0
