"""An answer written in the Inbox: held for a moment, taken back, refused when outdated."""

from datetime import timedelta

import pytest

from gateway.flow.taking_back import take_back
from gateway.ports.queues import Lease
from gateway.store.opening import open_store
from tests.smtp.loops import in_loop
from tests.web import kit
from tests.web.kit import forms, with_web
from tests.web.test_inbox import UNDO, opened

NOBODY_ELSE = Lease("the queue of this test", timedelta(minutes=1))


async def answered(web, path, text="Hello Jana"):
    """Write an answer; gives the message and its delivery."""
    answer = await web.post(f"{path}/messages", {"text": text, "note": ""})
    assert answer.status_code == 303
    message_id = answer.headers["location"].partition("#")[2]
    conversation_id = path.rpartition("/")[2]
    (delivery,) = [d for d in await web.deliveries(conversation_id) if d.message_id == message_id]
    return message_id, delivery


@with_web()
async def test_an_answer_waits_ten_seconds_in_the_queue_and_out_of_the_customers_sight(web):
    _, view, path = await opened(web)
    message_id, delivery = await answered(web, path)
    assert timedelta(seconds=9) < delivery.next_attempt_at - delivery.queued_at <= UNDO
    assert delivery.state == "queued"
    assert "Hello Jana" not in (await web.get(view)).text.replace("Hello Jana,", "")
    page = await web.get(path)
    assert ("post", f"{path}/messages/{message_id}/take-back?view=waiting") in forms(page.text)
    web.context.clock.present += UNDO
    assert "Hello Jana" in (await web.get(view)).text.replace("Hello Jana,", "")
    assert "take-back" not in (await web.get(path)).text


@with_web()
async def test_what_is_taken_back_never_leaves_and_its_text_comes_back(web):
    _, view, path = await opened(web)
    message_id, delivery = await answered(web, path, "Oh no, wrong customer")
    answer = await web.post(f"{path}/messages/{message_id}/take-back?view=open")
    assert answer.headers["location"] == f"{path}?view=open&draft={message_id}#write"
    web.context.clock.present += 2 * UNDO
    assert "wrong customer" not in (await web.get(view)).text
    page = (await web.get(f"{path}?draft={message_id}")).text
    assert ">Oh no, wrong customer</textarea>" in page
    assert "Taken back" in page
    claimed = await web.context.store.write(lambda work: work.deliveries.claim(NOBODY_ELSE, 10))
    assert delivery.id not in [one.id for one in claimed]
    conversation = await web.services.conversing.conversation(web.tenant, path.rpartition("/")[2])
    assert (conversation.status.value, conversation.last_message[:10]) == ("open", "Hello Jana")


@with_web()
async def test_what_has_left_is_not_taken_back(web):
    _, view, path = await opened(web)
    message_id, _ = await answered(web, path)
    web.context.clock.present += UNDO
    answer = await web.post(f"{path}/messages/{message_id}/take-back")
    assert (answer.status_code, "has left already" in answer.text) == (409, True)
    assert (await web.post(f"{path}/messages/msg_x/take-back")).status_code == 404
    assert "Hello Jana" in (await web.get(view)).text.replace("Hello Jana,", "")


@with_web()
async def test_another_message_does_not_refer_to_one_that_was_taken_back(web):
    _, _, path = await opened(web)
    message_id, _ = await answered(web, path)
    await web.post(f"{path}/messages/{message_id}/take-back")
    await answered(web, path, "Better so")
    gone, last = (await web.messages(path.rpartition("/")[2]))[-2:]
    assert gone.message_id not in (*last.references, *last.in_reply_to)


@with_web()
async def test_a_draft_of_another_message_gives_no_text(web):
    sent, _, path = await opened(web)
    message = await web.receive(sent.invoice.conversation_id, "secret words")
    page = (await web.get(f"{path}?draft={message.id}")).text
    assert ">secret words</textarea>" not in page


@with_web()
async def test_an_answer_to_what_was_said_before_asks_once(web):
    sent, _, path = await opened(web)
    conversation_id = sent.invoice.conversation_id
    seen = (await web.messages(conversation_id))[-1].id
    newer = await web.receive(conversation_id, "Forget my question.")
    draft = {"text": "An answer to the question", "seen": seen}
    answer = await web.post(f"{path}/messages", draft)
    assert answer.status_code == 422
    assert "Jana Malá wrote meanwhile." in answer.text
    assert ">An answer to the question</textarea>" in answer.text
    assert f'name="seen" value="{newer.id}"' in answer.text
    answer = await web.post(f"{path}/messages", {**draft, "seen": newer.id})
    assert answer.status_code == 303


@with_web()
async def test_a_note_never_asks(web):
    sent, _, path = await opened(web)
    conversation_id = sent.invoice.conversation_id
    seen = (await web.messages(conversation_id))[-1].id
    await web.receive(conversation_id, "Forget my question.")
    answer = await web.post(f"{path}/messages", {"text": "x", "note": "1", "seen": seen})
    assert answer.status_code == 303


@with_web()
async def test_the_stream_of_the_inbox_is_for_those_who_are_signed_in(web):
    assert (await web.get("/inbox/events")).status_code == 403


@with_web()
async def test_what_was_taken_back_is_not_offered_to_be_sent_anyway(web):
    sent, _, path = await opened(web)
    message_id, _ = await answered(web, path, "To a stopped address")
    await web.settle(sent.invoice.conversation_id, "suppressed")
    await web.post(f"{path}/messages/{message_id}/take-back")
    page = (await web.get(path)).text
    said = page[page.index(f'id="{message_id}"') :].partition("</li>")[0]
    assert "Taken back" in said
    assert "Send anyway" not in said


@pytest.mark.parametrize("taken_back", [True, False], ids=["taken back", "left alone"])
def test_a_restart_within_the_ten_seconds_loses_neither_the_answer_nor_the_undo(
    tmp_path, taken_back
):
    async def journey():
        async with kit.opened(tmp_path) as web:
            _, _, path = await opened(web)
            message_id, delivery = await answered(web, path)
            tenant = web.tenant
        async with open_store(tmp_path / "data") as store:
            services, _ = kit.services_on(store, tmp_path)
            if taken_back:
                await take_back(services.context, tenant, message_id)
            claimed = await store.write(lambda work: work.deliveries.claim(NOBODY_ELSE, 10))
            assert (delivery.id in [one.id for one in claimed]) is not taken_back

    in_loop(journey)()
