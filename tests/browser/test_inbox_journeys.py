"""What people do in the Inbox: with keys, without a script, live, several at once."""

import pytest

from tests.browser.test_inbox_states import UNFOLD, VIEWS
from tests.browser.watching import DESKTOP, PHONE, watching


def home(inbox):
    return inbox[0].removesuffix("/inbox")


def first_open(page, inbox):
    page.goto(f"{inbox[0]}?view=open")
    return page.locator("#rows a").first.get_attribute("href")


def wherever_it_lies(page, inbox, words):
    for view in VIEWS:
        page.goto(f"{inbox[0]}?view={view}")
        rows = page.locator("#rows a", has_text=words)
        if rows.count():
            return rows.first.get_attribute("href")
    raise AssertionError(f"no conversation with {words}")


def test_an_answer_is_written_taken_back_and_sent_with_keys_alone(chromium, inbox):
    with watching(chromium, DESKTOP, storage_state=inbox[1]) as watched:
        page = watched.page
        page.goto(f"{inbox[0]}?view=open")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector("#write")
        page.goto(home(inbox) + wherever_it_lies(page, inbox, "2026-0142"))
        page.keyboard.press("r")
        page.keyboard.type("Written by keys")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".undo")
        assert page.input_value("#text") == ""
        page.keyboard.press("Escape")
        page.keyboard.press("z")
        page.wait_for_selector(".undo", state="detached")
        written = page.locator(".log > li", has_text="Written by keys")
        assert "Taken back" in written.last.inner_text()
        assert page.input_value("#text") == "Written by keys"
        assert page.evaluate("document.activeElement.id") == "text"
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".undo")
        page.wait_for_selector(".undo", state="detached", timeout=20_000)
        written.last.locator(".fate", has_text="Sent").wait_for()
        assert written.count() == 2
        assert watched.said == []


def test_keys_sleep_while_somebody_writes_and_can_be_switched_off(chromium, inbox):
    with watching(chromium, DESKTOP, storage_state=inbox[1]) as watched:
        page = watched.page
        page.goto(home(inbox) + first_open(page, inbox))
        page.click("#text")
        page.keyboard.type("jeu?")
        assert page.input_value("#text") == "jeu?"
        assert not page.locator("#keys").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        page.get_by_label("Switch these keys off").check()
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        assert page.evaluate("document.activeElement.id") != "text"


def test_what_the_customer_writes_appears_at_once_and_moves_nothing(chromium, inbox, demo):
    with (
        watching(chromium, DESKTOP, storage_state=inbox[1]) as company,
        watching(chromium, PHONE) as customer,
    ):
        customer.page.goto(demo.links["Customer's chat window"])
        company.page.goto(home(inbox) + wherever_it_lies(company.page, inbox, "2026-0142"))
        company.page.click("#text")
        company.page.keyboard.type("Half an answer")
        before = company.page.locator(".log > li").count()
        customer.page.fill("#text", "One more question, live")
        customer.page.keyboard.press("Control+Enter")
        company.page.locator(".log > li", has_text="One more question, live").wait_for()
        assert company.page.locator(".log > li").count() == before + 1
        assert company.page.evaluate("document.activeElement.id") == "text"
        assert company.page.input_value("#text") == "Half an answer"
        company.page.get_by_role("button", name="New messages").wait_for()
        company.page.keyboard.press("Control+Enter")
        company.page.locator("#write .trouble", has_text="wrote meanwhile").wait_for()
        assert company.page.input_value("#text") == "Half an answer"
        company.page.keyboard.press("Control+Enter")
        company.page.wait_for_selector(".undo")
        assert company.said == []


def test_new_rows_wait_while_somebody_points_at_the_list(chromium, inbox, demo):
    with (
        watching(chromium, DESKTOP, storage_state=inbox[1]) as company,
        watching(chromium, PHONE) as customer,
    ):
        page = company.page
        path = wherever_it_lies(page, inbox, "2026-0145").partition("?")[0]
        page.goto(home(inbox) + path)
        if page.get_by_role("button", name="Wait").is_visible():
            page.get_by_role("button", name="Wait").click()
            page.get_by_role("button", name="Wait").wait_for(state="detached")
        page.goto(f"{inbox[0]}?view=open")
        before = page.locator("#rows a").count()
        page.locator("#rows a").first.hover()
        customer.page.goto(demo.links["part paid"])
        customer.page.fill("#text", "The rest comes tomorrow")
        customer.page.keyboard.press("Control+Enter")
        page.get_by_role("button", name="1 new · Show").wait_for()
        assert page.locator("#rows a").count() == before
        page.get_by_role("button", name="1 new · Show").click()
        page.locator("#rows a", has_text="The rest comes tomorrow").wait_for()
        assert not page.locator("#fresh").is_visible()
        assert company.said == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everything_works_without_a_script(chromium, inbox, size):
    with watching(chromium, size, storage_state=inbox[1], java_script_enabled=False) as watched:
        page = watched.page
        page.goto(f"{inbox[0]}?view=not_delivered")
        page.locator("#rows a").first.click()
        page.get_by_role("heading", level=1).wait_for()
        page.locator("#text").fill("Written without a script")
        page.get_by_role("button", name="Send", exact=True).click()
        page.locator(".log > li", has_text="Written without a script").first.wait_for()
        page.locator(".undo").last.get_by_role("button", name="Undo").click()
        assert page.locator("#text").input_value() == "Written without a script"
        page.locator("#as-note").check(force=True)
        page.get_by_role("button", name="Keep note").click()
        page.locator(".log > .note", has_text="Written without a script").first.wait_for()


def test_a_formatted_mail_asks_for_nothing_and_runs_nothing(chromium, inbox):
    with watching(chromium, DESKTOP, storage_state=inbox[1]) as watched:
        page = watched.page
        page.goto(inbox[0])
        for path in [row.get_attribute("href") for row in page.locator("#rows a").all()]:
            page.goto(home(inbox) + path)
            page.evaluate(UNFOLD)
        origin = home(inbox)
        assert [one for one in watched.asked if not one.startswith(origin)] == []
        assert watched.said == []
