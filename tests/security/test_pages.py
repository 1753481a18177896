"""Attacks on pages: forms of others, haste, other people's invoices, borrowed names of hosts."""

import asyncio
import re
import time
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from gateway.flow.drafts import Document, TenantDraft
from gateway.mail.html_clean import clean
from gateway.mail.mailbox import Mailbox
from gateway.ports.lists import Page
from gateway.rules.model import Attachment
from gateway.runtime.http.guesses import Guesses
from gateway.web.app import build_web
from gateway.web.wording import wording
from tests.web.kit import HOST, PDF, forms, links, with_web

# Not forms: a provider's signed notice.
SIGNED = {"/hooks/stripe/{tenant}"}
REVERSED = "gpj.\u202eexe"


def posts(web):
    """The path of every route of the pages that takes a form."""
    return {one.path for one in build_web(web.services) if set(one.methods or ()) == {"POST"}}


def cleaned(html):
    """HTML as reading leaves it."""
    found = clean(html)
    assert found is not None
    return found.html


async def event_kinds(web):
    """How many events of each kind the company was told of."""
    listed = await web.context.store.read(lambda work: work.events.after(web.tenant.id, 0))
    return Counter(one.type for one in listed)


@with_web()
async def test_a128_no_form_at_all_is_taken_from_another_site(web):
    sent, view, _ = await web.send()
    await web.sign_in()
    known = {
        "token": view.rpartition("/")[2],
        "invoice": sent.invoice.id,
        "conversation": sent.invoice.conversation_id,
    }
    paths = posts(web) - SIGNED
    assert len(paths) > 40
    before = await web.snapshot()
    for path in sorted(paths):
        full = re.sub(r"{(\w+)(:\w+)?}", lambda one: known.get(one[1], "x"), path)
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
            {"Sec-Fetch-Site": "same-site", "Origin": HOST},
        ):
            answer = await web.client.post(full, content=b"a=b", headers=headers)
            assert answer.status_code == 403, (path, headers)
    assert await web.snapshot() == before


@with_web()
async def test_a129_fifty_claims_at_once_are_one_claim_and_one_event(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/paid"
    form = {"method": "transfer", "amount": "1254.00"}
    answers = await asyncio.gather(*(web.post(path, form) for _ in range(50)))
    assert Counter(one.status_code for one in answers) == {303: 1, 409: 49}
    assert len((await web.invoice(sent.invoice.id)).payments) == 1
    assert (await event_kinds(web))["payment.claimed"] == 1


@with_web()
async def test_a129_fifty_times_the_same_message_at_once_is_one_message(web):
    sent, view, _ = await web.send()
    form = {"text": "Once", "client_id": "abc"}
    answers = await asyncio.gather(*(web.post(f"{view}/messages", form) for _ in range(50)))
    assert {one.status_code for one in answers} == {303}
    assert len({one.headers["location"] for one in answers}) == 1
    assert len(await web.messages(sent.invoice.conversation_id)) == 2
    assert (await event_kinds(web))["message.received"] == 1


@pytest.mark.parametrize("amount", ["1e3", "1" + "0" * 30, "NaN", "Infinity", "0x10", "٣"])
@with_web()
async def test_a130_an_amount_that_is_none_is_refused(web, amount):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/paid"
    answer = await web.post(path, {"method": "transfer", "amount": amount})
    assert answer.status_code in {409, 422}
    assert (await web.invoice(sent.invoice.id)).payments == ()


@with_web()
async def test_a130_what_a_form_may_not_say_is_not_heard(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/paid"
    forged = {"currency": "USD", "confirmed": "true", "by": "provider", "invoice_id": "inv_x"}
    await web.post(path, {"method": "cash", "amount": "10", **forged})
    invoice = await web.invoice(sent.invoice.id)
    (payment,) = invoice.payments
    said = (payment.invoice_id, payment.by, payment.confirmed, invoice.currency)
    assert said == (sent.invoice.id, "customer", False, "EUR")


@with_web()
async def test_a126_a130_nothing_can_be_done_about_others_invoices(web):
    _, view, _ = await web.send(payment={"url": "https://pay.example/1"})
    other, other_view, _ = await web.send(number="2", customer=Mailbox("Eva", "eva@x.example"))
    await web.post(f"{other_view}/invoices/{other.invoice.id}/paid", {"method": "cash"})
    before = await web.snapshot()
    base = f"{view}/invoices/{other.invoice.id}"
    endings = {path.partition("/{invoice}")[2] for path in posts(web) if "{invoice}" in path}
    endings = {one for one in endings if f"/c/{{token}}/invoices/{{invoice}}{one}" in posts(web)}
    assert endings >= {"/paid", "/paid/undo", "/pay", "/receipt", "/promise"}
    for ending in endings:
        answer = await web.post(base + ending, {"method": "cash", "promised_on": "2026-12-01"})
        assert answer.status_code == 404, ending
    assert await web.snapshot() == before


@with_web(unknown_links=Guesses(lambda: (10, timedelta(minutes=10)), delay=0.001))
async def test_a124_wrong_links_are_told_apart_by_nothing_and_are_slowed_down(web):
    _, view, _ = await web.send()
    token = view.rpartition("/")[2]
    close = token[:-1] + ("a" if token[-1] != "a" else "b")
    answers = [await web.get(f"/c/{one}") for one in (close, "c" * len(token), "x", "c-1", token)]
    assert [one.status_code for one in answers] == [404, 404, 404, 404, 200]
    assert len({one.text for one in answers[:4]}) == 1
    more = [(await web.get(f"/c/{close[:-2]}{number:02}")).status_code for number in range(12)]
    assert (more[0], more[-1]) == (404, 429)
    # Who has a link of ours gets in all the same.
    assert (await web.get(view)).status_code == 200


@with_web()
async def test_a125_a_link_that_ended_says_nothing_of_what_it_led_to(web):
    sent, view, pdf = await web.send()
    await web.receive(sent.invoice.conversation_id, "My account is locked")
    (person,) = await web.people(sent.invoice.conversation_id)
    await web.context.store.write(
        lambda work: work.conversations.change_participant(replace(person, revoked=True))
    )
    for path in (view, pdf, f"{view}/invoices/{sent.invoice.id}", f"{view}/events"):
        answer = await web.get(path)
        assert answer.status_code == 410
        for secret in ("2026-0142", "1,254", "SK96", "Jana", "firma.example", "locked", "Novák"):
            assert secret not in answer.text, (path, secret)


@with_web()
async def test_a122_a131_the_policy_names_no_other_host_and_nobody_may_frame_us(web):
    _, view, _ = await web.send()
    answer = await web.get(view)
    policy = dict(
        (part.strip().partition(" ")[::2])
        for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == policy["script-src"] == policy["style-src"] == "'self'"
    sources = {source for value in policy.values() for source in value.split()}
    assert sources == {"'none'", "'self'", "'script'"}


@with_web()
async def test_a115_no_page_and_no_mail_believes_the_host_that_was_asked_for(web):
    sent, view, _ = await web.send()
    for headers in (
        {"Host": "evil.test"},
        {"Host": "mail.example.com", "X-Forwarded-Host": "evil.test"},
    ):
        for path in (view, f"{view}/invoices/{sent.invoice.id}/share", "/genuine", "/c/unknown"):
            assert "evil.test" not in (await web.get(path, headers=headers)).text
    assert await web.client.post(
        f"{view}/messages", data={"text": "Hello"}, headers={"Host": "evil.test"}
    )
    rows = await web.snapshot()
    assert not [name for name, content in rows.items() if "evil.test" in repr(content)]


@with_web()
async def test_a120_a_method_is_what_the_request_line_says(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/paid"
    before = await web.snapshot()
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = await web.get(f"{path}?_method=POST&method=cash", headers={name: "POST"})
        assert answer.status_code == 200
    assert (await web.get(view, headers={"Upgrade": "websocket"})).status_code == 200
    assert await web.snapshot() == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"&".join(b"a=b" for _ in range(60_000)), "too many fields", id="fields"),
        pytest.param(b";" * 200_000, "Write something", id="semicolons"),
        pytest.param(b"a=" + b"%00" * 60_000, "Write something", id="NULs"),
    ],
)
@with_web()
async def test_a117_a_form_beyond_measure_costs_little(web, body, words):
    _, view, _ = await web.send()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    begun = time.process_time()
    answer = await web.client.post(f"{view}/messages", content=body, headers=headers)
    assert time.process_time() - begun < 1
    assert (answer.status_code, words in answer.text) == (422, True)
    more = await web.client.post(f"{view}/messages", content=body * 2, headers=headers)
    assert more.status_code == 413


@with_web()
async def test_a96_a_zip_of_hostile_names_unpacks_where_it_stands(web):
    names = ("../../etc/passwd", "..\\..\\x", "/abs", "C:\\x", ".", "CON", "a/b", "a/b", "é" * 300)
    documents = tuple(Document(name, "text/plain", PDF) for name in names)
    _, view, _ = await web.send(attachments=documents)
    answer = await web.get(f"{view}/attachments.zip")
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        found = archive.namelist()
    assert len(found) == len({name.casefold() for name in found}) >= len(names)
    for name in found:
        assert not set(name) & set("/\\:\0")
        assert name.strip(". ")
        assert len(name.encode()) <= 255


@with_web()
async def test_a88_what_is_written_in_the_chat_is_words_and_no_link(web):
    _, view, _ = await web.send()
    texts = (
        "[pay](javascript:alert(1)) <javascript:alert(1)> https://evil.example/pay",
        REVERSED,
        "😀" * 25_000,
        "<b>bold</b> <svg onload=alert(1)> {% raw %}",
    )
    for text in texts:
        answer = await web.post(f"{view}/messages", {"text": text}, files={"files": ("", b"")})
        assert answer.status_code == 303
    page = (await web.get(view)).text
    assert not [one for one in links(page) if "javascript" in one or "evil" in one]
    assert "&lt;svg onload=alert(1)&gt;" in page
    assert "<svg onload" not in page
    assert "<b>" not in page
    assert "&lt;b&gt;bold" in page


@with_web()
async def test_a87_a_picture_is_one_of_its_own_mail(web):
    sent, _, _ = await web.send()
    conversation_id = sent.invoice.conversation_id
    kept = await web.context.blobs.keep(web.tenant.id, b"\x89PNG\r\n\x1a\nsecret")
    await web.context.store.write(lambda work: work.contents.add(kept))
    other = "msg_0123456789abcdefghijklmn"
    picture = Attachment(
        "att_1", web.tenant.id, other, "a.png", "image/png", kept.size, kept.sha256,
        inline=True, content_id="logo",
    )  # fmt: skip
    await web.receive(conversation_id, "x", attachments=(picture,), id=other)
    html = cleaned('<p>See</p><img src="cid:logo"><img src="cid:att_1"><img src="mid:a/logo">')
    message = await web.receive(conversation_id, "See", html=html)
    await web.sign_in()
    shown = (await web.get(f"/inbox/messages/{message.id}/formatted")).text
    assert "See" in shown
    for trace in ("data:image", "cid:", "mid:", "att_1"):
        assert trace not in shown


@with_web()
async def test_a90_the_inbox_says_that_a_mail_has_another_form_than_the_one_it_shows(web):
    sent, _, _ = await web.send()
    html = "<p>Please pay to SK31 1200</p>"
    await web.receive(sent.invoice.conversation_id, "fine", html=html)
    await web.receive(sent.invoice.conversation_id, "plain alone")
    await web.sign_in()
    page = (await web.get(f"/inbox/conversations/{sent.invoice.conversation_id}")).text
    assert "SK31" not in page
    assert page.count("/formatted") >= 1
    assert page.count(wording("en").text("Show formatted")) == 1


@with_web()
async def test_a126_a_company_is_nobody_to_anothers_links(web):
    sent, _, _ = await web.send()
    other = await web.services.companies.add(TenantDraft("Other"))
    await web.sign_in(other.api_key)
    path = f"/inbox/conversations/{sent.invoice.conversation_id}"
    assert (await web.get(path)).status_code == 404
    messages = await web.context.store.read(
        lambda work: work.messages.of_conversation(
            other.tenant.id, sent.invoice.conversation_id, Page(9)
        )
    )
    assert list(messages.items) == []


@with_web()
async def test_a127_no_kind_of_looking_ahead_changes_anything(web):
    sent, view, pdf = await web.send()
    await web.services.companies.change(web.tenant.id, {"pages": {"track_views": True}})
    base = f"{view}/invoices/{sent.invoice.id}"
    paths = {view, pdf, base, *links((await web.get(view)).text)}
    paths |= {action for _, action in forms((await web.get(view)).text)}
    paths |= {f"{base}/viewed", f"{base}/paid/undo", f"{base}/pay", f"{view}/new-link"}
    paths = {one for one in paths if one.startswith("/")}
    before = await web.snapshot()
    for path in sorted(paths):
        for method in ("GET", "HEAD", "OPTIONS"):
            for headers in ({"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {}):
                answer = await web.client.request(method, path, headers=headers)
                assert answer.status_code < 500
    assert len(paths) > 8
    assert await web.snapshot() == before
