"""The admin page: for admin keys alone, read-only but for retry, hold and release."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.rules.dns_verdicts import Published, Record, Verdict
from gateway.rules.model import Reason
from gateway.web.services import Checked
from tests.web.kit import forms, with_web

SIGN_IN = ("post", "/inbox/admin/sign-in")
FULL = Reason("mailbox_full", "their mailbox is full", 452, "4.2.2", "452 4.2.2 full", False)


async def admin(web, key=None):
    """Sign in as an admin."""
    if key is None:
        _, key = await web.services.companies.add_key(None)
    return await web.post("/inbox/admin/sign-in", {"secret": key})


async def waiting(web):
    """An invoice whose mail waits: its delivery."""
    sent, _, _ = await web.send()
    (delivery,) = await web.deliveries(sent.invoice.conversation_id)
    due = web.context.clock.now() + timedelta(hours=1)
    changed = replace(delivery, state="deferred", reason=FULL, next_attempt_at=due)
    await web.context.store.write(lambda work: work.deliveries.change(changed))
    return sent, delivery


@with_web()
async def test_an_admin_key_signs_in_and_a_company_key_does_not(web):
    assert SIGN_IN in forms((await web.get("/inbox/admin")).text)
    refused = await admin(web, web.api_key)
    assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)
    answer = await admin(web)
    assert answer.headers["location"] == "/inbox/admin"
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Secure", "Path=/inbox/admin"):
        assert part in cookie
    assert "Novák Joinery" in (await web.get("/inbox/admin")).text


@with_web()
async def test_the_configured_admin_key_signs_in(web):
    assert (await admin(web, "fixed-admin-key")).status_code == 303
    assert (await web.get("/inbox/admin/dns")).status_code == 200


@with_web()
async def test_a_session_of_a_company_opens_nothing_here_nor_the_other_way_round(web):
    await web.sign_in()
    assert SIGN_IN in forms((await web.get("/inbox/admin")).text)
    web.client.cookies.clear()
    await admin(web)
    assert ("post", "/inbox/sign-in") in forms((await web.get("/inbox")).text)


@with_web()
async def test_a_revoked_admin_key_ends_its_sessions_and_signing_out_does(web):
    key, secret = await web.services.companies.add_key(None)
    await admin(web, secret)
    await web.services.companies.revoke_key(key.id)
    assert SIGN_IN in forms((await web.get("/inbox/admin")).text)
    await admin(web)
    session = web.client.cookies.get("postroom_admin")
    await web.post("/inbox/admin/sign-out")
    web.client.cookies.set("postroom_admin", session, domain="mail.test", path="/inbox/admin")
    assert SIGN_IN in forms((await web.get("/inbox/admin")).text)


@with_web()
async def test_an_admin_key_that_expires_signs_in_until_then(web):
    _, secret = await web.services.companies.add_key(None, expires_in=timedelta(hours=1))
    await admin(web, secret)
    assert "Novák Joinery" in (await web.get("/inbox/admin")).text
    web.context.clock.present += timedelta(hours=1)
    assert SIGN_IN in forms((await web.get("/inbox/admin")).text)


@with_web()
async def test_what_waits_is_told_by_next_hop_and_reason_and_may_be_tried_held_released(web):
    sent, delivery = await waiting(web)
    await admin(web)
    page = (await web.get("/inbox/admin")).text
    for words in ("firma.example", "their mailbox is full", "jana@firma.example", "deferred"):
        assert words in page
    start = f"/inbox/admin/deliveries/{delivery.id}"
    assert (await web.post(f"{start}/hold")).status_code == 303
    (held,) = await web.deliveries(sent.invoice.conversation_id)
    assert held.state == "held"
    assert ("post", f"{start}/release") in forms((await web.get("/inbox/admin")).text)
    await web.post(f"{start}/release")
    await web.post(f"{start}/retry")
    (queued,) = await web.deliveries(sent.invoice.conversation_id)
    assert queued.state == "queued"
    assert (await web.post("/inbox/admin/deliveries/dlv_x/retry")).status_code == 404


@pytest.mark.parametrize("step", ["retry", "hold", "release"])
@with_web()
async def test_nobody_moves_the_queue_without_signing_in_or_from_elsewhere(web, step):
    _, delivery = await waiting(web)
    path = f"/inbox/admin/deliveries/{delivery.id}/{step}"
    before = await web.snapshot()
    assert (await web.post(path)).status_code == 403
    assert await web.snapshot() == before
    await admin(web)
    before = await web.snapshot()
    assert (await web.post(path, origin="https://evil.example")).status_code == 403
    assert await web.snapshot() == before


@with_web()
async def test_health_and_dns_are_told_with_their_remedies(web):
    async def health():
        return [Checked("disk", "failed", "2 MB are left", "make room")]

    async def dns():
        record = Record("mail.test", "MX", "10 mail.test", "mail to mail.test comes here")
        return [Verdict(record, Published.MISSING, ("20 other.test",), "publish MX 10 mail.test")]

    object.__setattr__(web.services, "health", health)
    object.__setattr__(web.services, "dns", dns)
    await admin(web)
    page = (await web.get("/inbox/admin")).text
    assert "2 MB are left" in page
    assert "make room" in page
    told = (await web.get("/inbox/admin/dns")).text
    for words in ("MX mail.test", "missing", "publish MX 10 mail.test", "20 other.test"):
        assert words in told


@with_web(posts_per_minute=2)
async def test_guessing_admin_keys_is_slowed(web):
    answers = [await admin(web, "wrong") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
