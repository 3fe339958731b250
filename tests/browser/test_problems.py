"""The watch over all pages: what makes any browser test fail is noticed, and what a test expects is let through."""

import pytest


@pytest.mark.parametrize(
    "script, found",
    [
        ("console.error('one', 2)", "console: one 2"),
        ("setTimeout(() => { throw new Error('thrown'); })", "page error: thrown"),
        ("void Promise.reject(new Error('rejected'))", "page error: rejected"),
        ("reportError(new Error('reported'))", "page error: reported"),
        ("void fetch('lost.json')", "status of 404"),
        ("void fetch('http://example.invalid/').catch(() => 0)", "outside request: http://example.invalid/"),
    ],
)
def test_an_error_of_a_page_is_noticed(bare_page, problems, expected_problems, script, found):
    page = bare_page()
    page.evaluate(script)
    for _ in range(100):
        if any(found in problem for problem in problems):
            break
        page.wait_for_timeout(20)
    assert any(found in problem for problem in problems)
    expected_problems.append(".")


def test_a_page_without_errors_has_no_problem(bare_page, problems):
    page = bare_page()
    page.evaluate("load('web/link.js').then(() => console.log('fine'), console.warn('fine too'))")
    assert problems == []


def test_a_request_that_a_test_aborts_is_no_problem(bare_page):
    page = bare_page()
    page.route("**/aborted", lambda route: route.abort())
    assert page.evaluate("fetch('aborted').then(() => 'came', () => 'failed')") == "failed"
