"""What the company does about mail that did not arrive, and what else it may set right."""

import pytest

from gateway.rules.model import Reason
from tests.web.kit import HOST, PDF, forms, with_web
from tests.web.test_inbox import opened


def reason(key):
    """A refusal for good."""
    return Reason(key, "some plain words", 550, "5.1.1", "550 5.1.1 no", permanent=True)


async def failed(web, key="no_such_address", state="bounced", **changes):
    """A conversation whose invoice mail failed: its path, and the delivery."""
    sent, view, path = await opened(web, **changes)
    await web.settle(sent.invoice.conversation_id, state, reason(key))
    (delivery,) = await web.deliveries(sent.invoice.conversation_id)
    return sent, view, path, delivery


@pytest.mark.parametrize(
    ("key", "state", "offered"),
    [
        ("no_such_address", "bounced", ["correct"]),
        ("mailbox_full", "expired", ["again"]),
        ("policy", "bounced", ["again"]),
        ("no_such_address", "suppressed", ["correct", "retry"]),
        ("greylisted", "deferred", ["retry"]),
        ("own_login", "deferred", []),
    ],
)
@with_web()
async def test_each_failure_offers_the_step_that_mends_it(web, key, state, offered):
    _, _, path, delivery = await failed(web, key, state)
    page = (await web.get(path)).text
    start = f"{path}/deliveries/{delivery.id}/"
    found = [a.removeprefix(start).partition("?")[0] for _, a in forms(page) if start in a]
    assert found == offered
    assert page.count("Open Email settings") == (1 if key == "own_login" else 0)


@with_web()
async def test_a_full_mailbox_offers_the_chat_link_to_send_another_way(web):
    _, view, path, _ = await failed(web, "mailbox_full")
    page = (await web.get(path)).text
    assert "Copy chat link" in page
    assert f'value="{HOST}{view}"' in page


@with_web()
async def test_mail_is_sent_again_and_the_failure_is_mended(web):
    sent, _, path, delivery = await failed(web, "mailbox_full")
    answer = await web.post(f"{path}/deliveries/{delivery.id}/again?view=not_delivered")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?view=not_delivered")
    old, new = await web.deliveries(sent.invoice.conversation_id)
    assert (old.state, new.state) == ("bounced", "queued")
    assert (new.raw_sha256, new.recipient) == (old.raw_sha256, old.recipient)
    assert new.sender != old.sender
    assert "again" not in [a.rpartition("/")[2] for _, a in forms((await web.get(path)).text)]
    assert (await web.post(f"{path}/deliveries/{new.id}/again")).status_code == 409


@with_web()
async def test_a_corrected_address_gets_the_same_invoice_and_a_link_of_its_own(web):
    sent, view, path, delivery = await failed(web)
    conversation_id = sent.invoice.conversation_id
    right = {"address": "jana.mala@firma.example"}
    assert (await web.post(f"{path}/deliveries/{delivery.id}/correct", right)).status_code == 303
    old, new = await web.deliveries(conversation_id)
    assert (old.state, new.state) == ("bounced", "queued")
    assert new.recipient.address == "jana.mala@firma.example"
    (message,) = await web.messages(conversation_id)
    assert [one.address for one in message.to] == ["jana.mala@firma.example"]
    assert (await web.invoice(sent.invoice.id)).customer["email"] == "jana.mala@firma.example"
    assert (await web.get(view)).status_code == 410
    page = (await web.get(path)).text
    assert "Goes to the chat and by email to jana.mala@firma.example" in page
    people = await web.people(conversation_id)
    person = next(one for one in people if one.role == "customer")
    names, keys = web.context.names, web.context.keys
    window = await web.get(names.chat_url(keys, web.tenant, person).removeprefix(names.public_url))
    assert "Invoice 2026-0142" in window.text


@with_web()
async def test_a_corrected_address_gets_an_answer_with_its_files(web):
    sent, _, path = await opened(web)
    conversation_id = sent.invoice.conversation_id
    files = [("files", ("note.pdf", PDF, "application/pdf"))]
    await web.post(f"{path}/messages", {"text": "Hello Jana"}, files=files)
    await web.settle(conversation_id, "bounced", reason("no_such_address"))
    answer = (await web.messages(conversation_id))[-1]
    (delivery,) = [d for d in await web.deliveries(conversation_id) if d.message_id == answer.id]
    right = {"address": "jana.mala@firma.example"}
    await web.post(f"{path}/deliveries/{delivery.id}/correct", right)
    new = (await web.deliveries(conversation_id))[-1]
    kept = await web.context.store.read(lambda w: w.contents.get(web.tenant.id, new.raw_sha256))
    assert b"Hello Jana" in kept.data
    assert b"note.pdf" in kept.data
    assert b"jana.mala@firma.example" in kept.data


@pytest.mark.parametrize("wrong", ["", "nonsense", "jana@firma.example", "x@reply.test"])
@with_web()
async def test_an_address_that_mends_nothing_is_refused_on_the_page(web, wrong):
    _, _, path, delivery = await failed(web)
    before = await web.snapshot()
    answer = await web.post(f"{path}/deliveries/{delivery.id}/correct", {"address": wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert await web.snapshot() == before


@with_web()
async def test_a_delivery_that_is_not_of_the_company_or_did_not_fail_is_not_mended(web):
    sent, _, path = await opened(web)
    (delivery,) = await web.deliveries(sent.invoice.conversation_id)
    assert (await web.post(f"{path}/deliveries/{delivery.id}/again")).status_code == 409
    assert (await web.post(f"{path}/deliveries/dlv_x/again")).status_code == 404
    assert (await web.post(f"{path}/deliveries/dlv_x/correct", {"address": "a@b.example"})
            ).status_code == 404  # fmt: skip


@with_web()
async def test_marking_as_unread_leads_back_to_the_list(web):
    _, _, path = await opened(web)
    answer = await web.post(f"{path}/unread?view=open")
    assert answer.headers["location"] == "/inbox?view=open"
    assert "<title>(1) Inbox" in (await web.get("/inbox")).text


@with_web()
async def test_the_company_notes_a_payment_and_takes_it_back(web):
    sent, _, path = await opened(web)
    invoice = f"{path}/invoices/{sent.invoice.id}"
    await web.post(f"{invoice}/mark-paid")
    assert (await web.invoice(sent.invoice.id)).status.value == "paid"
    page = (await web.get(path)).text
    assert ">confirmed<" in page
    (payment,) = (await web.invoice(sent.invoice.id)).payments
    await web.post(f"{invoice}/refuse-payment", {"payment_id": payment.id})
    assert (await web.invoice(sent.invoice.id)).status.value == "open"
    assert ">taken back<" in (await web.get(path)).text


@with_web()
async def test_why_a_mail_is_here_and_how_its_sender_was_checked_are_told(web):
    sent, _, path = await opened(web)
    checks = {
        "verdict": "fail",
        "spf": {"result": "pass", "domain": "other.example"},
        "dkim": [{"result": "fail", "domain": "firma.example"}],
        "dmarc": {"result": "fail", "policy": "reject", "domain": "firma.example"},
        "arc": {"result": "none"},
    }
    await web.receive(sent.invoice.conversation_id, "Hello", authentication=checks)
    page = (await web.get(path)).text
    assert "It was sent to the answer address of this conversation." in page
    assert (
        "SPF: pass (other.example) · DKIM: fail (firma.example) · "
        "DMARC: fail (firma.example) · ARC: none"
    ) in page


@with_web()
async def test_the_original_mail_downloads_as_it_is_for_the_company_alone(web):
    sent, _, _ = await opened(web)
    (message,) = await web.messages(sent.invoice.conversation_id)
    path = f"/inbox/messages/{message.id}/original.eml"
    answer = await web.get(path)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert b"View invoice" in answer.content
    assert (await web.get("/inbox/messages/msg_x/original.eml")).status_code == 404
    web.client.cookies.clear()
    assert (await web.get(path)).status_code == 403


@with_web()
async def test_the_customers_other_conversations_and_debts_stand_beside(web):
    _, _, path = await opened(web)
    await web.send(number="2026-0150")
    page = (await web.get(path)).text
    assert "€2,508.00" in page
    assert "Other conversations" in page
    assert "2026-0150" in page
