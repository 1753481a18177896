"""Whom a page trusts with what: accountants, forwarded links, doubters, and files to look at."""

import html
import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest

from gateway.flow.drafts import AnswerDraft, Document
from gateway.mail.mailbox import Mailbox
from gateway.rules.model import Direction
from tests.web.kit import HOST, PDF, forms, links, with_web

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40


async def shared(web, view, sent):
    """The link for an accountant, as the customer's page gives it."""
    page = await web.get(f"{view}/invoices/{sent.invoice.id}/share")
    return re.search(r'value="https://mail\.test(/v/[a-z0-9]+)"', page.text)[1]


@with_web()
async def test_an_accountants_link_shows_one_document_and_nothing_else(web):
    sent, view, _ = await web.send()
    await web.receive(sent.invoice.conversation_id, "A private word")
    assert f"{view}/invoices/{sent.invoice.id}/share" in links((await web.get(view)).text)
    path = await shared(web, view, sent)
    page = await web.get(path)
    assert page.status_code == 200
    assert "Invoice 2026-0142" in page.text
    assert "A private word" not in page.text
    assert (forms(page.text), links(page.text)) == ([], [f"{path}/pdf"])
    assert (await web.get(f"{path}/pdf")).content == PDF
    token = path.removeprefix("/v/")
    for other in (f"/c/{token}", f"/d/{token}", f"{path}/messages", f"{path}/invoices/x/pdf"):
        assert (await web.get(other)).status_code == 404
    assert (await web.post(f"/c/{token}/messages", {"text": "x"})).status_code == 404


@with_web()
async def test_an_accountants_link_ends_with_the_persons(web):
    sent, view, _ = await web.send()
    path = await shared(web, view, sent)
    (person,) = await web.people(sent.invoice.conversation_id)
    renewed = replace(person, link_issue=1)
    await web.context.store.write(lambda work: work.conversations.change_participant(renewed))
    assert (await web.get(path)).status_code == 200
    gone = replace(person, revoked=True)
    await web.context.store.write(lambda work: work.conversations.change_participant(gone))
    assert (await web.get(path)).status_code == 410
    assert (await web.get(f"{path}/pdf")).status_code == 410


@with_web()
async def test_the_mail_to_the_accountant_is_the_customers_own(web):
    sent, view, _ = await web.send()
    before = await web.snapshot()
    page = await web.get(f"{view}/invoices/{sent.invoice.id}/share")
    (mailto,) = [link for link in links(page.text) if link.startswith("mailto:")]
    assert "subject=Invoice%202026-0142" in mailto
    assert "body=" in mailto
    assert "%2Fv%2F" in mailto or "/v/" in mailto
    assert await web.snapshot() == before


@with_web()
async def test_a_forwarded_links_writer_is_named_and_marked(web):
    sent, view, _ = await web.send()
    form = {
        "text": "I am the boss.",
        "writer_name": "Petra\r\nNová",
        "writer_email": "p@firma.test",
    }
    assert (await web.post(f"{view}/messages", form)).status_code == 303
    message = (await web.messages(sent.invoice.conversation_id))[-1]
    assert message.from_ == Mailbox("Petra Nová", "p@firma.test")
    page = await web.get(view)
    assert re.search("<strong>Petra Nová</strong>.{0,30} · .{0,9}by link", page.text)
    await web.sign_in()
    desk = await web.get(f"/inbox/conversations/{message.conversation_id}")
    assert "p@firma.test is not the address that we wrote to" in desk.text
    people = await web.people(message.conversation_id)
    assert [one.mailbox.address for one in people] == ["jana@firma.example"]
    answer = await web.services.conversing.answer(
        web.tenant, message.conversation_id, AnswerDraft("To Jana alone.")
    )
    assert [one.address for one in (*answer.to, *answer.cc)] == ["jana@firma.example"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"writer_name": "Petra"}, "Write your email address"),
        ({"writer_email": "p@firma.test"}, "Write your name"),
        ({"writer_name": "P", "writer_email": "nobody"}, "Write your email address"),
        ({"writer_name": "P" * 101, "writer_email": "p@firma.test"}, "Write your name"),
    ],
)
@with_web()
async def test_half_a_writer_is_asked_for_the_rest_and_the_text_stays(web, form, words):
    _, view, _ = await web.send()
    answer = await web.post(f"{view}/messages", {"text": "My long text", **form})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert "My long text</textarea>" in answer.text


def reference_in(raw):
    mail = message_from_bytes(raw, policy=default)
    text = mail.get_body(("plain",)).get_content()
    return re.search(r"Ref: \S+", text)[0], text


async def raw_of(web, sent):
    (delivery,) = await web.deliveries(sent.invoice.conversation_id)
    kept = await web.context.store.read(
        lambda work: work.contents.get(delivery.tenant_id, delivery.raw_sha256)
    )
    return kept.data


@with_web()
async def test_a_mails_reference_tells_what_we_sent_and_little_more(web):
    sent, view, _ = await web.send()
    reference, _ = reference_in(await raw_of(web, sent))
    assert ("post", "/genuine") in forms((await web.get("/genuine")).text)
    assert "/genuine" in links((await web.get(view)).text)
    before = await web.snapshot()
    page = await web.post("/genuine", {"reference": f"…last line: {reference} "})
    assert "Novák Joinery: yes, we sent this mail." in page.text
    for words in ("Invoice 2026-0142", "€1,254.00", "j•••@firma.example", "SK96 … 9669"):
        assert words in page.text, words
    assert "jana@firma.example" not in page.text
    assert "SK9611000000002918599669" not in page.text.replace(" ", "")
    assert await web.snapshot() == before


@with_web()
async def test_a_link_tells_whose_it_is_and_nothing_of_the_document(web):
    sent, view, pdf = await web.send()
    for link in (HOST + view, f"see {HOST}{pdf} ok?"):
        page = await web.post("/genuine", {"reference": link})
        assert "Novák Joinery: this link is ours." in page.text
        assert sent.invoice.number not in page.text


@pytest.mark.parametrize("text", ["", "Ref: abc", "https://evil.test/c/" + "c" * 42, "k" * 5000])
@with_web()
async def test_what_is_not_ours_is_said_not_to_be(web, text):
    sent, _, _ = await web.send()
    reference, _ = reference_in(await raw_of(web, sent))
    altered = reference[:-1] + ("a" if reference[-1] != "a" else "b")
    for given in (text, altered):
        page = await web.post("/genuine", {"reference": given})
        assert "We know nothing of this." in html.unescape(page.text)


@with_web(posts_per_minute=3)
async def test_who_asks_too_often_waits(web):
    answers = [(await web.post("/genuine", {"reference": "x"})).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]


async def with_file(web, name, kind, data):
    """The path of a file that the company sent along."""
    sent, view, _ = await web.send()
    draft = AnswerDraft("See this.", attachments=(Document(name, kind, data),))
    await web.services.conversing.answer(web.tenant, sent.invoice.conversation_id, draft)
    messages = await web.messages(sent.invoice.conversation_id)
    (found,) = [m for m in messages if m.direction is Direction.OUT][-1].attachments
    return view, f"{view}/attachments/{found.id}"


@with_web()
async def test_a_picture_is_looked_at_in_the_page_and_stays_a_download(web):
    view, path = await with_file(web, "plan.png", "image/png", PNG)
    assert f"{path}/view" in links((await web.get(view)).text)
    page = await web.get(f"{path}/view")
    assert f'<img src="{path}" alt="Picture plan.png">' in page.text
    raw = await web.get(path)
    assert raw.headers["content-disposition"].startswith("attachment")
    assert raw.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert raw.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\ufeffčaj".encode(), "čaj"),
        ("čaj".encode("cp1250"), "èaj"),
        (b"a" * 200_000, "only its beginning"),
        ("ž".encode() * 60_000, "only its beginning"),
    ],
)
@with_web()
async def test_a_text_is_looked_at_as_text(web, data, shown):
    _, path = await with_file(web, "notes.txt", "text/plain", data)
    page = await web.get(f"{path}/view")
    assert (page.status_code, shown in page.text, "\ufffd" in page.text) == (200, True, False)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.svg", "image/svg+xml"), ("a.html", "text/html"), ("a.pdf", "application/pdf")],
)
@with_web()
async def test_what_could_run_is_a_download_alone(web, name, kind):
    view, path = await with_file(web, name, kind, b"<svg onload=alert(1)>")
    assert path in links((await web.get(view)).text)
    assert (await web.get(f"{path}/view")).status_code == 404
    assert (await web.get(path)).headers["content-disposition"].startswith("attachment")
