"""Several people at one conversation: each is told who else is there, and who writes."""

from datetime import timedelta

import pytest

from gateway.flow.drafts import TenantDraft
from tests.web.kit import with_web
from tests.web.test_inbox import opened

LOOKING, WRITING, GONE = ({"doing": doing} for doing in ("looking", "writing", "gone"))


async def two_sessions(web):
    """The path that pages tell, and the cookies of two people."""
    _, _, path = await opened(web)
    sessions = []
    for _ in range(2):
        web.client.cookies.clear()
        await web.sign_in()
        sessions.append(dict(web.client.cookies))
    return f"{path}/here", sessions


async def told(web, path, session, doing):
    web.client.cookies.clear()
    web.client.cookies.update(session)
    answer = await web.post(path, doing)
    assert answer.status_code == 200, answer.text
    return answer.text.partition('">')[2].partition("</p>")[0]


@with_web()
async def test_who_looks_and_who_writes_is_told_to_the_others_and_never_to_oneself(web):
    path, (eva, jan) = await two_sessions(web)
    assert await told(web, path, eva, LOOKING) == ""
    assert await told(web, path, jan, LOOKING) == "Somebody of your team looks at this, too."
    assert await told(web, path, jan, WRITING) == "Somebody of your team looks at this, too."
    assert await told(web, path, eva, LOOKING) == "Somebody of your team is writing…"
    await told(web, path, jan, GONE)
    assert await told(web, path, eva, LOOKING) == ""


@with_web()
async def test_who_went_without_a_word_is_forgotten_and_nothing_of_them_stays(web):
    path, (eva, jan) = await two_sessions(web)
    await told(web, path, eva, WRITING)
    web.context.clock.present += timedelta(seconds=16)
    assert await told(web, path, jan, LOOKING) == ""
    kept = await web.context.store.read(lambda work: work.facts.under("here:", 10))
    assert len(kept) == 1


@with_web()
async def test_what_was_told_a_moment_ago_is_not_written_again(web):
    path, (eva, _) = await two_sessions(web)
    await told(web, path, eva, LOOKING)
    before = await web.snapshot()
    await told(web, path, eva, LOOKING)
    assert await web.snapshot() == before


@pytest.mark.parametrize(("doing", "status"), [("looking", 404), ("dancing", 422)])
@with_web()
async def test_a133_nobody_learns_who_is_at_another_companys_conversation(web, doing, status):
    path, (eva, _) = await two_sessions(web)
    await told(web, path, eva, WRITING)
    other = await web.services.companies.add(TenantDraft("Other"))
    web.client.cookies.clear()
    assert (await web.post(path, LOOKING)).status_code == 403
    await web.sign_in(other.api_key)
    answer = await web.post(path, {"doing": doing})
    assert answer.status_code == status
    assert "writing" not in answer.text.replace("looking, writing or gone", "")
