"""Tags of conversations: shown, searched for, added and taken away."""

import pytest

from gateway.flow.drafts import TenantDraft
from tests.web.kit import forms, links, with_web
from tests.web.test_inbox import opened

FOUND = "/inbox?q=tag%3A%22order+number+missing%22"


async def tags(web, sent):
    found = await web.services.conversing.conversation(web.tenant, sent.invoice.conversation_id)
    return found.tags


@with_web()
async def test_a_customers_question_chip_shows_as_a_tag_and_finds_its_conversation(web):
    sent, view, path = await opened(web)
    other, _, _ = await web.send(number="2026-0150")
    await web.post(f"{view}/messages", {"text": "It is 4711.", "about": "order-number"})
    page = (await web.get(path)).text
    assert page.count("order number missing") >= 2, "in the list and in the conversation"
    assert FOUND in links(page)
    found = (await web.get(FOUND)).text
    assert sent.invoice.conversation_id in found
    assert f'id="row-{other.invoice.conversation_id}"' not in found


@with_web()
async def test_colleagues_add_tags_once_and_take_them_away(web):
    sent, _, path = await opened(web)
    page = (await web.get(path)).text
    assert ("post", f"{path}/tags?view=open") in forms(page)
    for added in ("  big   customer ", "big customer", "late"):
        assert (await web.post(f"{path}/tags", {"add": added})).headers["location"] == path
    assert await tags(web, sent) == ("big customer", "late")
    await web.post(f"{path}/tags", {"remove": "big customer"})
    assert await tags(web, sent) == ("late",)


@pytest.mark.parametrize("added", ["", "   ", "x" * 51, "a\u202eb"])
@with_web()
async def test_what_is_no_tag_is_refused(web, added):
    sent, _, path = await opened(web)
    assert (await web.post(f"{path}/tags", {"add": added})).status_code == 422
    assert await tags(web, sent) == ()


@with_web()
async def test_a_tag_is_text_and_one_that_no_question_can_say_leads_nowhere(web):
    _, _, path = await opened(web)
    await web.post(f"{path}/tags", {"add": '<b>"loud"</b>'})
    page = (await web.get(path)).text
    assert "&lt;b&gt;&#34;loud&#34;&lt;/b&gt;" in page
    assert "<b>" not in page
    assert not any("loud" in link for link in links(page))


@with_web()
async def test_a_row_shows_two_tags_and_how_many_more_there_are(web):
    _, _, path = await opened(web)
    for added in ("one", "two", "three", "four"):
        await web.post(f"{path}/tags", {"add": added})
    row = (await web.get("/inbox?view=open")).text.partition('<ul id="rows">')[2]
    assert [word in row for word in ("one", "two", "three", "+2")] == [True, True, False, True]


@with_web()
async def test_tags_are_those_of_the_own_company_alone_and_of_who_may_write(web):
    sent, _, path = await opened(web)
    _, reader = await web.services.companies.add_key(web.tenant.id, ("inbox:read",))
    await web.sign_in(reader)
    assert ("post", f"{path}/tags?view=open") not in forms((await web.get(path)).text)
    assert (await web.post(f"{path}/tags", {"add": "x"})).status_code == 403
    stranger = await web.services.companies.add(TenantDraft("Other Ltd"))
    await web.sign_in(stranger.api_key)
    assert (await web.post(f"{path}/tags", {"add": "x"})).status_code == 404
    assert await tags(web, sent) == ()
