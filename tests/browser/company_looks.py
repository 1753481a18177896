"""Every page of the company and of admins in every state, as `looks` has those of customers."""

import re

from tests.browser.looks import (
    DUE,
    LAY_DOWN,
    PAGES,
    STATES,
    UNFOLD_INBOX,
    VIEWS,
    Look,
    home_of,
    path_to,
)


def companys():
    """The looks of the Inbox, its settings and the admin page."""
    inbox = {"of": "inbox", "unfold": UNFOLD_INBOX, "cookie": "postroom_session"}
    admin = {"of": "admin", "unfold": UNFOLD_INBOX, "cookie": "postroom_admin"}
    return [
        *(Look(f"inbox: {view}", _inbox(f"?view={view}"), **inbox) for view in VIEWS),
        *(Look(f"inbox: about {state}", _conversation(state), **inbox) for state in STATES[:-1]),
        Look("inbox: something searched", _inbox("?q=table"), **inbox),
        Look("inbox: nothing found", _inbox("?q=nothingofthekind"), **inbox),
        Look("inbox: several selected", _selected, **inbox),
        Look("inbox: a document", _document, **inbox),
        Look("inbox: a tag added", _tagged, **inbox),
        Look("inbox: keys", _dialog("?"), of="inbox", unfold="null", cookie="postroom_session"),
        Look(
            "inbox: commands",
            _dialog("Control+k"),
            of="inbox",
            unfold="null",
            cookie="postroom_session",
        ),
        Look("inbox: no such conversation", _inbox("/c/cnv_nothing"), **inbox),
        *(Look(f"company: {page}", _inbox(f"/{page}"), **inbox) for page in PAGES),
        Look("company: company settings", _inbox("/settings/company"), **inbox),
        Look("company: own domain", _inbox("/settings/domain"), **inbox),
        Look("company: connection test failed", _test_failed, **inbox),
        Look("admin", _admin(""), **admin),
        Look("admin: DNS", _admin("/dns"), **admin),
        Look("sign in", path_to("/inbox"), of="nobody"),
        Look("admin: sign in", path_to("/inbox/admin"), of="nobody"),
    ]


def _inbox(path):
    def go(watched, demo):
        watched.page.goto(f"{home_of(demo)}/inbox{path}")
        watched.page.evaluate(LAY_DOWN)

    return go


def _selected(watched, demo):
    page = watched.page
    _inbox("?view=waiting")(watched, demo)
    if page.locator("#pick").is_visible():
        page.click("#pick")
    page.locator("#rows [type=checkbox]").first.check()


def _document(watched, demo):
    _conversation(DUE)(watched, demo)
    path = watched.page.locator("a[data-key=p]").first.get_attribute("href")
    watched.page.goto(home_of(demo) + path)


def _tagged(watched, demo):
    page = watched.page
    _conversation("quote")(watched, demo)
    if not page.locator("#tags .tag").count():
        page.evaluate(UNFOLD_INBOX)
        page.fill("[name=add]", "a rather long tag, as some people write them")
        page.locator("form[action*='/tags'] .button").click()
        page.locator("#tags .tag").wait_for()
    page.evaluate(LAY_DOWN)


def _dialog(key):
    def go(watched, demo):
        _inbox("?view=open")(watched, demo)
        watched.page.keyboard.press(key)
        watched.page.locator("dialog[open]").wait_for()

    return go


def _test_failed(watched, demo):
    page = watched.page
    _inbox("/settings")(watched, demo)
    page.check("input[value=smtp]")
    page.fill("#login", "invoices@acme.example")
    page.fill("#host", "127.0.0.1")
    page.click("#test")
    page.locator("#result [role=alert]").wait_for(timeout=30_000)


def _admin(path):
    return path_to(f"/inbox/admin{path}")


def _conversation(state):
    """The company's side of what the customer of this state sees."""

    def go(watched, demo):
        page = watched.page
        page.goto(demo.links[state])
        words = page.locator("h1").first.inner_text()
        number = (re.findall(r"[A-Z]?-?\d[\d-]*\S*", words) or [words])[-1]
        for view in VIEWS:
            page.goto(f"{home_of(demo)}/inbox?view={view}")
            rows = page.locator("#rows a", has_text=number)
            if rows.count():
                page.goto(home_of(demo) + rows.first.get_attribute("href"))
                page.evaluate(LAY_DOWN)
                return
        # A younger document may stand in its row.
        page.goto(f"{home_of(demo)}/inbox?q={number}")
        rows = page.locator("#rows a")
        assert rows.count(), f"no conversation about {number}"
        page.goto(home_of(demo) + rows.first.get_attribute("href"))
        page.evaluate(LAY_DOWN)

    return go
