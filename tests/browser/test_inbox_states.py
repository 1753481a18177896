"""The Inbox in a browser: accessible, within its screen, silent, and at home (ux.md, 3)."""

import pytest

from tests.browser.looks import LAY_DOWN, PAGES, VIEWS
from tests.browser.looks import UNFOLD_INBOX as UNFOLD
from tests.browser.watching import DESKTOP, PHONE, SMALL, watching

HIS_COOKIE = "cookie: postroom_session"
SCREENS = [
    pytest.param((DESKTOP, 24, "en"), id="desktop"),
    pytest.param((PHONE, 44, "sk"), id="phone"),
    pytest.param((SMALL, 44, "de"), id="small phone"),  # the longest words
]


def faults(watched, least_target):
    return [one for one in watched.faults(least_target=least_target) if one != HIS_COOKIE]


def paths_of(watched, inbox, view):
    """The conversations of a view."""
    watched.page.goto(f"{inbox[0]}?view={view}")
    rows = watched.page.locator("#rows a").all()
    return [row.get_attribute("href") for row in rows]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_no_fault_in_light_and_dark(chromium, inbox, view, screen):
    size, least, language = screen
    with watching(chromium, size, locale=language, storage_state=inbox[1]) as watched:
        watched.page.goto(f"{inbox[0]}?view={view}")
        assert faults(watched, least) == []
        watched.page.emulate_media(color_scheme="dark")
        assert faults(watched, least) == []


@pytest.mark.parametrize("screen", SCREENS)
def test_every_conversation_has_no_fault_even_with_everything_unfolded(chromium, inbox, screen):
    size, least, language = screen
    with watching(chromium, size, locale=language, storage_state=inbox[1]) as watched:
        paths = {path for view in VIEWS for path in paths_of(watched, inbox, view)}
        assert len(paths) >= 5
        for number, path in enumerate(sorted(paths)):
            watched.page.goto(inbox[0].removesuffix("/inbox") + path)
            watched.page.emulate_media(color_scheme="dark" if number % 2 else "light")
            watched.page.evaluate(LAY_DOWN)
            assert faults(watched, least) == []
            watched.page.evaluate(UNFOLD)
            assert faults(watched, least) == []


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_company_has_no_fault(chromium, inbox, page, screen):
    size, least, language = screen
    with watching(chromium, size, locale=language, storage_state=inbox[1]) as watched:
        watched.page.goto(f"{inbox[0]}/{page}")
        assert faults(watched, least) == []
        watched.page.emulate_media(color_scheme="dark")
        watched.page.evaluate(UNFOLD)
        assert faults(watched, least) == []


@pytest.mark.parametrize("screen", SCREENS)
def test_the_sign_in_has_no_fault(chromium, inbox, screen):
    size, least, language = screen
    with watching(chromium, size, locale=language) as watched:
        watched.page.goto(inbox[0])
        assert faults(watched, least) == []


@pytest.mark.parametrize("view", ["list", "conversation"])
def test_the_first_view_takes_60_kb_and_a_few_requests_at_most(chromium, inbox, view):
    with watching(chromium, PHONE, storage_state=inbox[1]) as watched:
        (path, *_) = paths_of(watched, inbox, "open")
    with watching(chromium, PHONE, storage_state=inbox[1]) as watched:
        begun, sizes = set(), {}

        def note_begun(request):
            if not request.url.partition("?")[0].endswith(("/events", "/here", "/read")):
                begun.add(request.url)

        def note(request):
            if request.url in begun:
                taken = request.sizes()
                sizes[request.url] = taken["responseBodySize"] + taken["responseHeadersSize"]

        watched.page.on("request", note_begun)
        watched.page.on("requestfinished", note)
        home = inbox[0].removesuffix("/inbox")
        watched.page.goto(f"{inbox[0]}?view=open" if view == "list" else home + path)
        watched.page.wait_for_load_state("load")
        while begun - sizes.keys():  # what a page has loaded is told a little later
            watched.page.wait_for_event("requestfinished")
        assert sum(sizes.values()) <= 60 * 1024, sizes
        assert 4 <= len(sizes) <= 12, sizes


def test_every_word_may_grow_to_twice_its_size(chromium, inbox):
    with watching(chromium, PHONE, storage_state=inbox[1]) as watched:
        (path, *_) = paths_of(watched, inbox, "open")
        watched.page.goto(inbox[0].removesuffix("/inbox") + path)
        watched.page.evaluate('document.documentElement.style.fontSize = "200%"')
        watched.page.evaluate(LAY_DOWN)
        watched.page.evaluate(UNFOLD)
        assert faults(watched, 44) == []
