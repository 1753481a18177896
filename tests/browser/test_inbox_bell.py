"""The bell: asked for by a press, heard while the page is not looked at."""

from contextlib import contextmanager

from tests.browser.test_inbox_journeys import home, wherever_it_lies
from tests.browser.watching import DESKTOP, PHONE, watching

# Notifications leave the page, so a test keeps them; and no page of a test is out of sight.
KEEP = """
window.told = [];
window.asked = 0;
const answers = ANSWER;
window.Notification = class {
  static get permission() { return window.asked ? answers : "default"; }
  static async requestPermission() { window.asked += 1; return answers; }
  constructor(title, more) { window.told.push({ title, ...more }); }
  close() {}
};
document.hasFocus = () => false;
"""


@contextmanager
def listening(chromium, inbox, answer, view="open"):
    with watching(chromium, DESKTOP, storage_state=inbox[1]) as watched:
        watched.page.add_init_script(KEEP.replace("ANSWER", f'"{answer}"'))
        watched.page.goto(f"{inbox[0]}?view={view}")
        yield watched
        assert watched.said == []


def write(chromium, demo, text):
    with watching(chromium, PHONE) as customer:
        customer.page.goto(demo.links["Customer's chat window"])
        customer.page.fill("#text", text)
        customer.page.keyboard.press("Control+Enter")
        customer.page.locator(".log > li", has_text=text).wait_for()


def test_nobody_is_asked_before_the_bell_is_pressed_and_no_news_are_told(chromium, inbox, demo):
    with listening(chromium, inbox, "granted") as watched:
        write(chromium, demo, "Unasked news")
        watched.page.locator("#rows .row", has_text="Unasked news").wait_for()
        assert watched.page.evaluate("[window.asked, window.told.length]") == [0, 0]


def test_once_pressed_it_tells_who_wrote_and_what(chromium, inbox, demo):
    with listening(chromium, inbox, "granted") as watched:
        bell = watched.page.get_by_role("button", name="Browser notifications")
        bell.click()
        assert bell.get_attribute("aria-pressed") == "true"
        write(chromium, demo, "Is the table oak?")
        watched.page.locator("#rows .row", has_text="Is the table oak?").wait_for()
        told = {one["body"]: one["title"] for one in watched.page.evaluate("window.told")}
        assert "2026-0142" in told["Is the table oak?"]
        bell.click()
        assert bell.get_attribute("aria-pressed") == "false"


def test_news_of_another_view_are_told_without_their_words(chromium, inbox, demo):
    with listening(chromium, inbox, "granted", view="done") as watched:
        watched.page.goto(home(inbox) + wherever_it_lies(watched.page, inbox, "2026-0142"))
        watched.page.locator("[data-reads]").wait_for(state="detached")
        watched.page.goto(f"{inbox[0]}?view=done")
        watched.page.get_by_role("button", name="Browser notifications").click()
        lane = watched.page.locator("#lanes a[href$='=unread'] .count")
        before = int(lane.inner_text()) if lane.count() else 0
        write(chromium, demo, "And when?")
        lane.filter(has_text=str(before + 1)).wait_for()
        assert watched.page.evaluate("window.told[0].title") == "New messages"


def test_a_browser_that_forbids_it_is_told_on_the_page(chromium, inbox):
    with listening(chromium, inbox, "denied") as watched:
        bell = watched.page.get_by_role("button", name="Browser notifications")
        bell.click()
        watched.page.get_by_role("status").filter(has_text="forbids notifications").wait_for()
        assert bell.get_attribute("aria-pressed") == "false"


def test_the_pages_own_icon_has_a_dot_while_something_is_unread(chromium, inbox, demo):
    write(chromium, demo, "A dot, please")
    with watching(chromium, DESKTOP, storage_state=inbox[1]) as watched:
        icon = 'document.querySelector("link[rel=icon]").href'
        watched.page.goto(f"{inbox[0]}?view=open")
        assert "icon-news" in watched.page.evaluate(icon)
        assert watched.page.title().startswith("(")
