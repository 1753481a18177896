"""An answer by mail that nobody could verify: shown as a draft, sent once or discarded."""

import asyncio

import pytest

from gateway.flow.staff_answers import DRAFT, as_staff_answer
from gateway.mail.mailbox import Mailbox
from gateway.rules.model import Direction
from tests.web.kit import forms, with_web
from tests.web.test_inbox import UNDO, opened

EVA = Mailbox("Eva", "eva@novak.example")
WORDS = "Answer by mail, not verified: from Eva &lt;eva@novak.example&gt;"


async def drafted(web, text="Yes, it is blue."):
    """A conversation with a draft; gives the customer's window, its path and the draft."""
    sent, view, path = await opened(web)
    message = await web.receive(sent.invoice.conversation_id, text, sender=EVA)
    draft = as_staff_answer(message, verify=False)
    await web.context.store.write(lambda work: work.messages.change(draft))
    return view, path, draft


async def answers(web, path, text="Yes, it is blue."):
    listed = await web.messages(path.rpartition("/")[2])
    return [m for m in listed if m.direction is Direction.OUT and m.text == text]


def buttons(path, draft):
    return [("post", f"{path}/messages/{draft.id}/{one}?view=open") for one in ("send", "discard")]


@with_web()
async def test_a_draft_is_told_from_a_note_and_can_be_sent_or_discarded(web):
    _, path, draft = await drafted(web)
    page = (await web.get(path)).text
    assert WORDS in page
    assert [one for one in forms(page) if one in buttons(path, draft)] == buttons(path, draft)


@with_web()
async def test_a_draft_is_sent_once_as_the_answer_of_the_company(web):
    view, path, draft = await drafted(web)
    answer = await web.post(f"{path}/messages/{draft.id}/send")
    (sent,) = await answers(web, path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}#{sent.id}")
    (delivery,) = [
        one for one in await web.deliveries(sent.conversation_id) if one.message_id == sent.id
    ]
    assert delivery.recipient.address == "jana@firma.example"
    again = await web.post(f"{path}/messages/{draft.id}/send")
    assert (again.status_code, "was sent already" in again.text) == (409, True)
    assert len(await answers(web, path)) == 1
    assert (await web.post(f"{path}/messages/{draft.id}/discard")).status_code == 409
    page = (await web.get(path)).text
    assert "Answer by mail, sent: from Eva" in page
    assert f"{draft.id}/send" not in page
    web.context.clock.present += UNDO
    shown = (await web.get(view)).text
    assert shown.count("Yes, it is blue.") == 1
    assert "eva@novak.example" not in shown


@with_web()
async def test_two_who_press_at_once_send_one_answer(web):
    _, path, draft = await drafted(web)
    pressed = [web.post(f"{path}/messages/{draft.id}/send") for _ in range(2)]
    assert sorted([one.status_code for one in await asyncio.gather(*pressed)]) == [303, 409]
    assert len(await answers(web, path)) == 1


@with_web()
async def test_a_discarded_draft_stays_to_be_read_and_is_never_sent(web):
    _, path, draft = await drafted(web)
    assert (await web.post(f"{path}/messages/{draft.id}/discard")).status_code == 303
    refused = await web.post(f"{path}/messages/{draft.id}/send")
    assert (refused.status_code, "was discarded already" in refused.text) == (409, True)
    page = (await web.get(path)).text
    assert "Answer by mail, discarded: from Eva" in page
    assert "Yes, it is blue." in page
    assert await answers(web, path) == []


@with_web()
async def test_an_empty_draft_is_not_sent_and_stays_one(web):
    _, path, draft = await drafted(web, "")
    answer = await web.post(f"{path}/messages/{draft.id}/send")
    assert (answer.status_code, "needs a text" in answer.text) == (422, True)
    (kept,) = [m for m in await web.messages(draft.conversation_id) if m.id == draft.id]
    assert kept.kind == DRAFT


@with_web()
async def test_who_may_only_read_sees_the_draft_without_buttons(web):
    _, path, draft = await drafted(web)
    _, reader = await web.services.companies.add_key(web.tenant.id, ("inbox:read",))
    await web.sign_in(reader)
    page = (await web.get(path)).text
    assert (WORDS in page, f"{draft.id}/send" in page) == (True, False)
    for one in ("send", "discard"):
        assert (await web.post(f"{path}/messages/{draft.id}/{one}")).status_code == 403


@pytest.mark.parametrize("one", ["send", "discard"])
@with_web()
async def test_only_a_draft_is_settled(web, one):
    sent, _, path = await opened(web)
    message = await web.receive(sent.invoice.conversation_id, "Is it blue?")
    for unknown in (message.id, "msg_x"):
        assert (await web.post(f"{path}/messages/{unknown}/{one}")).status_code == 404
