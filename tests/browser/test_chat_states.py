"""The chat window in each state: accessible, within its screen, silent, and at home."""

import pytest

from tests.browser.watching import DESKTOP, PHONE, SMALL, watching

STATES = (
    "Customer's chat window",
    "due soon, pay online",
    "overdue",
    "promised",
    "part paid",
    "said to be paid",
    "cash receipt, a draft",
    "paid in cash, receipt issued",
    "cancelled",
    "corrected, Czech crowns, another bank account",
    "quote",
    "not delivered",
    "message without a document",
    "link expired",
)
SIZES = [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")]
UNFOLD = 'document.querySelectorAll("details:not(.attach)").forEach((one) => (one.open = true))'


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_a_state_has_no_fault_in_light_and_dark(chromium, demo, state, size):
    with watching(chromium, size) as watched:
        watched.page.goto(demo.links[state])
        assert watched.faults() == []
        watched.page.emulate_media(color_scheme="dark")
        watched.page.evaluate(UNFOLD)
        assert watched.faults() == []


@pytest.mark.parametrize("size", [*SIZES, pytest.param(SMALL, id="small phone")])
@pytest.mark.parametrize("page", ["", "/paid", "/receipt", "/pay", "/share"])
def test_the_pages_of_an_invoice_have_no_fault(chromium, demo, page, size):
    with watching(chromium, size, scheme="dark") as watched:
        watched.page.goto(demo.links["due soon, pay online"])
        invoice = watched.page.get_attribute('a[href$="/paid"]', "href").removesuffix("/paid")
        watched.page.goto(watched.page.evaluate("(path) => location.origin + path", invoice + page))
        assert watched.faults() == []


def test_the_button_to_new_messages_has_no_fault(chromium, demo):
    with watching(chromium, PHONE) as watched:
        watched.page.goto(demo.links["part paid"])
        watched.page.evaluate('document.getElementById("news").hidden = false')
        assert watched.faults() == []


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_around_have_no_fault(chromium, demo, size):
    with watching(chromium, size) as watched:
        watched.page.goto(demo.links["part paid"])
        watched.page.focus("#text")
        watched.page.click(".as summary")
        assert watched.faults() == []
        watched.page.click('a[href$="/share"]')
        accountant = watched.page.input_value("#url")
        watched.page.goto(accountant)
        assert watched.faults() == []
        watched.page.goto(accountant.partition("/v/")[0] + "/genuine")
        assert watched.faults() == []
        watched.page.fill("#reference", accountant)
        watched.page.click("button")
        assert watched.page.get_by_role("alert").is_visible()
        assert watched.faults() == []


def test_every_word_may_grow_to_twice_its_size(chromium, demo):
    with watching(chromium, PHONE) as watched:
        watched.page.goto(demo.links["overdue"])
        watched.page.evaluate('document.documentElement.style.fontSize = "200%"')
        watched.page.evaluate(UNFOLD)
        assert watched.faults() == []


def test_paper_shows_the_conversation_and_no_buttons(chromium, demo):
    with watching(chromium) as watched:
        watched.page.goto(demo.links["Customer's chat window"])
        watched.page.emulate_media(media="print")
        assert watched.page.locator("#text").is_hidden()
        assert watched.page.locator(".log li").count() >= 4
        assert watched.page.locator("#bank").get_by_text("SK96 1100 0000 0029").is_visible()
