"""What stands in the wrong conversation gets its right place."""

import pytest

from gateway.flow.drafts import TenantDraft
from tests.web.kit import forms, with_web
from tests.web.test_inbox import opened


@with_web()
async def test_a_message_gets_a_conversation_of_its_own(web):
    sent, _, path = await opened(web)
    message = await web.receive(sent.invoice.conversation_id, "About something else.")
    page = (await web.get(path)).text
    action = f"{path}/messages/{message.id}/move"
    assert ("post", f"{action}?view=open") in forms(page)
    answer = await web.post(action, {"into": "", "number": ""})
    place = answer.headers["location"].partition("#")[0]
    assert place != path
    assert f'id="{message.id}"' in (await web.get(place)).text
    assert f'id="{message.id}"' not in (await web.get(path)).text


@pytest.mark.parametrize("by", ["into", "number"])
@with_web()
async def test_a_message_moves_into_another_conversation_chosen_or_named_by_a_number(web, by):
    sent, _, path = await opened(web)
    other, _, _ = await web.send(number="2026-0150")
    message = await web.receive(sent.invoice.conversation_id, "About the other invoice.")
    goal = {"into": other.invoice.conversation_id, "number": "2026-0150"}[by]
    answer = await web.post(f"{path}/messages/{message.id}/move", {by: goal})
    there = f"/inbox/conversations/{other.invoice.conversation_id}"
    assert answer.headers["location"] == f"{there}#{message.id}"
    assert "About the other invoice." in (await web.get(there)).text


@with_web()
async def test_a_conversation_is_merged_into_another_and_its_old_place_leads_there(web):
    sent, _, path = await opened(web)
    other, _, _ = await web.send(number="2026-0150")
    await web.receive(sent.invoice.conversation_id, "The oak table wobbles.")
    there = f"/inbox/conversations/{other.invoice.conversation_id}"
    answer = await web.post(f"{path}/merge", {"number": "2026-0150"})
    assert answer.headers["location"] == there
    for place in (there, path):
        assert "The oak table wobbles." in (await web.get(place)).text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose the conversation"),
        ({"number": "9999"}, "There is no document 9999"),
        ({"into": "cnv_x"}, "There is no document"),
        ({"number": "2026-0142"}, "into itself"),
    ],
)
@with_web()
async def test_a_wrong_goal_is_told_on_the_page_and_moves_nothing(web, form, words):
    _, _, path = await opened(web)
    before = await web.snapshot()
    answer = await web.post(f"{path}/merge", form)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert await web.snapshot() == before


@with_web()
async def test_nothing_moves_to_another_company_or_by_a_reader(web):
    sent, _, path = await opened(web)
    message = await web.receive(sent.invoice.conversation_id, "x")
    other = await web.services.companies.add(TenantDraft("Other"))
    _, reader = await web.services.companies.add_key(web.tenant.id, ("inbox:read",))
    before = await web.snapshot()
    for key, status in ((other.api_key, 404), (reader, 403)):
        await web.sign_in(key)
        answer = await web.post(f"{path}/messages/{message.id}/move", {"into": ""})
        assert answer.status_code == status
    assert (await web.messages(sent.invoice.conversation_id))[-1].id == message.id
    assert before["message"] == (await web.snapshot())["message"]
