import base64

from tests.api.kit import problem, with_api
from tests.api.scene import FILE, RAW, scene

MAIL = {"to": "Jana <jana@customer.test>", "subject": "Hello", "text": "Hello Jana"}


@with_api()
async def test_any_mail_is_queued_for_each_recipient(api):
    company = await api.company()
    body = {
        **MAIL,
        "from": {"name": "Acme Billing", "email": "acme-sro@mail.test"},
        "cc": [{"name": "C", "email": "c@c.test"}],
        "bcc": ["d@d.test"],
        "html": "<p>Hello Jana</p>",
        "headers": {"X-Order": "7"},
        "attachments": [{"filename": "a.txt", "content": base64.b64encode(b"A").decode()}],
    }
    answer = await api.post("/v1/messages", company.key, json=body)
    message = answer.json()
    assert answer.status_code == 202
    assert message["from"] == {"name": "Acme Billing", "address": "acme-sro@mail.test"}
    assert message["to"] == [{"name": "Jana", "address": "jana@customer.test"}]
    assert sorted(one["recipient"] for one in message["deliveries"]) == [
        "c@c.test",
        "d@d.test",
        "jana@customer.test",
    ]
    raw = (await api.get(f"/v1/messages/{message['id']}/raw", company.key)).content
    assert b"X-Order: 7\r\n" in raw
    assert b"d@d.test" not in raw


UNFIT = [
    ({"to": []}, "to"),
    ({"to": ["a@b.test"] * 101}, "to"),
    ({"to": "jana@reply.test"}, "to"),
    ({"subject": "a\r\nBcc: x@y.test"}, "subject"),
    ({"from": "other@else.test"}, "from"),
    ({"headers": {"Bcc": "x@y.test"}}, "headers.0.name"),
    ({"headers": {"X-Postroom-Kind": "x"}}, "headers.0.name"),
    ({"headers": {"Authentication-Results": "x"}}, "headers.0.name"),
    ({"headers": {"ARC-Seal": "x"}}, "headers.0.name"),
    ({"headers": {"received-SPF": "x"}}, "headers.0.name"),
    ({"headers": [{"name": "X-A", "value": "b\r\nBcc: x@y.test"}]}, "headers.0.value"),
    ({"headers": {"Not a name": "x"}}, "headers.0.name"),
    ({"template": "x"}, "template"),
]


@with_api()
async def test_a13_a15_what_does_not_fit_is_named(api):
    company = await api.company()
    for change, param in UNFIT:
        answer = await api.post("/v1/messages", company.key, json={**MAIL, **change})
        assert problem(answer)[::2] == (422, param), change


@with_api(message_bytes=1000)
async def test_attachments_that_no_mail_can_hold_are_413(api):
    company = await api.company()
    file = {"filename": "a.bin", "content": base64.b64encode(b"x" * 2000).decode()}
    answer = await api.post("/v1/messages", company.key, json={**MAIL, "attachments": [file]})
    assert problem(answer) == (413, "too_large", "attachments")


@with_api()
async def test_a_message_is_shown_with_everything_that_is_known_of_it(api):
    found = await scene(api)
    message = (await api.get(f"/v1/messages/{found.received_id}", found.company.key)).json()
    assert set(message) >= {
        "id", "conversation_id", "direction", "channel", "from", "to", "cc", "reply_to",
        "subject", "date", "received_at", "message_id", "in_reply_to", "references", "text",
        "quoted_text", "signature", "full_text", "forwarded", "html", "attachments",
        "authentication", "sender_expected", "automatic", "bounces", "threading", "readable",
        "deliveries",
    }  # fmt: skip
    assert message["authentication"]["dmarc"] == {
        "result": "pass",
        "policy": "reject",
        "domain": "customer.test",
    }
    assert message["forwarded"]["from"] == {"name": "", "address": "boss@customer.test"}
    assert message["bounces"][0]["kind"] == "hard"
    assert message["threading"] == {"rule": "token", "evidence": "r…@reply.test"}
    assert message["received_at"].endswith("Z")


@with_api()
async def test_messages_are_found_by_direction_and_channel(api):
    found = await scene(api)
    key = found.company.key
    asked = {
        "direction=in": [found.received_id],
        "direction=out": [found.sent_id],
        "channel=email": [found.received_id, found.sent_id],
        "channel=chat": [],
        "direction=in&channel=chat": [],
    }
    shown = {
        query: [one["id"] for one in (await api.get(f"/v1/messages?{query}", key)).json()["data"]]
        for query in asked
    }
    assert shown == asked


@with_api()
async def test_raw_gives_the_bytes(api):
    found = await scene(api)
    answer = await api.get(f"/v1/messages/{found.received_id}/raw", found.company.key)
    ours, _, theirs = answer.content.partition(b"\tarc=none\r\n")
    assert (theirs, answer.headers["content-type"]) == (RAW, "message/rfc822")
    assert ours.startswith(b"Authentication-Results: mail.test;\r\n\tspf=pass")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    sent = await api.get(f"/v1/messages/{found.sent_id}/raw", found.company.key)
    copy = await api.get(f"/v1/deliveries/{found.delivery_id}/raw", found.company.key)
    assert sent.content == copy.content
    assert b"jana@customer.test" in sent.content


@with_api()
async def test_a_note_has_no_raw_bytes(api):
    found = await scene(api)
    path = f"/v1/conversations/{found.conversation_id}/messages"
    note = (await api.post(path, found.company.key, json={"text": "x", "note": True})).json()
    answer = await api.get(f"/v1/messages/{note['id']}/raw", found.company.key)
    assert problem(answer)[0] == 404


@with_api()
async def test_a91_an_attachment_is_a_download_and_nothing_else(api):
    found = await scene(api)
    answer = await api.get(f"/v1/attachments/{found.attachment_id}", found.company.key)
    assert answer.content == FILE
    expected = {
        "content-type": "text/html",
        "content-disposition": 'attachment; filename="__et.pdf"; '
        "filename*=UTF-8''%C3%BA%C4%8Det.pdf",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
    }
    assert {name: answer.headers[name] for name in expected} == expected


@with_api()
async def test_an_attachment_that_the_caller_has_is_not_sent_again(api):
    found = await scene(api)
    path = f"/v1/attachments/{found.attachment_id}"
    etag = (await api.get(path, found.company.key)).headers["etag"]
    again = await api.get(path, found.company.key, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@with_api()
async def test_a93_a_name_or_type_made_to_break_headers_breaks_none(api):
    found = await scene(api, filename='a"\r\nX: y\\%.pdf', content_type="text/x\r\nX: y")
    answer = await api.get(f"/v1/attachments/{found.attachment_id}", found.company.key)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="a___X: y__.pdf";'
    )
