"""The headers of all pages, and what people read when something breaks."""

import ast
import html
import re
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import pytest

from gateway.mail.errors import Fault
from gateway.ports.lists import Full
from gateway.web.pages import POLICY
from gateway.web.wording import wording
from tests.web.kit import with_web

COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
PRIVATE = {**COMMON, "cache-control": "private, no-store", "x-robots-tag": "noindex"}


def assert_headers(answer, expected):
    assert {name: answer.headers.get(name) for name in expected} == expected


@with_web()
async def test_a122_a131_every_private_page_has_the_same_headers(web):
    sent, view, _ = await web.send()
    await web.sign_in()
    invoice = f"{view}/invoices/{sent.invoice.id}"
    for path in (
        view,
        invoice,
        f"{invoice}/paid",
        "/inbox",
        f"/inbox/conversations/{sent.invoice.conversation_id}",
        "/inbox/link/x",
        "/c/unknown",
        "/c",
        "/c/a/b/c/d",
        "/d/unknown",
        "/d/a/b",
        "/inbox/unknown",
    ):
        answer = await web.get(path)
        assert_headers(answer, {**PRIVATE, "content-security-policy": POLICY})
        assert "style=" not in answer.text
        assert "<style" not in answer.text
        assert "http://" not in answer.text
        assert 'lang="en" dir="ltr"' in answer.text
    answer = await web.post(f"{view}/messages", {"text": "x"}, origin="https://evil.example")
    assert_headers(answer, {**PRIVATE, "content-security-policy": POLICY})


@with_web()
async def test_a91_downloads_cannot_run_anywhere(web):
    sent, view, pdf = await web.send()
    content = b"<script>alert(1)</script>"
    files = [("files", ('x".html', content, "text/html"))]
    await web.post(f"{view}/messages", {"text": ""}, files=files)
    attachment = (await web.messages(sent.invoice.conversation_id))[-1].attachments[0]
    sandboxed = {**PRIVATE, "content-security-policy": "sandbox; default-src 'none'"}
    for path in (pdf, f"{view}/attachments/{attachment.id}"):
        answer = await web.get(path)
        assert_headers(answer, sandboxed)
        assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-type"] == "application/octet-stream"


@with_web()
async def test_style_sheets_are_kept_for_ever_under_a_name_of_their_content(web):
    page = await web.get("/inbox")
    path = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = await web.get(path)
    assert answer.status_code == 200
    expected = {**COMMON, "cache-control": "public, max-age=31536000, immutable"}
    assert_headers(answer, {**expected, "content-type": "text/css; charset=utf-8"})
    assert (await web.get("/static/app.0000.css")).status_code == 404
    assert (await web.get("/static/..%2fapp.py")).status_code == 404


@with_web()
async def test_the_bare_host_leads_to_the_inbox(web):
    answer = await web.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "POST"])
@with_web()
async def test_a120_other_methods_are_refused(web, method):
    _, view, _ = await web.send()
    answer = await web.client.request(method, view)
    assert answer.status_code == 405


class Broken:
    """A store that fails in one way."""

    def __init__(self, error):
        self._error = error

    async def read(self, job):
        raise self._error

    write = read


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Fault("secret detail"), 503, "A part of our service is away."),
        (Full("secret detail"), 507, "We can&#39;t store anything right now."),
        (RuntimeError("secret detail"), 500, "Something broke on our side, not on yours."),
    ],
)
@with_web()
async def test_what_breaks_is_told_without_details(web, error, status, words):
    _, view, _ = await web.send()
    object.__setattr__(web.context, "store", Broken(error))
    for answer in (await web.get(view), await web.post(f"{view}/messages", {"text": "x"})):
        assert answer.status_code == status
        assert words in answer.text
        assert "secret detail" not in answer.text
        assert_headers(answer, PRIVATE)
        assert ("retry-after" in answer.headers) == (status != 500)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, *;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000, br", None),
        ("identity", None),
    ],
)
@with_web()
async def test_style_sheets_are_zipped_for_who_takes_it(web, accepted, coding):
    page = await web.get("/inbox")
    path = re.search(r'href="(/static/app\.[^"]+)"', page.text)[1]
    answer = await web.get(path, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.text.startswith(":root{")


REFUSALS = ("visit.py", "billing.py", "claiming.py")
PAGES = ("claim_form.py", "paying.py", "uploads.py", "guard.py", "pages.py")
# What no page of ours can lead a customer to.
FOR_PROGRAMS = {
    "There is no claim of payment to confirm.",
    "There is no payment to take back.",
    "The invoice is {invoice.status.value} already.",
    "There is no such {what}.",
}


def said_to_customers():
    """Every sentence with which the customer's pages and journeys refuse something."""
    folders = [("gateway.flow", REFUSALS), ("gateway.web", PAGES)]
    for package, names in folders:
        for name in names:
            tree = ast.parse(files(package).joinpath(name).read_text("utf-8"))
            for node in ast.walk(tree):
                called = getattr(getattr(node, "func", None), "id", "")
                if called in {"Refused", "invalid", "conflict"}:
                    words = [one.value for one in node.args if isinstance(one, ast.Constant)]
                    yield from (one for one in words if isinstance(one, str) and " " in one)


@pytest.mark.parametrize("language", ["cs", "de", "es", "fr", "sk"])
def test_every_refusal_is_said_in_the_customers_language(language):
    said = {*said_to_customers()} - FOR_PROGRAMS
    assert len(said) >= 18
    words = wording(language)
    assert {one for one in said if words.words.gettext(one) == one} == set()


@with_web()
async def test_a_refused_file_is_told_of_in_the_language_of_the_conversation(web):
    sent, view, _ = await web.send(customer_locale="de")
    answer = await web.post(
        f"{view}/messages", {"text": "x"}, files={"files": ("gift.exe", b"MZ\x90")}
    )
    assert answer.status_code == 422
    assert "gift.exe wurde nicht gesendet" in answer.text
    assert len(await web.messages(sent.invoice.conversation_id)) == 1


@pytest.mark.parametrize("language", ["cs", "de", "en", "es", "fr", "sk"])
@with_web()
async def test_links_of_nobody_and_links_that_ended_speak_the_readers_language(web, language):
    sent, view, pdf = await web.send(customer_locale=language)
    say = wording(language)
    asked = {"Accept-Language": language}
    unknown = await web.get("/c/cnothing", headers=asked)
    assert say.text("We don't know this link") in html.unescape(unknown.text)
    (person,) = await web.people(sent.invoice.conversation_id)
    past = replace(person, link_expires_at=web.context.clock.now() - timedelta(days=1))
    await web.context.store.write(lambda work: work.conversations.change_participant(past))
    for path, words in ((view, "Send new link"), (pdf, "This link has expired")):
        page = await web.get(path, headers=asked)
        assert page.status_code == 410
        assert say.text(words) in html.unescape(page.text)
        assert f'<html lang="{language}"' in page.text
    gone = replace(person, revoked=True)
    await web.context.store.write(lambda work: work.conversations.change_participant(gone))
    page = await web.get(view, headers=asked)
    assert (page.status_code, "new-link" in page.text) == (410, False)
