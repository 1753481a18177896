import base64

from tests.api.kit import INVOICE, problem, with_api
from tests.api.scene import scene

PATH = "/v1/conversations"
NEW = {
    "subject": "Your order",
    "customer": {"name": "Jana", "email": "jana@customer.test"},
    "text": "Hello Jana",
}


@with_api()
async def test_a_conversation_begins_with_a_mail(api):
    company = await api.company()
    file = {"filename": "offer.txt", "content": base64.b64encode(b"Offer").decode()}
    answer = await api.post(PATH, company.key, json={**NEW, "attachments": [file]})
    begun = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{PATH}/{begun['id']}"
    assert (begun["status"], begun["subject"]) == ("waiting", "Your order")
    assert begun["customer"] == {"name": "Jana", "email": "jana@customer.test"}
    message = (await api.get(f"/v1/messages/{begun['message_id']}", company.key)).json()
    assert (message["text"], message["direction"], message["channel"]) == (
        "Hello Jana",
        "out",
        "email",
    )
    assert [one["filename"] for one in message["attachments"]] == ["offer.txt"]


@with_api()
async def test_an_answer_goes_into_the_thread(api):
    found = await scene(api)
    path = f"{PATH}/{found.conversation_id}/messages"
    answer = await api.post(path, found.company.key, json={"text": "You are welcome"})
    written = answer.json()
    assert answer.status_code == 202
    assert written["in_reply_to"]
    assert [one["recipient"] for one in written["deliveries"]] == ["jana@customer.test"]
    listed = (await api.get(path, found.company.key)).json()["data"]
    assert [one["id"] for one in listed] == [found.sent_id, found.received_id, written["id"]]


@with_api()
async def test_a_note_leaves_no_mail(api):
    found = await scene(api)
    path = f"{PATH}/{found.conversation_id}/messages"
    note = (await api.post(path, found.company.key, json={"text": "Call her", "note": True})).json()
    assert (note["direction"], note["deliveries"]) == ("note", [])


@with_api()
async def test_an_empty_answer_is_refused(api):
    found = await scene(api)
    path = f"{PATH}/{found.conversation_id}/messages"
    assert problem(await api.post(path, found.company.key, json={"text": " "}))[2] == "text"


@with_api()
async def test_what_was_read_is_noted(api):
    found = await scene(api)
    one = f"{PATH}/{found.conversation_id}"
    assert (await api.get(one, found.company.key)).json()["unread"] == 1
    assert (await api.post(f"{one}/read", found.company.key)).json()["unread"] == 0


@with_api()
async def test_a_stranger_is_approved_by_address(api):
    found = await scene(api)
    path = f"{PATH}/{found.conversation_id}/approve-sender"
    known = await api.post(path, found.company.key, json={"address": "s@other.test"})
    assert known.status_code == 200
    unknown = await api.post(path, found.company.key, json={"address": "x@other.test"})
    assert problem(unknown)[::2] == (422, "address")


@with_api()
async def test_a_conversation_is_changed_from_the_version_that_was_seen(api):
    found = await scene(api)
    one, key = f"{PATH}/{found.conversation_id}", found.company.key
    seen = (await api.get(one, key)).headers["etag"]
    change = {"status": "closed", "tags": ["vip"], "assignee": "Eva", "subject": "Order 7"}
    answer = await api.ask("PATCH", one, key, json=change, headers={"If-Match": seen})
    changed = answer.json()
    assert {name: changed[name] for name in change} == change
    stale = await api.ask("PATCH", one, key, json={"tags": []}, headers={"If-Match": seen})
    assert problem(stale)[:2] == (412, "stale")
    nobody = await api.ask("PATCH", one, key, json={"assignee": None})
    assert nobody.json()["assignee"] is None


@with_api()
async def test_conversations_are_found_by_what_they_are(api):
    found = await scene(api)
    key = found.company.key
    other = (await api.post(PATH, key, json={**NEW, "customer": {"email": "b@b.test"}})).json()
    await api.ask("PATCH", f"{PATH}/{other['id']}", key, json={"tags": ["x"], "assignee": "Eva"})
    asked = {
        "view=open": [found.conversation_id],
        "view=waiting": [other["id"]],
        "view=unread": [found.conversation_id],
        "view=not_delivered": [],
        "view=done": [],
        "status=waiting": [other["id"]],
        "unread=true": [found.conversation_id],
        "unread=false": [other["id"]],
        "customer=b@b.test": [other["id"]],
        f"invoice={found.invoice_id}": [found.conversation_id],
        "tag=x": [other["id"]],
        "assignee=Eva": [other["id"]],
        "tag=x&customer=jana@customer.test": [],
    }
    shown = {
        query: [one["id"] for one in (await api.get(f"{PATH}?{query}", key)).json()["data"]]
        for query in asked
    }
    assert shown == asked


UNFIT = [
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    ("limit=1000000000000000000000", "limit"),
    ("limit=-1", "limit"),
    ("limit=ten", "limit"),
    ("limit=1&limit=2", "limit"),
    ("cursor=nonsense", "cursor"),
    ("cursor=' OR 1=1--", "cursor"),
    ("view=everything", "view"),
    ("status=lost", "status"),
    ("unread=yes", "unread"),
    ("sort=password", "sort"),
    ("offset=-1", "offset"),
    ("tag=%00", "tag"),
]


@with_api()
async def test_a121_a_question_that_does_not_fit_is_422(api):
    company = await api.company()
    for query, param in UNFIT:
        answer = await api.get(f"{PATH}?{query}", company.key)
        assert problem(answer)[::2] == (422, param), query


@with_api()
async def test_pages_neither_skip_nor_repeat(api):
    company = await api.company()
    made = [
        (await api.post(PATH, company.key, json={**NEW, "subject": str(number)})).json()["id"]
        for number in range(7)
    ]
    seen, cursor = [], None
    while True:
        params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get(PATH, company.key, params=params)).json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]


@with_api()
async def test_a_conversation_is_merged_into_another_one(api):
    found = await scene(api)
    key, body = found.company.key, {**INVOICE, "number": "2"}
    other = (await api.post("/v1/invoices", key, json=body)).json()["conversation_id"]
    path = f"/v1/conversations/{found.conversation_id}"
    merged = await api.post(f"{path}/merge", key, json={"into": other})
    assert (merged.status_code, merged.json()["id"]) == (200, other)
    assert (await api.get(path, key)).json()["merged_into"] == other
    listed = (await api.get("/v1/conversations", key)).json()["data"]
    assert [one["id"] for one in listed] == [other]
    messages = (await api.get(f"/v1/conversations/{other}/messages", key)).json()["data"]
    assert {found.sent_id, found.received_id} < {one["id"] for one in messages}
    again = await api.post(f"{path}/merge", key, json={"into": other})
    assert problem(again)[:2] == (409, "merged")
    unknown = await api.post(f"/v1/conversations/{other}/merge", key, json={"into": "cnv_x"})
    assert problem(unknown)[::2] == (422, "into")


@with_api()
async def test_messages_are_split_into_a_conversation_of_their_own(api):
    found = await scene(api)
    key, path = found.company.key, f"/v1/conversations/{found.conversation_id}"
    answer = await api.post(f"{path}/split", key, json={"message_ids": [found.received_id]})
    new = answer.json()
    assert (answer.status_code, new["split_from"]) == (201, found.conversation_id)
    assert answer.headers["location"] == f"/v1/conversations/{new['id']}"
    message = (await api.get(f"/v1/messages/{found.received_id}", key)).json()
    assert message["conversation_id"] == new["id"]
    for body, param in (({}, "message_ids"), ({"message_ids": []}, "message_ids")):
        assert problem(await api.post(f"{path}/split", key, json=body))[::2] == (422, param)
    rest = await api.post(f"{path}/split", key, json={"message_ids": [found.sent_id]})
    assert problem(rest)[:2] == (409, "nothing_left")
