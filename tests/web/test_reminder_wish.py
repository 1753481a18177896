"""`/u/{token}`: a customer who wants no reminders."""

import pytest

from gateway.rules.tokens import PersonRef, reminders_token
from tests.web.kit import with_web


async def link(web):
    sent, _, _ = await web.send()
    context = web.services.context
    people = await context.store.read(
        lambda work: work.conversations.participants(web.tenant.id, sent.invoice.conversation_id)
    )
    token = reminders_token(context.keys, PersonRef(web.tenant.number, people[0].ref))
    return f"/u/{token}", token


async def is_stopped(web, token):
    return (await web.services.reminder_wishes.of(token)).stopped


@with_web()
async def test_looking_at_the_link_stops_nothing(web):
    path, token = await link(web)
    answer = await web.get(path)
    assert (answer.status_code, "Stop reminders" in answer.text) == (200, True)
    assert not await is_stopped(web, token)


@with_web()
async def test_a_click_in_the_mail_program_stops_them_without_a_page(web):
    path, token = await link(web)
    answer = await web.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.text) == (200, "Done")
    assert await is_stopped(web, token)


@with_web()
async def test_on_the_page_they_are_stopped_and_wanted_again(web):
    path, token = await link(web)
    stopped = await web.post(path)
    assert "no more reminders" in stopped.text
    assert await is_stopped(web, token)
    assert "Stop reminders" in (await web.post(f"{path}/again")).text
    assert not await is_stopped(web, token)


@pytest.mark.parametrize("token", ["u", "nonsense", "u2" + "a" * 38])
@with_web()
async def test_a_link_that_nobody_gave_is_unknown(web, token):
    assert (await web.get(f"/u/{token}")).status_code == 404
    assert (await web.post(f"/u/{token}")).status_code == 404
