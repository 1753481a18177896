"""Mailgun's API: mail handed over in forms."""

import base64
import json
from datetime import timedelta
from email.utils import format_datetime

from tests.api.kit import with_api

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40


def basic(key, user="api"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


def fields(company, **more):
    given = {
        "from": f"Acme <{company.slug}@mail.test>",
        "to": "jana@client.example",
        "subject": "Hello",
        "text": "Hello, Jana.",
    }
    return {**given, **more}


async def post(api, key, data, *, files=None, domain="mail.test", **headers):
    path = f"/v3/{domain}/messages"
    sent = {**basic(key), **headers}
    return await api.ask("POST", path, None, data=data, files=files, headers=sent)


def refused(answer):
    told = answer.json()
    assert set(told) == {"message"}, told
    return answer.status_code, told["message"]


async def only_message(api, company):
    (message,) = (await api.get("/v1/messages", company.key)).json()["data"]
    return message


@with_api()
async def test_a_form_without_files_is_queued(api):
    acme = await api.company()
    answer = await post(
        api, acme.key, fields(acme, **{"h:X-Own": "kept", "to": ["a@b.example", "Č <c@d.example>"]})
    )
    assert answer.status_code == 200, answer.text
    message = await only_message(api, acme)
    told = {"id": f"<{message['message_id']}>", "message": "Queued. Thank you."}
    assert answer.json() == told
    assert [one["recipient"] for one in message["deliveries"]] == ["a@b.example", "c@d.example"]
    raw = (await api.get(f"/v1/messages/{message['id']}/raw", acme.key)).text
    assert "X-Own: kept" in raw


@with_api()
async def test_a_form_in_parts_brings_attachments_and_pictures(api):
    acme = await api.company()
    files = [
        ("attachment", ("účet.txt", b"hello", "text/plain")),
        ("attachment", ("big.bin", b"x" * 600_000, "application/octet-stream")),
        ("inline", ("logo.png", PNG, "image/png")),
        ("other", ("x", b"y", "text/plain")),
    ]
    html = '<p><img src="cid:logo.png"></p>'
    answer = await post(api, acme.key, fields(acme, html=html), files=files)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-postroom-ignored"] == "other"
    message = await only_message(api, acme)
    sizes = {one["filename"]: one["size"] for one in message["attachments"]}
    assert (sizes["účet.txt"], sizes["big.bin"]) == (5, 600_000)
    assert len(PNG) in {one["size"] for one in message["attachments"]}
    raw = (await api.get(f"/v1/messages/{message['id']}/raw", acme.key)).text
    assert "Content-ID: <logo.png>" in raw
    assert list(api.uploads.iterdir()) == []


@with_api()
async def test_mistakes_are_told_as_mailgun_does(api):
    acme = await api.company()
    reader = await api.key(acme, "inbox:read")
    for key, data, status, words in [
        ("", fields(acme), 401, "Forbidden"),
        ("pr_live_" + "a" * 40, fields(acme), 401, "Invalid private key"),
        (reader, fields(acme), 403, "scope send"),
        (acme.key, {**fields(acme), "from": ""}, 400, "'from' parameter is missing"),
        (acme.key, fields(acme, to="nobody"), 400, "'to' parameter is not a valid address"),
        (acme.key, fields(acme, text=""), 400, "Need at least one of 'text', 'html'"),
        (acme.key, fields(acme, template="x"), 400, "no templates"),
        (acme.key, fields(acme, **{"t:variables": "{}"}), 400, "no templates"),
        (acme.key, fields(acme, **{"o:time-zone-localize": "yes"}), 400, "at once"),
        (acme.key, fields(acme, **{"o:require-tls": "yes"}), 400, "administrator"),
        (acme.key, fields(acme, **{"o:dkim": "no"}), 400, "signed"),
        (acme.key, fields(acme, **{"h:Received": "x"}), 400, "set by the gateway"),
        (acme.key, fields(acme, **{"h:X-A": "x\r\nBcc: e@f.example"}), 400, "line breaks"),
        (acme.key, {**fields(acme), "from": "x@else.example"}, 400, "company's own address"),
    ]:
        answer = await post(api, key, data)
        assert refused(answer)[0] == status, data
        assert words in refused(answer)[1], answer.text
    assert refused(await post(api, acme.key, fields(acme), domain="else.example")) == (
        404,
        "Domain not found: else.example",
    )
    wrong_user = await post(api, acme.key, fields(acme), **basic(acme.key, "me"))
    assert refused(wrong_user)[0] == 401
    json = await api.ask("POST", "/v3/mail.test/messages", None, json={}, headers=basic(acme.key))
    assert refused(json)[0] == 415
    assert (await api.get("/v1/messages", acme.key)).json()["data"] == []


@with_api()
async def test_switches_that_measure_are_named_and_those_that_are_off_are_not(api):
    acme = await api.company()
    options = {
        "o:tracking": "no",
        "o:tracking-opens": "yes",
        "o:dkim": "yes",
        "h:Reply-To": "x@y.example",
        "amp-html": "<html></html>",
    }
    answer = await post(api, acme.key, fields(acme, **options))
    assert set(answer.headers["x-postroom-ignored"].split(", ")) == {
        "o:tracking-opens",
        "h:Reply-To",
        "amp-html",
    }


@with_api()
async def test_a_repeat_with_the_same_key_sends_nothing_again(api):
    acme = await api.company()
    first, again = [
        await post(api, acme.key, fields(acme), **{"Idempotency-Key": "k"}) for _ in "ab"
    ]
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    await only_message(api, acme)
    other = await post(api, acme.key, fields(acme, text="x"), **{"Idempotency-Key": "k"})
    assert refused(other)[0] == 409


@with_api()
async def test_too_much_text_and_too_many_fields_are_refused_before_they_are_read(api):
    acme = await api.company()
    long = fields(acme, text="x" * (5 * 1024 * 1024))
    assert refused(await post(api, acme.key, long))[0] == 413
    many = fields(acme, **{f"x:{n}": "x" for n in range(1001)})
    assert refused(await post(api, acme.key, many))[0] == 400
    part = await post(
        api, acme.key, fields(acme, text="x" * (3 * 1024 * 1024)), files={"attachment": b"x"}
    )
    assert refused(part)[0] == 400
    assert list(api.uploads.iterdir()) == []


def for_each(acme, variables, **more):
    people = ["jana@client.example", "Č <bob@client.example>"]
    text = json.dumps(variables)
    return fields(acme, **{"to": people, "recipient-variables": text, **more})


@with_api()
async def test_each_recipient_gets_a_mail_alone_with_their_own_words(api):
    acme = await api.company()
    said = {
        "Jana@client.example": {"name": "Jana <b>", "no": 7},
        "bob@client.example": {"name": "Bob", "no": 8},
    }
    files = [("attachment", ("a.txt", b"hello", "text/plain"))]
    more = {"subject": "Hi %recipient.name%", "text": "No. %recipient.no%, 100 %", "h:X-No":
            "%recipient.no%", "html": "<p>%recipient.name%</p>"}  # fmt: skip
    answer = await post(api, acme.key, for_each(acme, said, **more), files=files)
    assert answer.status_code == 200, answer.text
    messages = (await api.get("/v1/messages", acme.key)).json()["data"]
    told = {
        one["deliveries"][0]["recipient"]: (one["subject"], one["text"], len(one["attachments"]))
        for one in messages
    }
    assert told == {
        "jana@client.example": ("Hi Jana <b>", "No. 7, 100 %", 1),
        "bob@client.example": ("Hi Bob", "No. 8, 100 %", 1),
    }
    (to_jana,) = [one for one in messages if one["text"].startswith("No. 7")]
    assert answer.json()["id"] == f"<{to_jana['message_id']}>"
    assert [one["address"] for one in to_jana["to"]] == ["jana@client.example"]
    raw = (await api.get(f"/v1/messages/{to_jana['id']}/raw", acme.key)).text
    assert "X-No: 7" in raw
    assert "Jana &lt;b&gt;" in raw
    assert list(api.uploads.iterdir()) == []


@with_api()
async def test_what_can_not_be_filled_in_sends_nothing(api):
    acme = await api.company()
    said = {"jana@client.example": {"evil": "a\r\nBcc: x@y.example"}}
    for more, told in (
        ({"recipient-variables": "[]"}, "A JSON object"),
        ({"cc": "eva@client.example"}, "To only"),
        ({"text": "%recipient.age%"}, "There is no “age” for jana"),
        ({"subject": "%recipient.evil%"}, "line breaks"),
        ({"h:X-A": "%recipient.evil%"}, "line breaks"),
    ):
        status, words = refused(await post(api, acme.key, for_each(acme, said, **more)))
        assert (status, told in words) == (400, True), words
    assert (await api.get("/v1/messages", acme.key)).json()["data"] == []


@with_api()
async def test_a_repeat_for_each_recipient_goes_on_where_it_broke_off(api):
    acme = await api.company()
    said = {"jana@client.example": {"no": 1}, "bob@client.example": {"no": 2}}
    sent = for_each(acme, said, text="No. %recipient.no%")
    first = await post(api, acme.key, sent, **{"Idempotency-Key": "k1"})
    again = await post(api, acme.key, sent, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.json()) == (200, first.json())
    assert len((await api.get("/v1/messages", acme.key)).json()["data"]) == 2


@with_api()
async def test_mail_leaves_when_it_is_asked_to(api):
    acme = await api.company()
    when = api.services.context.clock.now().replace(microsecond=0) + timedelta(days=2)
    answer = await post(api, acme.key, fields(acme, **{"o:deliverytime": format_datetime(when)}))
    assert answer.status_code == 200, answer.text
    (delivery,) = (await only_message(api, acme))["deliveries"]
    found = (await api.get(f"/v1/deliveries/{delivery['id']}", acme.key)).json()
    said = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (found["state"], found["next_attempt_at"], found["queued_at"]) == ("queued", said, said)
    for wrong in ("soon", format_datetime(when + timedelta(days=7))):
        answer = await post(api, acme.key, fields(acme, **{"o:deliverytime": wrong}))
        assert refused(answer)[0] == 400
    invoice = {"h:X-Postroom-Invoice-Number": "7", "h:X-Postroom-Invoice-Amount": "1",
               "h:X-Postroom-Invoice-Currency": "EUR"}  # fmt: skip
    answer = await post(
        api, acme.key, fields(acme, **{"o:deliverytime": format_datetime(when), **invoice})
    )
    assert "invoice mail" in refused(answer)[1]
    past = format_datetime(when - timedelta(days=9))
    assert (await post(api, acme.key, fields(acme, **{"o:deliverytime": past}))).status_code == 200
