"""Copying a link: by the clipboard, by the old command, or by hand from a box in which it is selected."""

COPY = "(text) => load('web/copy.js').then(({ copyToClipboard }) => copyToClipboard(text))"
LINK = "http://class.local/?tab=gan"


def test_without_a_clipboard_the_old_command_copies(bare_page):
    page = bare_page()
    page.evaluate("() => { Object.defineProperty(navigator, 'clipboard', { value: undefined }); }")
    assert page.evaluate(COPY, LINK) == "page.copied"
    assert page.locator(".copy-box").count() == 0 and page.locator("input").count() == 0


def test_where_nothing_may_copy_the_link_stands_selected_in_a_box(bare_page):
    page = bare_page()
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error('no'); }; }")
    page.evaluate("() => { document.execCommand = () => false; }")
    assert page.evaluate(COPY, LINK) == "page.copy_by_hand"
    field = "document.querySelector('.copy-box input')"
    assert page.evaluate(f"[{field}.value, {field}.selectionEnd, {field}.readOnly]") == [
        LINK,
        len(LINK),
        True,
    ]
    assert page.evaluate(f"document.activeElement === {field}")
    page.keyboard.press("Escape")
    assert page.locator(".copy-box").count() == 0
