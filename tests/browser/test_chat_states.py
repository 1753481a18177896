"""The customer's pages in every state: accessible, within their screen, silent, and at home.

The smoke part of `tests/browser/matrix.py`.
"""

import pytest

from tests.browser.conftest import path_of_chromium
from tests.browser.demo import Demo
from tests.browser.looks import STATES, UNFOLD, customers
from tests.browser.watching import DESKTOP, PHONE, SMALL, watching

SEATS = [
    pytest.param("sk", PHONE, id="Slovak on a phone"),
    pytest.param("en", DESKTOP, id="English on a desk"),
]


@pytest.fixture(scope="module")
def demos():
    path_of_chromium()
    running = {language: Demo(language).start() for language in ("sk", "en")}
    yield running
    for one in running.values():
        one.stop()


@pytest.mark.parametrize(("language", "size"), SEATS)
@pytest.mark.parametrize("look", customers(), ids=lambda one: one.name)
def test_a_page_has_no_fault_in_light_and_dark(chromium, demos, look, language, size):
    with watching(chromium, size) as watched:
        look.go(watched, demos[language])
        assert look.faults(watched) == []
        watched.page.emulate_media(color_scheme="dark")
        watched.page.evaluate(look.unfold)
        assert look.faults(watched) == []


@pytest.mark.parametrize("state", STATES)
def test_the_words_of_every_language_fit_a_small_phone(chromium, demo, state):
    with watching(chromium, SMALL) as watched:
        watched.page.goto(demo.links[state])
        assert watched.plain_faults(44) == []
        watched.page.evaluate(UNFOLD)
        assert watched.plain_faults(44) == []


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
