"""The search field of the Inbox."""

import pytest

from tests.web.kit import forms, links, with_web
from tests.web.test_inbox import opened


@with_web()
async def test_a_question_finds_conversations_of_every_lane(web):
    sent, _, path = await opened(web)
    await web.receive(sent.invoice.conversation_id, "The oak table wobbles.")
    await web.post(f"{path}/status", {"status": "closed"})
    page = (await web.get("/inbox?q=wobbl")).text
    assert f"{path}?q=wobbl" in links(page)
    assert '<h1 id="list-title">Found</h1>' in page
    assert path in (await web.get("/inbox?q=is:done+oak")).text
    nothing = (await web.get("/inbox?q=zebra")).text
    assert "Nothing found for “zebra”." in nothing


@with_web()
async def test_the_question_stays_while_its_conversations_are_worked_on(web):
    sent, _, path = await opened(web)
    await web.receive(sent.invoice.conversation_id, "The oak table wobbles.")
    page = (await web.get(f"{path}?q=wobbles+is:open")).text
    assert 'value="wobbles is:open"' in page
    assert ("post", f"{path}/read?q=wobbles+is%3Aopen") in forms(page)
    answer = await web.post(f"{path}/read?q=wobbles+is%3Aopen")
    assert answer.headers["location"] == f"{path}?q=wobbles+is%3Aopen"


@pytest.mark.parametrize(
    ("question", "words"),
    [("is:nonsense", "is: is followed by"), ("before:x", "before: is followed"), ("--", "no word")],
)
@with_web()
async def test_a_wrong_question_is_told_and_shows_the_open_lane(web, question, words):
    _, _, path = await opened(web)
    page = (await web.get("/inbox", params={"q": question})).text
    assert 'role="alert"' in page
    assert words in page
    assert path in page


@with_web()
async def test_hostile_questions_stay_words(web):
    await opened(web)
    page = await web.get("/inbox", params={"q": '"><script>alert(1)</script>'})
    assert page.status_code == 200
    assert "<script>alert" not in page.text


@with_web()
async def test_spam_leaves_the_lanes_and_is_found_from_done(web):
    _, _, path = await opened(web)
    await web.post(f"{path}/status", {"status": "spam"})
    for view in ("open", "unread", "not_delivered", "waiting", "done"):
        assert path not in (await web.get(f"/inbox?view={view}")).text
    assert "/inbox?q=is%3Aspam" in links((await web.get("/inbox?view=done")).text)
    assert path in (await web.get("/inbox?q=is%3Aspam")).text
    assert "Not spam" in (await web.get(path)).text
    await web.post(f"{path}/status", {"status": "open"})
    assert path in (await web.get("/inbox?view=open")).text
