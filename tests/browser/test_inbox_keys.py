"""The keys of the Inbox: chosen anew, switched off, for several rows, as a list of commands."""

import pytest

from tests.browser.watching import DESKTOP, PHONE, watching

HIS_COOKIE = "cookie: postroom_session"


@pytest.fixture
def page(chromium, inbox):
    """The list of all that is done, in a browser of its own."""
    with watching(chromium, DESKTOP, storage_state=inbox[1]) as watched:
        watched.page.goto(f"{inbox[0]}?view=waiting")
        watched.page.watched = watched
        yield watched.page
        assert watched.said == []


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


def no_fault(watched, least=24):
    assert [one for one in watched.faults(least_target=least) if one != HIS_COOKIE] == []


def choose(page, words, *keys):
    page.keyboard.press("?")
    page.get_by_role("button", name=f": {words}. Choose another key").click()
    for key in keys:
        page.keyboard.press(key)


def test_a_key_that_was_chosen_does_the_work_of_the_usual_one_and_is_kept(page):
    choose(page, "Search", "s")
    page.get_by_role("button", name="s: Search. Choose another key").wait_for()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("/")
    assert focused(page) == "BODY"
    page.keyboard.press("s")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("button", name="The usual keys again").click()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_a_key_that_is_taken_is_refused_and_a_key_may_be_none(page):
    choose(page, "Search", "j")
    assert page.locator("#keys-said").inner_text() == "“j” is taken: Next in the list."
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_visible(), "Escape leaves the question, not the list"
    page.get_by_role("button", name="/: Search. Choose another key").click()
    page.keyboard.press("Backspace")
    page.get_by_role("button", name="none: Search. Choose another key").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert focused(page) == "BODY"


def test_two_keys_after_one_another_can_be_chosen_too(page):
    choose(page, "Search", "g", "s")
    page.get_by_role("button", name="g s: Search. Choose another key").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("s")
    assert page.evaluate("document.activeElement.name") == "q"


def test_a_view_is_reached_by_g_and_its_letter(page):
    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url("**/inbox?view=not_delivered")


def test_rows_are_selected_with_keys_and_done_at_once(page):
    count = page.locator("#rows a").count()
    assert count >= 2
    names = page.locator("#rows [type=checkbox]")
    chosen = [names.nth(at).get_attribute("name") for at in (0, 1)]
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("#several [role=status]").inner_text() == "2 selected"
    no_fault(page.watched)
    page.keyboard.press("e")
    page.locator("#rows a").nth(count - 2).wait_for(state="detached")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/inbox?view=done")
    for one in chosen:
        page.locator(f"#rows [name={one}]").check()
    page.locator("#several").get_by_role("button", name="Reopen").click()
    page.wait_for_load_state()
    page.goto(page.url.replace("view=done", "view=open"))
    for one in chosen:
        page.locator(f"#rows [name={one}]").check()
    page.keyboard.press("w")
    page.locator(f"#rows [name={chosen[0]}]").wait_for(state="detached")


def test_on_a_phone_a_button_shows_the_boxes(chromium, inbox):
    with watching(chromium, PHONE, storage_state=inbox[1], has_touch=True) as watched:
        page = watched.page
        page.goto(f"{inbox[0]}?view=waiting")
        boxes = page.locator("#rows [type=checkbox]")
        assert not boxes.first.is_visible()
        page.get_by_role("button", name="Select", exact=True).click()
        boxes.first.check()
        assert page.locator("#several [role=status]").inner_text() == "1 selected"
        no_fault(watched, 44)
        page.get_by_role("button", name="Select", exact=True).click()
        assert not page.locator("#several").is_visible()


def test_a_command_is_found_by_a_part_of_its_name(page):
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Command").wait_for()
    no_fault(page.watched)
    page.keyboard.type("not deliv")
    option = page.get_by_role("option", selected=True)
    assert option.inner_text().split("\n") == ["View: Not delivered", "g n"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?view=not_delivered")


def test_the_list_of_commands_leads_to_conversations_places_and_to_a_search(page):
    name = page.locator("#rows .name").nth(1).inner_text()
    href = page.locator("#rows a").nth(1).get_attribute("href")
    subject = page.locator("#rows .subject").nth(1).inner_text()
    page.keyboard.press("Control+k")
    page.keyboard.type(f"{name} {subject}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{href}")
    page.keyboard.press("Control+k")
    page.keyboard.type("team")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/team")
    page.go_back()
    page.keyboard.press("Control+k")
    page.keyboard.type("no such command")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?q=no%20such%20command")


def test_no_key_acts_in_a_text_field_nor_when_all_are_switched_off(page):
    page.keyboard.press("/")
    before = page.url
    page.keyboard.type("x?gdpj")
    page.keyboard.press("Control+k")
    assert page.input_value("[name=q]") == "x?gdpj"
    assert page.url == before
    assert page.locator("dialog[open]").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_label("Switch these keys off").check()
    page.keyboard.press("Escape")
    for key in ("/", "x", "?", "Control+k"):
        page.keyboard.press(key)
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("document.activeElement.name") != "q"


def test_the_list_of_keys_has_no_fault_and_names_every_key(page):
    page.keyboard.press("?")
    no_fault(page.watched)
    page.emulate_media(color_scheme="dark")
    no_fault(page.watched)
    keys = page.locator("#keys kbd").all_inner_texts()
    named = {one.get_attribute("data-key") for one in page.locator("[data-key]").all()}
    assert named <= set(keys)
    assert {"x", "p", "Ctrl K", "j", "?", "Ctrl Enter"} <= set(keys)


def test_a_document_is_opened_and_left_with_keys(page):
    page.locator("#rows a", has_text="€").first.click()
    page.wait_for_selector("#write")
    before = page.url
    page.keyboard.press("p")
    page.wait_for_url("**/invoices/**")
    page.get_by_role("link", name="Download PDF").wait_for()
    no_fault(page.watched)
    page.keyboard.press("Escape")
    page.wait_for_url(before)
