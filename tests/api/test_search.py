from tests.api.kit import INVOICE, problem, with_api
from tests.api.scene import scene

PATH = "/v1/search"


@with_api()
async def test_messages_are_found_with_the_part_that_fits(api):
    found = await scene(api)
    answer = (await api.get(PATH, found.company.key, params={"q": "THANKS has:file"})).json()
    (hit,) = answer["data"]
    assert hit == {
        "message_id": found.received_id,
        "conversation_id": found.conversation_id,
        "direction": "in",
        "channel": "email",
        "from": {"name": "Jana", "address": "jana@customer.test"},
        "subject": "Re: Invoice",
        "received_at": hit["received_at"],
        "snippet": "Thanks!",
        "invoice_id": None,
    }
    assert answer["next_cursor"] is None


@with_api()
async def test_conversations_are_found_by_what_their_messages_hold(api):
    found = await scene(api)
    for q, count in (("ucet", 1), ("is:unread thanks", 1), ("is:paid thanks", 0), ("nobody", 0)):
        answer = await api.get("/v1/conversations", found.company.key, params={"q": q})
        assert len(answer.json()["data"]) == count, q


@with_api()
async def test_what_is_overdue_goes_by_the_day(api):
    company = await api.company()
    for number, due in (("1", "2026-11-21"), ("2", "2026-11-22")):
        body = {**INVOICE, "number": number, "due_on": due}
        assert (await api.post("/v1/invoices", company.key, json=body)).status_code == 202
    answer = await api.get("/v1/conversations", company.key, params={"q": "is:overdue"})
    assert len(answer.json()["data"]) == 1


@with_api()
async def test_a_question_that_does_not_fit_is_422(api):
    company = await api.company()
    for path in (PATH, "/v1/conversations"):
        for q in ("is:blue", "before:yesterday", "...", "", "x" * 501):
            answer = await api.get(path, company.key, params={"q": q})
            assert problem(answer)[::2] == (422, "q"), (path, q)
    assert problem(await api.get(PATH, company.key)) == (422, "missing", "q")
    told = (await api.get(PATH, company.key, params={"q": "is:blue"})).json()
    assert "unpaid" in told["detail"]


@with_api()
async def test_a134_another_companys_words_find_nothing(api):
    theirs, ours = await scene(api, "Theirs"), await api.company("Ours")
    for q in ("thanks", "jana", "2026-0142", "-nothing", "is:unread"):
        for path in (PATH, "/v1/conversations"):
            answer = await api.get(path, ours.key, params={"q": q})
            assert answer.json()["data"] == [], (path, q)
    acting = {"q": "thanks", "tenant": theirs.company.id}
    assert len((await api.get(PATH, params=acting)).json()["data"]) == 1
    assert problem(await api.get("/v1/conversations", params={"q": "x"}))[::2] == (422, "tenant")
