"""Mailgun's API: mail handed over in forms."""

import base64

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
        (acme.key, fields(acme, **{"recipient-variables": "{}"}), 400, "mail of its own"),
        (acme.key, fields(acme, **{"o:deliverytime": "x"}), 400, "at once"),
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
