"""Several conversations at once, selected in the list."""

import pytest

from gateway.flow.drafts import TenantDraft
from gateway.rules.model import ConversationStatus
from tests.web.kit import forms, with_web


async def statuses(web, *sent):
    def look(work):
        found = [work.conversations.get(web.tenant.id, one.invoice.conversation_id) for one in sent]
        return [(one.status, one.unread) for one in found]

    return await web.context.store.read(look)


async def three(web):
    await web.sign_in()
    return [(await web.send(number=f"2026-01{n}"))[0] for n in (50, 51, 52)]


@pytest.mark.parametrize(
    ("do", "status", "unread"),
    [
        ("done", ConversationStatus.CLOSED, 1),
        ("wait", ConversationStatus.WAITING, 1),
        ("read", ConversationStatus.OPEN, 0),
        ("unread", ConversationStatus.OPEN, 1),
    ],
)
@with_web()
async def test_what_is_done_to_those_selected_is_done_to_them_alone(web, do, status, unread):
    first, second, other = sent = await three(web)
    for one in sent:
        await web.receive(one.invoice.conversation_id, "A question.")
        await web.services.conversing.change(
            web.tenant, one.invoice.conversation_id, status=ConversationStatus.OPEN
        )
    chosen = {one.invoice.conversation_id: "1" for one in (first, second)}
    answer = await web.post("/inbox/several?view=open", {**chosen, "do": do})
    assert answer.headers["location"] == "/inbox?view=open"
    changed = (status, unread)
    assert await statuses(web, *sent) == [changed, changed, (ConversationStatus.OPEN, 1)]
    assert other.invoice.conversation_id not in chosen


@with_web()
async def test_each_row_of_the_list_has_a_box_that_names_its_conversation(web):
    sent = await three(web)
    page = (await web.get("/inbox?view=waiting")).text
    assert ("post", "/inbox/several?view=waiting") in forms(page)
    for one in sent:
        box = f'type="checkbox" form="several" name="{one.invoice.conversation_id}"'
        assert box in page


@pytest.mark.parametrize("fields", [{"do": "done"}, {"do": "burn", "cnv_x": "1"}])
@with_web()
async def test_nothing_selected_and_unknown_actions_are_refused(web, fields):
    await three(web)
    assert (await web.post("/inbox/several", fields)).status_code == 422


@with_web()
async def test_another_companys_conversation_is_as_unknown_as_a_made_up_one(web):
    other = await web.services.companies.add(TenantDraft("Other Ltd"))
    await web.sign_in(other.api_key)
    sent, _, _ = await web.send()
    before = await web.snapshot()
    ids = (sent.invoice.conversation_id, "cnv_nothing")
    answers = [await web.post("/inbox/several", {one: "1", "do": "done"}) for one in ids]
    assert [one.status_code for one in answers] == [404, 404]
    assert await web.snapshot() == before
