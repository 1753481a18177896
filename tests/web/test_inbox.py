"""The company's Inbox."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.flow.drafts import PaymentDraft, TenantDraft
from gateway.mail.mailbox import Mailbox
from gateway.rules.model import ConversationStatus, Reason
from tests.web.kit import HOST, PDF, forms, links, with_web

UNDO = timedelta(seconds=10)
UNKNOWN = Reason(
    "no_such_address", "the address does not exist", 550, "5.1.1", "550 5.1.1 <b>No</b>", True
)


def cookie(answer):
    """The session cookie as it was set."""
    return next(
        value
        for value in answer.headers.get_list("set-cookie")
        if value.startswith("postroom_session=")
    )


async def opened(web, **changes):
    """A signed-in Inbox and the path of a conversation that needs the company."""
    sent, view, _ = await web.send(**changes)
    conversation_id = sent.invoice.conversation_id
    await web.services.conversing.change(
        web.tenant, conversation_id, status=ConversationStatus.OPEN
    )
    await web.sign_in()
    return sent, view, f"/inbox/conversations/{conversation_id}"


@with_web()
async def test_a_key_signs_in(web):
    page = await web.get("/inbox")
    assert ("post", "/inbox/sign-in") in forms(page.text)
    answer = await web.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/inbox"):
        assert part in cookie(answer)
    page = await web.get("/inbox")
    assert "No mail yet" in page.text
    assert web.api_key not in page.text


@pytest.mark.parametrize(
    ("language", "open_ones", "spoken"),
    [("de-AT,de;q=0.9,en;q=0.5", "Offen", "de"), ("pl,xx", "Open", "en")],
)
@with_web()
async def test_the_inbox_speaks_as_the_browser_asks(web, language, open_ones, spoken):
    await web.sign_in()
    page = await web.get("/inbox", headers={"accept-language": language})
    assert f'<html lang="{spoken}"' in page.text
    assert f">{open_ones}<" in page.text


@pytest.mark.parametrize("secret", ["", "wrong", "x" * 5000, "a/b", "é\0"])
@with_web()
async def test_a_wrong_key_does_not(web, secret):
    answer = await web.post("/inbox/sign-in", {"secret": secret})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "not known" in answer.text


@with_web()
async def test_an_admin_key_and_a_sending_key_do_not(web):
    _, admin = await web.services.companies.add_key(None)
    _, sender = await web.services.companies.add_key(web.tenant.id, ("send",))
    for secret in (admin, sender):
        assert (await web.sign_in(secret)).status_code == 401


@with_web()
async def test_a_link_works_once_and_only_when_the_button_is_pressed(web):
    url, _ = await web.services.companies.sign_in_link(web.tenant.id)
    path = url.removeprefix(HOST)
    for _ in range(3):
        page = await web.get(path)
        assert (page.status_code, forms(page.text)) == (200, [("post", path)])
        assert "set-cookie" not in page.headers
    assert (await web.post(path)).headers["location"] == "/inbox"
    web.client.cookies.clear()
    assert (await web.post(path)).status_code == 410


@with_web()
async def test_a_code_or_a_whole_link_may_stand_in_the_field(web):
    for shown in (lambda url: url, lambda url: url.rpartition("/")[2], lambda url: f" {url}/ "):
        url, _ = await web.services.companies.sign_in_link(web.tenant.id)
        assert (await web.sign_in(shown(url))).status_code == 303


@with_web()
async def test_a_link_can_lead_to_a_conversation(web):
    sent, _, _ = await web.send()
    url, _ = await web.services.companies.sign_in_link(
        web.tenant.id, user="Eva", conversation_id=sent.invoice.conversation_id
    )
    answer = await web.post(url.removeprefix(HOST))
    assert answer.headers["location"] == f"/inbox/conversations/{sent.invoice.conversation_id}"


@with_web()
async def test_signing_out_ends_the_session(web):
    session = cookie(await web.sign_in()).partition(";")[0]
    answer = await web.post("/inbox/sign-out")
    assert answer.status_code == 303
    web.client.cookies.clear()
    page = await web.client.get("/inbox", headers={"Cookie": session})
    assert ("post", "/inbox/sign-in") in forms(page.text)


@with_web()
async def test_a_revoked_key_ends_its_sessions(web):
    await web.sign_in()
    (key,) = await web.context.store.read(lambda work: work.keys.all(web.tenant.id))
    await web.services.companies.revoke_key(key.id)
    assert ("post", "/inbox/sign-in") in forms((await web.get("/inbox")).text)


@with_web()
async def test_a_reading_key_sees_and_may_not_write(web):
    _, _, path = await opened(web)
    _, reader = await web.services.companies.add_key(web.tenant.id, ("inbox:read",))
    await web.sign_in(reader)
    page = await web.get(path)
    assert page.status_code == 200
    assert forms(page.text) == [("post", "/inbox/sign-out")]
    answer = await web.post(f"{path}/messages", {"text": "x"})
    assert answer.status_code == 403
    assert "inbox:write" in answer.text


@pytest.mark.parametrize(
    "ending", ["messages", "read", "status", "approve-sender", "deliveries/dlv_x/retry"]
)
@with_web()
async def test_nobody_writes_without_signing_in_or_from_elsewhere(web, ending):
    _, _, path = await opened(web)
    before = await web.snapshot()
    foreign = await web.post(f"{path}/{ending}", {"text": "x"}, origin="https://evil.example")
    web.client.cookies.clear()
    stranger = await web.post(f"{path}/{ending}", {"text": "x"})
    assert (foreign.status_code, stranger.status_code) == (403, 403)
    assert await web.snapshot() == before


@with_web()
async def test_where_all_is_answered_the_next_due_invoice_is_told(web):
    await web.sign_in()
    sent, _, _ = await web.send(due_on=date(2027, 1, 31))
    later, _, _ = await web.send(number="2026-0150", due_on=date(2027, 2, 1))
    await web.send(number="2026-0001", due_on=date(2020, 1, 1))
    page = (await web.get("/inbox")).text
    assert "All answered." in page
    path = f"/inbox/conversations/{sent.invoice.conversation_id}"
    assert f'<a href="{path}">Next invoice due: 2026-0142, 31 January 2027.</a>' in page
    await web.services.billing.mark_paid(web.tenant, sent.invoice.id, PaymentDraft())
    assert "Next invoice due: 2026-0150, 1 February 2027." in (await web.get("/inbox")).text
    await web.services.billing.mark_paid(web.tenant, later.invoice.id, PaymentDraft())
    assert "Next invoice due" not in (await web.get("/inbox")).text


@with_web()
async def test_a_mail_that_failed_counts_in_the_title_though_nothing_is_unread(web):
    sent, _, _ = await opened(web)
    other, _, _ = await web.send(number="2026-0150")

    def fail(work):
        one = work.conversations.get(web.tenant.id, sent.invoice.conversation_id)
        work.conversations.change(replace(one, failed=True))

    assert "<title>Inbox" in (await web.get("/inbox?view=done")).text
    await web.context.store.write(fail)
    page = (await web.get("/inbox?view=done")).text
    assert "<title>(1) Inbox" in page
    assert "/static/icon-news." in page
    for one in (sent, other):
        await web.receive(one.invoice.conversation_id, "And?")
    assert "<title>(2) Inbox" in (await web.get("/inbox")).text, "one in both lanes counts once"


@with_web()
async def test_the_list_shows_who_wrote_what_about_which_invoice(web):
    sent, _, path = await opened(web)
    await web.receive(sent.invoice.conversation_id, "Could you add 4500?")
    await web.settle(sent.invoice.conversation_id, "bounced", UNKNOWN)

    def fail(work):
        one = work.conversations.get(web.tenant.id, sent.invoice.conversation_id)
        work.conversations.change(replace(one, failed=True))

    await web.context.store.write(fail)
    page = await web.get("/inbox")
    for words in ("Jana Malá", "2026-0142 · €1,254.00", "Due 5 Dec 2026", "Not delivered"):
        assert words in page.text
    assert "<title>(1) Inbox · Novák Joinery</title>" in page.text
    assert f"{path}?view=open" in links(page.text)
    assert "Jana" in (await web.get("/inbox?view=not_delivered")).text
    assert "Jana" in (await web.get("/inbox?view=unread")).text
    assert "Nothing here." in (await web.get("/inbox?view=done")).text


@with_web()
async def test_a_bounce_is_told_in_words_and_verbatim(web):
    sent, _, path = await opened(web)
    await web.settle(sent.invoice.conversation_id, "bounced", UNKNOWN)
    page = await web.get(path)
    assert "Not delivered: the address does not exist" in page.text
    assert "<pre>550 5.1.1 &lt;b&gt;No&lt;/b&gt;</pre>" in page.text


@with_web()
async def test_a_suppressed_mail_can_be_sent_anyway(web):
    sent, _, path = await opened(web)
    await web.settle(sent.invoice.conversation_id, "suppressed", UNKNOWN)
    (delivery,) = await web.deliveries(sent.invoice.conversation_id)
    page = await web.get(path)
    action = f"{path}/deliveries/{delivery.id}/retry"
    assert "Send anyway" in page.text
    assert ("post", f"{action}?view=open") in forms(page.text)
    assert (await web.post(action)).status_code == 303
    (delivery,) = await web.deliveries(sent.invoice.conversation_id)
    assert delivery.state == "queued"


@with_web()
async def test_an_answer_goes_out_and_marks_as_read(web):
    sent, view, path = await opened(web)
    conversation_id = sent.invoice.conversation_id
    await web.receive(conversation_id, "Hello?")
    page = await web.get(path)
    assert "Goes to the chat and by email to jana@firma.example" in page.text
    files = [("files", ("note.pdf", PDF, "application/pdf"))]
    answer = await web.post(f"{path}/messages", {"text": "Hello Jana"}, files=files)
    message = (await web.messages(conversation_id))[-1]
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}#{message.id}")
    assert [one.filename for one in message.attachments] == ["note.pdf"]
    assert len(await web.deliveries(conversation_id)) == 2
    web.context.clock.present += UNDO
    page = await web.get(view)
    assert "Hello Jana" in page.text
    assert "note.pdf" in page.text
    desk = await web.get(path)
    assert f"/inbox/attachments/{message.attachments[0].id}" in links(desk.text)
    assert "Mark as read" not in desk.text
    download = await web.get(f"/inbox/attachments/{message.attachments[0].id}")
    assert download.content == PDF


@with_web()
async def test_an_internal_note_stays_inside(web):
    sent, _, path = await opened(web)
    answer = await web.post(f"{path}/messages", {"text": "Call her first", "note": "1"})
    assert answer.status_code == 303
    page = await web.get(path)
    assert "Only your team sees this" in page.text
    assert "Call her first" in page.text
    assert len(await web.deliveries(sent.invoice.conversation_id)) == 1


@with_web()
async def test_an_empty_answer_is_shown_again_with_the_reason(web):
    _, _, path = await opened(web)
    answer = await web.post(f"{path}/messages", {"text": ""})
    assert answer.status_code == 422
    assert "A message needs a text or an attachment." in answer.text


@with_web()
async def test_a_conversation_can_be_done_and_reopened(web):
    _, _, path = await opened(web)
    await web.post(f"{path}/status", {"status": "closed"})
    assert "Reopen" in (await web.get(path)).text
    assert path in (await web.get("/inbox?view=done")).text
    await web.post(f"{path}/status", {"status": "open"})
    assert "Mark done" in (await web.get(path)).text
    assert (await web.post(f"{path}/status", {"status": "nonsense"})).status_code == 422


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("fail", "Unverified sender"),
        ("none", "Sender not checked"),
        ("pending", "Sender not checked"),
        ("pass", None),
    ],
)
@with_web()
async def test_doubts_about_a_sender_are_told(web, verdict, words):
    sent, _, path = await opened(web)
    conversation_id = sent.invoice.conversation_id
    text = "Pay to SK31 1200 0000 1987 4263 7541 please."
    await web.receive(conversation_id, text, authentication={"verdict": verdict})
    page = (await web.get(path)).text
    shown = [one for one in ("Unverified sender", "Sender not checked") if one in page]
    assert shown == ([words] if words else [])
    assert ("names a bank account" in page) == (verdict == "fail")


@with_web()
async def test_the_whole_address_of_a_sender_is_shown(web):
    sent, _, path = await opened(web)
    forger = Mailbox("jana@firma.example", "x@evil.example")
    await web.receive(sent.invoice.conversation_id, "Hi", sender=forger)
    assert "jana@firma.example &lt;x@evil.example&gt;" in (await web.get(path)).text


@with_web()
async def test_formatted_mail_is_shown_as_text(web):
    sent, _, path = await opened(web)
    await web.receive(sent.invoice.conversation_id, "Plain", html="<b>bold</b>")
    page = await web.get(path)
    assert "Plain" in page.text
    assert "bold" not in page.text


@with_web()
async def test_a133_what_belongs_to_another_company_is_404(web):
    sent, _, _ = await web.send()
    other = await web.services.companies.add(TenantDraft("Other"))
    await web.sign_in(other.api_key)
    invoice = sent.invoice
    assert (await web.get(f"/inbox/conversations/{invoice.conversation_id}")).status_code == 404
    attachment = f"/inbox/attachments/{invoice.pdf_attachment_id}"
    assert (await web.get(attachment)).status_code == 404
    path = f"/inbox/conversations/{invoice.conversation_id}/messages"
    assert (await web.post(path, {"text": "x"})).status_code == 404


@with_web()
async def test_long_conversations_show_their_end_first(web):
    sent, _, path = await opened(web)
    for number in range(55):
        await web.receive(sent.invoice.conversation_id, f"message number {number}.")
    page = await web.get(path)
    assert "message number 54." in page.text
    assert "message number 2." not in page.text
    assert "message number 2." in (await web.get(f"{path}?all=1")).text


@with_web()
async def test_a_bad_cursor_is_422(web):
    await web.sign_in()
    assert (await web.get("/inbox?cursor=nonsense")).status_code == 422


@with_web(posts_per_minute=2)
async def test_a139_guessing_is_slowed_down(web):
    answers = [await web.sign_in("wrong") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
