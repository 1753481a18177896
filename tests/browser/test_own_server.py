"""A company sets up its own mail server, from a wrong password to a right one, in a browser."""

import pytest

from tests.browser.own_server import LOGIN, REFUSED, company_with_server
from tests.browser.watching import DESKTOP, watching

HIS_COOKIE = "cookie: postroom_session"


@pytest.fixture(scope="module")
def own(chromium, tmp_path_factory):
    with company_with_server(tmp_path_factory.mktemp("own")) as found:
        yield found


def no_fault(watched):
    assert [one for one in watched.faults(least_target=24) if one != HIS_COOKIE] == []


def test_the_server_is_found_tested_with_its_own_words_and_kept(chromium, own):
    inbox, state = own
    with watching(chromium, DESKTOP, storage_state=state) as watched:
        page = watched.page
        page.goto(f"{inbox}/settings")
        page.check("input[value=smtp]")
        page.fill("#login", LOGIN)
        page.fill("#password", "wrong")
        page.locator("#found", has_text="Found by your domain: localhost").wait_for()
        assert page.input_value("#host") == "localhost"
        assert page.input_value("#password") == "wrong", "nothing typed is lost"
        no_fault(watched)
        page.keyboard.press("Enter")
        failed = page.locator(".result.failed")
        failed.locator("pre", has_text=REFUSED).first.wait_for()
        assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
        page.get_by_text("Show full talk").click()
        talk = failed.locator("pre", has_text="STARTTLS").first.inner_text()
        assert "C: AUTH PLAIN [not shown]" in talk
        assert f"S: {REFUSED}" in talk
        no_fault(watched)
        page.fill("#password", "right")
        page.keyboard.press("Enter")
        page.locator(".result", has_text="SMTP test successful").wait_for()
        no_fault(watched)
        page.get_by_role("button", name="Save").click()
        page.locator(".saved").wait_for()
        page.goto(f"{inbox}/settings")
        assert page.input_value("#host") == "localhost"
        assert page.input_value("#password") == ""


def test_a_server_that_was_typed_stays_and_the_found_one_is_offered(chromium, own):
    inbox, state = own
    with watching(chromium, DESKTOP, storage_state=state) as watched:
        page = watched.page
        page.goto(f"{inbox}/settings")
        page.check("input[value=smtp]")
        page.fill("#host", "smtp.elsewhere.example")
        page.fill("#login", f"other-{LOGIN}")
        page.focus("#port")
        page.get_by_role("button", name="Use").wait_for()
        assert page.input_value("#host") == "smtp.elsewhere.example"
        no_fault(watched)
        page.get_by_role("button", name="Use").click()
        page.locator("#found button").wait_for(state="detached")
        assert page.input_value("#host") == "localhost"


def test_without_a_script_a_button_finds_it(chromium, own):
    inbox, state = own
    with watching(chromium, DESKTOP, storage_state=state, java_script_enabled=False) as watched:
        page = watched.page
        page.goto(f"{inbox}/settings")
        page.locator("input[value=smtp]").check()
        page.locator("#login").fill(LOGIN)
        page.locator("#host").fill("")
        page.get_by_role("button", name="Find my server by my domain").click()
        page.get_by_text("Found by your domain: localhost").wait_for()
        assert page.locator("#host").input_value() == "localhost"
