"""Postmark's API: mail handed over, bounces and messages asked for."""

import base64

from gateway.rules.model import Suppression
from tests.api.kit import with_api

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 40).decode()


def email(company, **more):
    return {
        "From": f'"Acme" <{company.slug}@mail.test>',
        "To": "Jana <jana@client.example>",
        "Subject": "Hello",
        "TextBody": "Hello, Jana.",
        **more,
    }


async def post(api, path, key, body, **headers):
    sent = {"X-Postmark-Server-Token": key, **headers} if key else headers
    return await api.ask("POST", path, None, json=body, headers=sent)


async def get(api, path, key, **params):
    headers = {"X-Postmark-Server-Token": key}
    return await api.ask("GET", path, None, headers=headers, params=params)


def error(answer):
    told = answer.json()
    assert set(told) == {"ErrorCode", "Message"}, told
    return answer.status_code, told["ErrorCode"]


async def raw_of(api, company, message_id):
    return (await api.get(f"/v1/messages/{message_id}/raw", company.key)).text


@with_api()
async def test_a_mail_is_queued_as_if_it_had_come_by_smtp(api):
    acme = await api.company()
    given = email(
        acme,
        Cc="bob@client.example",
        Bcc="eve@client.example",
        HtmlBody='<p>Hello <img src="cid:logo"></p>',
        Headers=[
            {"Name": "X-Own", "Value": "kept"},
            {"Name": "In-Reply-To", "Value": "<a@b.example>"},
        ],
        Attachments=[
            {"Name": "a.txt", "Content": "aGVsbG8=", "ContentType": "text/plain"},
            {
                "Name": "l.png",
                "Content": PNG,
                "ContentType": "image/png",
                "ContentID": "cid:logo",
            },
        ],
    )
    answer = await post(api, "/email", acme.key, given)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["ErrorCode"], told["Message"], told["To"]) == (0, "OK", given["To"])
    message = (await api.get(f"/v1/messages/{told['MessageID']}", acme.key)).json()
    assert message["from"] == {"name": "Acme", "address": f"{acme.slug}@mail.test"}
    assert [one["recipient"] for one in message["deliveries"]] == [
        "jana@client.example",
        "bob@client.example",
        "eve@client.example",
    ]
    raw = await raw_of(api, acme, told["MessageID"])
    assert "X-Own: kept" in raw
    assert "eve@client.example" not in raw
    assert "Content-ID: <logo>" in raw
    assert "Reply-To:" in raw
    assert "@reply.test" in raw
    assert message["in_reply_to"] == ["a@b.example"]


@with_api()
async def test_commands_in_headers_make_an_invoice_mail(api):
    acme = await api.company()
    fields = {"Number": "7", "Amount": "120.50", "Currency": "EUR"}
    given = email(
        acme,
        Headers=[
            {"Name": f"X-Postroom-Invoice-{name}", "Value": value} for name, value in fields.items()
        ],
    )
    message_id = (await post(api, "/email", acme.key, given)).json()["MessageID"]
    (invoice,) = (await api.get("/v1/invoices", acme.key)).json()["data"]
    assert (invoice["number"], invoice["amount"]) == ("7", "120.50")
    assert "X-Postroom" not in await raw_of(api, acme, message_id)
    wrong = [{"Name": "X-Postroom-Invoice-Number", "Value": "8"}]
    answer = await post(api, "/email", acme.key, email(acme, Headers=wrong))
    assert error(answer) == (422, 300)
    assert "Amount is missing" in answer.json()["Message"]


@with_api()
async def test_mistakes_are_told_in_postmarks_words(api):
    acme = await api.company()
    reader = await api.key(acme, "inbox:read")
    for body, key, wanted in [
        (email(acme), "", (401, 10)),
        (email(acme), "pr_live_" + "a" * 40, (401, 10)),
        (email(acme), reader, (422, 405)),
        (email(acme, From="other@else.example"), acme.key, (422, 400)),
        (email(acme, To="nobody"), acme.key, (422, 300)),
        (email(acme, To=""), acme.key, (422, 300)),
        (email(acme, To="a@reply.test"), acme.key, (422, 300)),
        (email(acme, TextBody=""), acme.key, (422, 300)),
        (email(acme, TextBody=7), acme.key, (422, 300)),
        (email(acme, TemplateId=12), acme.key, (422, 300)),
        (email(acme, Headers=[{"Name": "Received", "Value": "x"}]), acme.key, (422, 300)),
        (email(acme, Headers=[{"Name": "A b", "Value": "x"}]), acme.key, (422, 300)),
        (
            email(acme, Headers=[{"Name": "X-A", "Value": "x\r\nBcc: e@f.example"}]),
            acme.key,
            (422, 300),
        ),
        (email(acme, Attachments=[{"Name": "a", "Content": "%%%"}]), acme.key, (422, 300)),
        (email(acme, To=", ".join(f"a{n}@b.example" for n in range(101))), acme.key, (422, 300)),
    ]:
        assert error(await post(api, "/email", key, body)) == wanted, body
    plain = {"X-Postmark-Server-Token": acme.key, "Content-Type": "text/plain"}
    answer = await api.ask("POST", "/email", None, content="x", headers=plain)
    assert error(answer) == (422, 409)
    broken = {**plain, "Content-Type": "application/json"}
    answer = await api.ask("POST", "/email", None, content="{", headers=broken)
    assert error(answer) == (422, 402)
    assert (await api.get("/v1/messages", acme.key)).json()["data"] == []


@with_api()
async def test_what_has_no_effect_is_named(api):
    acme = await api.company()
    given = email(acme, TrackOpens=True, ReplyTo="x@y.example", MessageStream="outbound", Odd=1)
    answer = await post(api, "/email", acme.key, given)
    assert set(answer.headers["x-postroom-ignored"].split(", ")) == {"TrackOpens", "ReplyTo", "Odd"}
    assert "x-postroom-ignored" not in (await post(api, "/email", acme.key, email(acme))).headers


@with_api()
async def test_a_suppressed_recipient_is_inactive(api):
    acme = await api.company()
    await api.post("/v1/suppressions", acme.key, json={"address": "jana@client.example"})
    answer = await post(api, "/email", acme.key, email(acme))
    assert error(answer) == (422, 406)
    assert "Found inactive addresses: jana@client.example." in answer.json()["Message"]
    both = email(acme, Cc="bob@client.example")
    message_id = (await post(api, "/email", acme.key, both)).json()["MessageID"]
    message = (await api.get(f"/v1/messages/{message_id}", acme.key)).json()
    assert [one["state"] for one in message["deliveries"]] == ["suppressed", "queued"]
    told = (await get(api, f"/messages/outbound/{message_id}/details", acme.key)).json()
    assert [one["Type"] for one in told["MessageEvents"]] == ["Bounced"]
    listed = (await get(api, "/bounces", acme.key, count=10, offset=0)).json()
    assert (listed["TotalCount"], listed["Bounces"][0]["Type"]) == (1, "ManuallyDeactivated")
    number = listed["Bounces"][0]["ID"]
    assert told["MessageEvents"][0]["Details"]["BounceID"] == str(number)
    assert (await get(api, f"/bounces/{number}", acme.key)).json() == listed["Bounces"][0]


@with_api()
async def test_a_bounced_address_is_activated_but_not_after_a_complaint(api):
    acme, other = await api.company(), await api.company("Other")
    for address in ("jana@client.example", "bob@client.example"):
        await api.post("/v1/suppressions", acme.key, json={"address": address})
    await post(api, "/email", acme.key, email(acme, Cc="bob@client.example, eva@client.example"))
    listed = (await get(api, "/bounces", acme.key, count=10, offset=0)).json()["Bounces"]
    numbers = {one["Email"]: one["ID"] for one in listed}

    async def activate(name, key=acme.key):
        path = f"/bounces/{numbers[f'{name}@client.example']}/activate"
        return await api.ask("PUT", path, None, headers={"X-Postmark-Server-Token": key})

    assert error(await activate("jana", other.key)) == (422, 407)
    assert error(await api.ask("POST", "/email", None, headers={
        "X-Postmark-Server-Token": acme.key})) == (422, 300)  # fmt: skip
    told = (await activate("jana")).json()
    assert (told["Message"], told["Bounce"]["Inactive"]) == ("OK", False)
    assert (await activate("jana")).status_code == 200
    assert (await post(api, "/email", acme.key, email(acme))).json()["ErrorCode"] == 0
    bob = Suppression(
        acme.id, "bob@client.example", "complaint", "spam", api.services.context.clock.now()
    )
    await api.store.write(lambda work: work.suppressions.remove(acme.id, bob.address))
    await api.store.write(lambda work: work.suppressions.add(bob))
    assert error(await activate("bob")) == (422, 300)
    kept = (await api.get("/v1/suppressions", acme.key)).json()["data"]
    assert [one["address"] for one in kept] == ["bob@client.example"]


@with_api()
async def test_bounces_are_found_by_what_is_asked_for(api):
    acme = await api.company()
    await api.post("/v1/suppressions", acme.key, json={"address": "jana@client.example"})
    both = email(acme, Cc="bob@client.example")
    for _ in range(3):
        await post(api, "/email", acme.key, both)
    for asked, count, shown in [
        ({"count": 2, "offset": 0}, 3, 2),
        ({"count": 2, "offset": 2}, 3, 1),
        ({"type": "HardBounce"}, 0, 0),
        ({"type": "ManuallyDeactivated", "inactive": "true"}, 3, 3),
        ({"emailFilter": "JANA"}, 3, 3),
        ({"emailFilter": "bob"}, 0, 0),
        ({"messageID": "msg_x"}, 0, 0),
        ({"fromdate": "2026-11-22", "todate": "2026-11-23"}, 3, 3),
        ({"todate": "2026-11-21"}, 0, 0),
        ({"unknown": "x"}, 3, 3),
    ]:
        told = (await get(api, "/bounces", acme.key, **asked)).json()
        assert (told["TotalCount"], len(told["Bounces"])) == (count, shown), asked
    assert error(await get(api, "/bounces", acme.key, count=501)) == (422, 300)
    assert error(await get(api, "/bounces", acme.key, fromdate="soon")) == (422, 300)


@with_api()
async def test_each_mail_of_a_batch_is_taken_or_refused_for_itself(api):
    acme = await api.company()
    mails = [email(acme), email(acme, To="nobody"), 7, email(acme, TextBody=None), email(acme)]
    answer = await post(api, "/email/batch", acme.key, mails)
    assert answer.status_code == 200
    assert [one["ErrorCode"] for one in answer.json()] == [0, 300, 300, 300, 0]
    assert len((await api.get("/v1/messages", acme.key)).json()["data"]) == 2
    assert error(await post(api, "/email/batch", acme.key, [email(acme)] * 501)) == (422, 410)
    assert error(await post(api, "/email/batch", acme.key, email(acme))) == (422, 300)


@with_api()
async def test_a_repeat_with_the_same_key_sends_nothing_again(api):
    acme = await api.company()
    for path, body in [("/email", email(acme)), ("/email/batch", [email(acme), email(acme)])]:
        before = len((await api.get("/v1/messages", acme.key)).json()["data"])
        first, again = [
            await post(api, path, acme.key, body, **{"Idempotency-Key": f"one{path}"})
            for _ in range(2)
        ]
        assert again.json() == first.json()
        assert again.headers["idempotent-replayed"] == "true"
        after = len((await api.get("/v1/messages", acme.key)).json()["data"])
        assert after - before == (1 if path == "/email" else 2)
    other = await post(
        api, "/email", acme.key, email(acme, Subject="x"), **{"Idempotency-Key": "one/email"}
    )
    assert error(other) == (409, 300)


@with_api(tenant_rate=2)
async def test_too_much_is_answered_with_429(api):
    acme = await api.company()
    answers = [await post(api, "/email", acme.key, email(acme)) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert error(answers[2]) == (429, 429)
    assert int(answers[2].headers["retry-after"]) > 0


@with_api()
async def test_the_same_mail_twice_is_two_mails(api):
    acme = await api.company()
    ids = {(await post(api, "/email", acme.key, email(acme))).json()["MessageID"] for _ in "ab"}
    assert len(ids) == 2
