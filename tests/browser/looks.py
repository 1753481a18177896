"""Every page in every state, each with the way to it; for the smoke tests and the whole matrix.

A look is told its demo, so that the same ones serve each language.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import httpx2
from starlette.requests import Request

from gateway.runtime.http.guesses import usual_guesses
from gateway.web.assets import Assets
from gateway.web.pages import Pages
from gateway.web.rendering import environment
from gateway.web.wording import wording
from tests.browser.demo import Demo
from tests.browser.watching import Watched

_OPEN = 'document.querySelectorAll("details:not({})").forEach((one) => (one.open = true))'
# A menu lies over the page while it is open.
UNFOLD = _OPEN.format(".attach, .tongues")
UNFOLD_INBOX = _OPEN.format(".rest")
# The bar to write in lies over the page's end; what it covers can be scrolled out from under it.
LAY_DOWN = 'document.getElementById("write")?.style.setProperty("position", "static")'

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
DUE, PART, PAID = "due soon, pay online", "part paid", "paid in cash, receipt issued"
NINE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
VIEWS = ("open", "unread", "not_delivered", "waiting", "done")
PAGES = ("settings", "team", "keys", "webhooks", "replies", "payments")
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf500f0003860180fc6be1a10000000049454e44ae426082"
)


@dataclass(frozen=True)
class Look:
    """A page in a state. go: leads a watched page there. of: whose page, "customer" or another.

    unfold: opens what is folded. cookie: the only one that the page may have.
    """

    name: str
    go: Callable[[Watched, Demo], None]
    of: str = "customer"
    unfold: str = UNFOLD
    cookie: str = ""

    def least_target(self, width):
        """How large a thing to press must be: 44 px for customers and fingers, else 24."""
        return 44 if self.of == "customer" or width < 640 else 24

    def faults(self, watched, *, by_axe=True):
        """What is wrong with the page as it stands."""
        least = self.least_target(watched.page.viewport_size["width"])
        found = watched.faults(least_target=least) if by_axe else watched.plain_faults(least)
        return [one for one in found if one != f"cookie: {self.cookie}"]


def customers():
    """The looks of the pages that customers see."""
    return [Look(f"chat: {state}", _chat(state)) for state in STATES] + [
        Look(f"{name}: {state}", _of_invoice(state, path))
        for name, path, states in (
            ("document", "", (DUE, "overdue", PART, "said to be paid", PAID, "cancelled", "quote")),
            ("mark as paid", "/paid", (DUE, PAID)),
            ("cash receipt", "/receipt", (DUE, PAID)),
            ("pay online", "/pay", (DUE,)),
            ("thanks for paying", "/pay/thanks", (DUE, PAID)),
            ("accountant's link", "/share", (DUE,)),
        )
        for state in states
    ] + [
        Look("document: replaced", _replaced),
        Look("pay online: being led away", _led_away),
        Look("mark as paid: refused", _claim_refused),
        Look("chat: every entry unfolded, writing", _writing),
        Look("chat: a file refused", _file_refused),
        Look("chat: a promise refused", _promise_refused),
        Look("chat: new messages, no connection", _strips),
        Look("attachment: text", _attachment("note.txt", "text/plain", b"Line by line.\n" * 40)),
        Look("attachment: picture", _attachment("oak.png", "image/png", PICTURE)),
        Look("accountant's page", _accountant),
        Look("chat: link revoked", _chat("link revoked")),
        Look("chat: made by a test key", _chat("made by a test key")),
        Look("mark as paid: made by a test key", _of_invoice("made by a test key", "/paid")),
        Look("document: credit note", _credit_note),
        Look("reminders", _chat("reminders by email")),
        Look("reminders: stopped", _reminders_stopped),
        Look("genuine", path_to("/genuine")),
        Look("genuine: our mail", _genuine_mail),
        Look("genuine: unknown", _genuine(lambda _: "nonsense")),
        Look("genuine: our link", _genuine(lambda demo: demo.links[PART])),
        Look("for mail administrators", path_to("/allow/acme-sro")),
        Look("unknown link", path_to("/c/cnothing")),
        Look("another method", path_to("/c/cnothing/messages")),
        Look("front door", path_to("/")),
        Look("broken on our side", _broken),
        # The last ones: their peer has to wait a minute afterwards.
        Look("too many at once", _too_many),
    ]  # fmt: skip


def home_of(demo):
    """Where the demo's pages are."""
    scheme, host, *_ = urlsplit(demo.links[PART])
    return f"{scheme}://{host}"


def _chat(state):
    return lambda watched, demo: watched.page.goto(demo.links[state])


def path_to(path):
    return lambda watched, demo: watched.page.goto(home_of(demo) + path)


def _of_invoice(state, path):
    def go(watched, demo):
        page = watched.page
        page.goto(demo.links[state])
        invoice = page.get_attribute(".bill .actions a[href$='/pdf']", "href")
        page.goto(home_of(demo) + "/".join(invoice.split("/")[:5]) + path)

    return go


def _replaced(watched, demo):
    page = watched.page
    page.goto(demo.links["corrected, Czech crowns, another bank account"])
    page.goto(home_of(demo) + page.get_attribute(".others a", "href"))


def _led_away(watched, demo):
    """The page between ours and the provider's, without what leads on at once."""

    def stay(route):
        answer = route.fetch()
        body = re.sub(r'<meta http-equiv="refresh"[^>]*>', "", answer.text())
        route.fulfill(response=answer, body=body)

    _of_invoice(DUE, "/pay")(watched, demo)
    watched.page.route("**/pay", stay)
    watched.page.click("form .primary")
    watched.page.locator("a.primary").wait_for()
    watched.page.unroute("**/pay")


def _claim_refused(watched, demo):
    _of_invoice(DUE, "/paid")(watched, demo)
    watched.page.fill("#amount", "a lot")
    watched.page.click("form .primary")
    watched.page.get_by_role("alert").wait_for()


def _writing(watched, demo):
    watched.page.goto(demo.links["Customer's chat window"])
    watched.page.focus("#text")
    watched.page.click(".as summary")
    watched.page.evaluate(LAY_DOWN)


def _file_refused(watched, demo):
    page = watched.page
    page.goto(demo.links[PART])
    page.focus("#text")
    page.click("details.attach:not(.as) summary")
    program = {"name": "tool.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"}
    page.set_input_files("[name=files]", program)
    page.click("#write .button.primary")
    page.get_by_role("alert").wait_for()
    page.evaluate(LAY_DOWN)


def _promise_refused(watched, demo):
    page = watched.page
    page.goto(demo.links["overdue"])
    page.click("#promise summary")
    page.evaluate('document.querySelector("#promise form").noValidate = true')
    page.fill("#promised_on", "2031-01-01")
    page.click("#promise form .button")
    page.locator("#promise [role=alert]").wait_for()


def _strips(watched, demo):
    page = watched.page
    page.goto(demo.links["overdue"])
    page.evaluate('document.getElementById("news").hidden = false')
    words = 'const s = document.getElementById("strip"); s.hidden = false; s.textContent = '
    page.evaluate(words + 'document.querySelector("main").dataset.offline')


def _attachment(name, kind, content):
    def go(watched, demo):
        page = watched.page
        page.goto(demo.links["quote"])
        page.focus("#text")
        if not page.locator(".log .file", has_text=name).count():
            page.click("details.attach:not(.as) summary")
            page.set_input_files(
                "[name=files]", {"name": name, "mimeType": kind, "buffer": content}
            )
            page.click("#write .button.primary")
        path = page.locator(".log .file", has_text=name).first.get_attribute("href")
        page.goto(home_of(demo) + path)

    return go


def _accountant(watched, demo):
    _of_invoice(DUE, "/share")(watched, demo)
    watched.page.goto(watched.page.input_value("#url"))


def _credit_note(watched, demo):
    watched.page.goto(demo.links["cancelled"])
    watched.page.click(".bill .actions .primary")


def _reminders_stopped(watched, demo):
    page = watched.page
    page.goto(demo.links["reminders by email"])
    if page.locator(".primary").count():
        page.click(".primary")
    page.locator("form[action$='/again']").wait_for()


def _served(watched, demo, make):
    """Lead to a page that the program makes by `make`, where the demo has no occasion for it."""
    page, wanted = watched.page, f"{home_of(demo)}/served"
    language = page.evaluate("navigator.language")
    headers = [(b"accept-language", language.encode())]
    request = Request({"type": "http", "method": "GET", "path": "/served", "headers": headers})
    pages = Pages(environment(), Assets(), home_of(demo), usual_guesses())
    made = make(pages, request, wording(language))
    answer = {
        "status": made.status_code,
        "body": made.body.decode(),
        "headers": dict(made.headers),
    }
    page.route(wanted, lambda route: route.fulfill(**answer))
    page.goto(wanted)
    page.unroute(wanted)


def _broken(watched, demo):
    number = "req_06h05cm50onsai1va32jonb5"
    _served(watched, demo, lambda pages, request, _: pages.problem(request, 500, number=number))


def _genuine_mail(watched, demo):
    def make(pages, _, say):
        rows = [
            (say.text("Subject"), "Invoice 2026-0142 · €1,254.00 · due 5 Dec 2026"),
            (say.text("Sent"), say.moment(NINE, "UTC")),
            (say.text("To"), "j•••@firma.example"),
            (say.text("Amount"), say.money(Decimal(1254), "EUR")),
            (say.text("IBAN"), "SK96 … 9669"),
        ]
        found = {"company": "Acme s.r.o.", "mail": True, "rows": rows}
        values = {"asked": True, "found": found, "host": "mail.example.com"}
        return pages.page("genuine.html", values, say=say)

    _served(watched, demo, make)


def _too_many(watched, demo):
    page, form = watched.page, {"reference": "nonsense"}
    page.goto(home_of(demo) + "/genuine")
    with httpx2.Client(trust_env=False) as client:
        # There is room for one more every half a second, so the browser may find it.
        for _ in range(20):
            page.fill("#reference", "nonsense")
            while client.post(f"{home_of(demo)}/genuine", data=form).status_code != 429:
                pass
            with page.expect_navigation():
                page.click("button")
            if not page.locator("form").count():
                return
    raise AssertionError("never too many")


def _genuine(reference):
    def go(watched, demo):
        page = watched.page
        page.goto(home_of(demo) + "/genuine")
        page.fill("#reference", reference(demo))
        page.click("button")
        page.locator("[role=alert], [role=status]").first.wait_for()

    return go
