"""Two people of a company at one conversation, each in a browser of their own."""

from contextlib import contextmanager
from itertools import count

import pytest

from tests.browser.conftest import signed_in
from tests.browser.test_inbox_journeys import home, wherever_it_lies
from tests.browser.watching import DESKTOP, watching

ABOUT = "2026-0144"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def people(chromium, inbox):
    """What two browsers keep: Eva's and Peter's, who were invited and chose passwords."""
    return [invited(chromium, inbox, name) for name in ("Eva", "Peter")]


def invited(chromium, inbox, name):
    with watching(chromium, DESKTOP, storage_state=inbox[1]) as watched:
        page = watched.page
        page.goto(f"{inbox[0]}/team")
        page.fill("#name", name)
        page.fill("#login", f"{name.lower()}{next(NUMBERS)}@acme.example")
        page.get_by_role("button", name="Add and show the link").click()
        link = page.locator(".result input").input_value()
    path = "/inbox" + link.partition("/inbox")[2]
    return signed_in(home(inbox) + path, {"password": "correct horse battery"})


@contextmanager
def both(chromium, inbox, people):
    with (
        watching(chromium, DESKTOP, storage_state=people[0]) as eva,
        watching(chromium, DESKTOP, storage_state=people[1]) as peter,
    ):
        path = home(inbox) + wherever_it_lies(eva.page, inbox, ABOUT)
        eva.page.goto(path)
        peter.page.goto(path)
        yield eva.page, peter.page
        assert [*eva.said, *peter.said] == []


def test_each_is_told_who_else_looks_and_who_writes(chromium, inbox, people):
    with both(chromium, inbox, people) as (eva, peter):
        peter.locator("#here", has_text="Eva looks at this, too.").wait_for()
        eva.fill("#text", "I was thinking")
        peter.locator("#here", has_text="Eva is writing…").wait_for()
        assert peter.locator("#here").get_attribute("role") == "status"
        assert "Eva" not in eva.locator("#here").inner_text()
        eva.fill("#text", "")
        eva.close()
        peter.locator("#here:empty").wait_for(state="attached", timeout=30_000)


def test_two_answers_at_once_the_second_is_asked_and_then_sent(chromium, inbox, people):
    with both(chromium, inbox, people) as (eva, peter):
        peter.click("#text")
        peter.keyboard.type("Peter's answer")
        eva.fill("#text", "Eva's answer")
        eva.keyboard.press("Control+Enter")
        eva.locator(".undo").wait_for()
        peter.locator(".log > .own", has_text="Eva's answer").wait_for()
        assert peter.input_value("#text") == "Peter's answer", "nothing is taken from who writes"
        peter.keyboard.press("Control+Enter")
        peter.get_by_role("alert").filter(has_text="Eva wrote meanwhile").wait_for()
        assert peter.input_value("#text") == "Peter's answer"
        assert peter.locator(".log > .own", has_text="Peter's answer").count() == 0
        peter.keyboard.press("Control+Enter")
        peter.locator(".log > .own", has_text="Peter's answer").wait_for()
        assert peter.input_value("#text") == ""
        eva.locator(".log > .own", has_text="Peter's answer").wait_for()
        meta = eva.locator(".log > .own", has_text="Peter's answer").locator(".meta")
        assert "Peter" in meta.inner_text()


def test_what_one_does_to_a_conversation_the_other_sees_at_once(chromium, inbox, people):
    with both(chromium, inbox, people) as (eva, peter):
        eva.get_by_role("button", name="Mark done").click()
        peter.get_by_role("button", name="Reopen").wait_for()
        peter.get_by_role("button", name="Reopen").click()
        eva.get_by_role("button", name="Mark done").wait_for()
