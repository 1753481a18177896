"""The customer's chat window."""

import re
from dataclasses import replace

import pytest

from gateway.flow.drafts import AnswerDraft, ConversationDraft, Document
from gateway.mail.mailbox import Mailbox
from gateway.rules.model import InvoiceStatus
from tests.web.kit import HOST, PDF, forms, links, with_web

OURS = ['type="module" src="/static/chat.js"']
OUR_INBOX = [
    f'type="module" src="/static/{one}.js"' for one in ("inbox", "keys", "picking", "bell")
]
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


def scripts(text):
    """The attributes of every script element; content hashes taken out of names."""
    found = re.findall(r"<script\s*([^>]*)>", text)
    return [re.sub(r"\.[0-9a-f]{16}\.js", ".js", one) for one in found]


@with_web()
async def test_the_window_shows_the_invoice_and_what_was_written(web):
    sent, view, _ = await web.send()
    conversation_id = sent.invoice.conversation_id
    await web.settle(conversation_id, "delivered")
    await web.receive(conversation_id, "Could you add 4500?", quoted_text="> Hello\n> Jana")
    await web.services.conversing.answer(web.tenant, conversation_id, AnswerDraft("Yes, we can."))
    page = await web.get(view)
    assert page.status_code == 200
    for words in (
        "Invoice 2026-0142",
        "€1,254.00",
        "Due 5 December 2026",
        "SK96 1100 0000 0029 1859 9669",
        "Oak table",
        "Hello Jana,",
        "Novák Joinery sent invoice 2026-0142",
        "Delivered",
        "Could you add 4500?",
        "Show quoted text (2 lines)",
        "by email",
        "Yes, we can.",
        "Waiting to be sent",
        "You write as Jana Malá",
    ):
        assert words in page.text, words
    assert f"{view}/invoices/{sent.invoice.id}/paid" in links(page.text)


@with_web()
async def test_the_journey_needs_no_script(web):
    sent, view, _ = await web.send()
    page = await web.get(view)
    assert scripts(page.text) == OURS
    client_id = re.search(r'name="client_id" value="([^"]+)"', page.text)[1]
    assert ("post", f"{view}/messages") in forms(page.text)
    form = {"text": "Dobrý deň,\r\nžiadna diakritika?", "client_id": client_id}
    answer = await web.post(f"{view}/messages", form, files={"files": ("", b"")})
    assert answer.status_code == 303
    message = (await web.messages(sent.invoice.conversation_id))[-1]
    assert answer.headers["location"] == f"{view}#{message.id}"
    assert message.text == "Dobrý deň,\nžiadna diakritika?"
    page = await web.get(view)
    assert "žiadna diakritika?" in page.text
    assert f'id="{message.id}"' in page.text
    assert "in the chat" in page.text


@with_web()
async def test_a129_the_same_form_twice_gives_one_message(web):
    sent, view, _ = await web.send()
    form = {"text": "Once", "client_id": "abc"}
    first = await web.post(f"{view}/messages", form)
    again = await web.post(f"{view}/messages", form)
    assert first.headers["location"] == again.headers["location"]
    assert len(await web.messages(sent.invoice.conversation_id)) == 2


@with_web()
async def test_a_file_comes_along_and_can_be_downloaded(web):
    sent, view, _ = await web.send()
    files = [("files", ("Účet č. 1.png", b"\x89PNG" * 100_000, "image/png"))]
    answer = await web.post(f"{view}/messages", {"text": ""}, files=files)
    assert answer.status_code == 303
    attachment = (await web.messages(sent.invoice.conversation_id))[-1].attachments[0]
    page = await web.get(view)
    assert "Účet č. 1.png" in page.text
    download = await web.get(f"{view}/attachments/{attachment.id}")
    assert download.content == b"\x89PNG" * 100_000
    assert download.headers["content-type"] == "image/png"
    assert download.headers["content-disposition"] == (
        "attachment; filename=\"Ucet c. 1.png\"; filename*=UTF-8''%C3%9A%C4%8Det%20%C4%8D.%201.png"
    )
    assert list(web.services.uploads.iterdir()) == []


@with_web()
async def test_a_message_without_words_is_shown_again_with_the_reason(web):
    sent, view, _ = await web.send()
    answer = await web.post(f"{view}/messages", {"text": "  "})
    assert answer.status_code == 422
    assert "Write something, or attach a file." in answer.text
    assert len(await web.messages(sent.invoice.conversation_id)) == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("invoice.exe", b"x", "programs"),
        ("invoice.pdf.EXE", b"x", "programs"),
        ("invoice.pdf", b"MZ\x90\0", "programs"),
        ("run.ps1", b"x", "programs"),
        ("table.xlsm", b"x", "macros"),
        ("table.docx", b"PK\x03\x04....word/vbaProject.bin", "macros"),
        ("old.doc", b"\xd0\xcf\x11\xe0" + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
    ],
)
@with_web()
async def test_a95_dangerous_files_are_refused_and_the_text_is_kept(web, name, content, reason):
    sent, view, _ = await web.send()
    files = [("files", (name, content, "application/pdf"))]
    answer = await web.post(f"{view}/messages", {"text": "My words"}, files=files)
    assert answer.status_code == 422
    assert name in answer.text
    assert reason in answer.text
    assert len(await web.messages(sent.invoice.conversation_id)) == 1


@with_web(upload_files=2, upload_bytes=1_000_000)
async def test_too_many_or_too_large_files_are_refused(web):
    sent, view, _ = await web.send()
    three = [("files", (f"{n}.txt", b"x", "text/plain")) for n in range(3)]
    large = [("files", ("a.bin", b"x" * 1_300_000, "application/octet-stream"))]
    together = [("files", (f"{n}.bin", b"x" * 600_000, "x/y")) for n in range(2)]
    for files in (three, large, together):
        answer = await web.post(f"{view}/messages", {"text": "x"}, files=files)
        assert answer.status_code == 413
    assert len(await web.messages(sent.invoice.conversation_id)) == 1
    assert list(web.services.uploads.iterdir()) == []


@with_web()
async def test_a88_a89_hostile_words_stay_words(web):
    sent, view, _ = await web.send(
        number="A-1",
        customer=Mailbox(HOSTILE, "jana@firma.example"),
        message=HOSTILE,
        subject=None,
        lines=({"description": HOSTILE, "amount": HOSTILE},),
        payment={"iban": HOSTILE, "reference": HOSTILE, "url": f"javascript:{HOSTILE}"},
        attachments=(Document(f"{HOSTILE}.pdf", "application/pdf", PDF),),
    )
    conversation_id = sent.invoice.conversation_id
    await web.receive(conversation_id, HOSTILE, quoted_text=HOSTILE, signature=HOSTILE)
    await web.services.visits.write(view.rpartition("/")[2], HOSTILE, ())
    await web.sign_in()
    for path in (
        view,
        f"{view}/invoices/{sent.invoice.id}",
        f"{view}/invoices/{sent.invoice.id}/paid",
        "/inbox",
        f"/inbox/conversations/{conversation_id}",
    ):
        page = await web.get(path)
        assert page.status_code == 200
        assert scripts(page.text) in ([], OURS, OUR_INBOX)
        assert "<img" not in page.text
        assert "javascript:" not in " ".join(links(page.text))
        assert "{{7*7}}" in page.text or path.endswith(("/inbox", "/paid"))


@with_web()
async def test_a28_a37_a_stranger_is_hidden_until_the_company_approves(web):
    sent, view, _ = await web.send()
    conversation_id = sent.invoice.conversation_id
    stranger = Mailbox("Jana Malá", "jana@evil.example")
    await web.receive(conversation_id, "New bank account!", sender=stranger)
    assert "New bank account!" not in (await web.get(view)).text
    await web.sign_in()
    path = f"/inbox/conversations/{conversation_id}"
    assert "New address" in (await web.get(path)).text
    await web.post(f"{path}/approve-sender", {"address": stranger.address})
    assert "New bank account!" in (await web.get(view)).text


@with_web()
async def test_notes_of_the_company_stay_with_the_company(web):
    sent, view, _ = await web.send()
    note = AnswerDraft("Is she solvent?", note=True)
    await web.services.conversing.answer(web.tenant, sent.invoice.conversation_id, note)
    assert "solvent" not in (await web.get(view)).text


@with_web()
async def test_a126_the_pdf_link_downloads_and_nothing_else(web):
    sent, view, pdf = await web.send()
    for path in (pdf, f"{view}/invoices/{sent.invoice.id}/pdf"):
        download = await web.get(path)
        assert (download.status_code, download.content) == (200, PDF)
        assert download.headers["content-type"] == "application/pdf"
        assert download.headers["content-disposition"].startswith("attachment;")
        head = await web.client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(PDF))
    assert (await web.get(f"{pdf}/more")).status_code == 404
    assert (await web.get(f"/c/{pdf.rpartition('/')[2]}")).status_code == 404


@with_web()
async def test_a127_looking_changes_nothing(web):
    sent, view, pdf = await web.send()
    conversation_id = sent.invoice.conversation_id
    await web.receive(conversation_id, "Hello", attachments=())
    url, _ = await web.services.companies.sign_in_link(web.tenant.id)
    await web.sign_in()
    paths = [view, pdf, "/inbox", "/", url.removeprefix(HOST), "/inbox?view=unread"]
    paths += [f"/inbox/conversations/{conversation_id}", "/inbox/sign-out", f"{view}/messages"]
    seen: set[str] = set()
    before = await web.snapshot()
    while paths:
        path = paths.pop()
        if path in seen:
            continue
        seen.add(path)
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            answer = await web.client.request(method, path)
            assert answer.status_code < 500
        if answer.headers.get("content-type", "").startswith("text/html"):
            paths += [link for link in links(answer.text) if link.startswith("/")]
            paths += [action for _, action in forms(answer.text)]
    assert len(seen) > 15
    assert await web.snapshot() == before


@pytest.mark.parametrize("token", ["x", "c" * 42, "%00", "é", "a" * 3000])
@with_web()
async def test_a124_an_unknown_link_is_404(web, token):
    for path in (f"/c/{token}", f"/c/{token}/attachments/att_x", f"/d/{token}"):
        answer = await web.get(path)
        assert answer.status_code == 404
        assert "We don&#39;t know this link" in answer.text
    assert (await web.post(f"/c/{token}/messages", {"text": "x"})).status_code == 404


@with_web()
async def test_a125_a_revoked_link_is_410(web):
    sent, view, pdf = await web.send()
    (person,) = await web.people(sent.invoice.conversation_id)
    await web.context.store.write(
        lambda work: work.conversations.change_participant(replace(person, revoked=True))
    )
    for path in (view, pdf, f"{view}/invoices/{sent.invoice.id}"):
        answer = await web.get(path)
        assert answer.status_code == 410
        assert "This link has expired" in answer.text
    assert (await web.post(f"{view}/messages", {"text": "x"})).status_code == 410


@with_web()
async def test_a126_documents_of_others_are_404(web):
    _, view, _ = await web.send()
    other, _, _ = await web.send(number="2", customer=Mailbox("Eva", "eva@other.example"))
    attachment = other.invoice.pdf_attachment_id
    assert (await web.get(f"{view}/attachments/{attachment}")).status_code == 404
    for ending in ("", "/pdf", "/paid"):
        path = f"{view}/invoices/{other.invoice.id}{ending}"
        assert (await web.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": HOST}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": HOST}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
    ],
)
@with_web()
async def test_a128_only_our_own_forms_and_no_browsers_may_post(web, headers, status):
    _, view, _ = await web.send()
    answer = await web.client.post(f"{view}/messages", data={"text": "x"}, headers=headers)
    assert answer.status_code == status


@with_web(posts_per_minute=3)
async def test_a_flood_of_messages_is_slowed_down(web):
    _, view, _ = await web.send()
    answers = [await web.post(f"{view}/messages", {"text": str(n)}) for n in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert answers[-1].headers["retry-after"] == "60"


@with_web()
async def test_a_conversation_without_an_invoice_has_its_subject_as_title(web):
    draft = ConversationDraft("Your order", Mailbox("", "jana@firma.example"), "Hello")
    conversation, _ = await web.services.conversing.begin(web.tenant, draft)
    (person,) = await web.people(conversation.id)
    names, keys = web.context.names, web.context.keys
    page = await web.get(names.chat_url(keys, web.tenant, person))
    assert '<h1 id="conversation">Your order</h1>' in page.text
    assert "You write as jana@firma.example" in page.text


@with_web()
async def test_long_conversations_show_their_end_first(web):
    sent, view, _ = await web.send()
    for number in range(55):
        await web.receive(sent.invoice.conversation_id, f"message number {number}.")
    page = await web.get(view)
    assert "message number 54." in page.text
    assert "message number 2." not in page.text
    assert "message number 2." in (await web.get(f"{view}?all=1")).text


@with_web()
async def test_a_cancelled_invoice_asks_for_nothing(web):
    sent, view, _ = await web.send()
    cancelled = await web.services.billing.cancel(web.tenant, sent.invoice.id)
    assert cancelled.status is InvoiceStatus.CANCELLED
    page = await web.get(view)
    assert "Cancelled" in page.text
    assert "IBAN" not in page.text
    assert "Mark as paid" not in page.text


@with_web()
async def test_a_bank_account_that_is_new_is_told_of_and_the_usual_one_is_not(web):
    words = "The bank account differs from the one on our earlier invoices."
    _, first, _ = await web.send()
    _, same, _ = await web.send(number="2")
    _, other, _ = await web.send(number="3", payment={"iban": "DE89370400440532013000"})
    _, again, _ = await web.send(number="4", payment={"iban": "DE89 3704 0044 0532 0130 00"})
    told = [words in (await web.get(view)).text for view in (first, same, other, again)]
    assert told == [False, False, True, False]
