"""A company's own server that takes access tokens instead of passwords."""

import json
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from gateway.flow.mail_accounts import Change, paused_routes
from gateway.flow.refusal import Refused
from gateway.mail.errors import Fault
from gateway.ports.outward import HttpAnswer
from gateway.rules.own_server import settings_of
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio
TOKEN_URL = "https://login.example/token"
ACCOUNT = {
    "login": "invoices@acme.example",
    "host": "smtp.office.example",
    "port": 587,
    "security": "starttls",
    "auth": "oauth2",
    "token_url": TOKEN_URL,
    "client_id": "client-1",
    "scope": "SMTP.Send offline_access",
}
SECRETS = {"refresh_token": "refresh-canary", "client_secret": "secret-canary"}
OWN = Change(method="smtp", account=ACCOUNT, oauth=SECRETS)


@pytest.fixture
def anyio_backend():
    return "asyncio"


def granted(token="access-1", **more):
    return answer(200, {"access_token": token, "expires_in": 3600, **more})


def answer(status, told):
    return HttpAnswer(status, {}, json.dumps(told).encode())


REVOKED = answer(400, {"error": "invalid_grant", "error_description": "AADSTS70000: revoked"})


async def switch(desk, change=OWN):
    await desk.accounts.change(desk.tenant, change)
    desk.tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))


async def test_mail_leaves_with_an_access_token_that_is_asked_for_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        assert "canary" not in str(desk.tenant.email)
        desk.outward.answers = [granted()]
        await desk.invoice("1")
        await desk.invoice("2")
        ended, _ = await desk.deliver()
        assert [one.state for one in ended] == ["sent", "sent"]
        ((method, url, headers, body),) = desk.outward.asked
        assert (method, url) == ("POST", TOKEN_URL)
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert parse_qs(body.decode()) == {
            "grant_type": ["refresh_token"],
            "refresh_token": ["refresh-canary"],
            "client_id": ["client-1"],
            "client_secret": ["secret-canary"],
            "scope": ["SMTP.Send offline_access"],
        }
        server = await desk.accounts.server_of(desk.tenant)
        assert (server.credentials.password, server.credentials.is_token) == ("access-1", True)


async def test_a_token_that_has_run_out_is_asked_for_anew(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        desk.outward.answers = [granted("one"), granted("two")]
        assert (await desk.accounts.server_of(desk.tenant)).credentials.password == "one"
        desk.clock.pass_by(minutes=57)
        assert (await desk.accounts.server_of(desk.tenant)).credentials.password == "one"
        desk.clock.pass_by(minutes=2)
        assert (await desk.accounts.server_of(desk.tenant)).credentials.password == "two"


async def test_a_refresh_token_that_is_replaced_is_kept(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        desk.outward.answers = [granted(refresh_token="refresh-2"), granted("two")]
        await desk.accounts.server_of(desk.tenant)
        desk.tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))
        desk.clock.pass_by(hours=1)
        await desk.accounts.server_of(desk.tenant)
        assert b"refresh_token=refresh-2" in desk.outward.asked[1][3]
        assert b"secret-canary" in desk.outward.asked[1][3]


async def test_a_revoked_consent_pauses_the_route_with_the_servers_words(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        desk.outward.answers = [REVOKED, granted(), granted()]
        await desk.invoice()
        (ended,), relay = await desk.deliver()
        assert (ended.state, ended.reason.key, relay.hops) == ("deferred", "own_login", [])
        assert await desk.read(paused_routes) == [f"own:{desk.tenant.id}"]
        tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))
        failure = settings_of(tenant).failure
        assert failure.stage == "auth"
        assert failure.reply == "invalid_grant: AADSTS70000: revoked"
        tested = await desk.accounts.test(tenant, Change())
        assert tested.probed.message == "SMTP test successful"
        assert await desk.read(paused_routes) == []


async def test_a_token_server_that_is_away_only_makes_the_mail_wait(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        for trouble in (Fault("no answer"), answer(503, {}), answer(429, {}), answer(200, {})):
            desk.outward.answers = [trouble]
            await desk.invoice(str(len(desk.outward.asked)))
            (*_, ended), _ = await desk.deliver()
            assert (ended.state, ended.reason.key) == ("deferred", "unreachable")
            desk.clock.pass_by(hours=2)
        assert await desk.read(paused_routes) == []


async def test_the_connection_test_tells_what_the_token_server_said(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        desk.outward.answers = [REVOKED]
        tested = await desk.accounts.test(desk.tenant, Change())
        assert (tested.probed.stage, tested.probed.message) == (
            "auth",
            "invalid_grant: AADSTS70000: revoked",
        )
        assert "consent" in tested.hint
        assert desk.probe.asked == []


@pytest.mark.parametrize(
    "place",
    [
        {"host": "evil.example"},
        {"token_url": "https://evil.example/token"},
        {"client_id": "other"},
        {"login": "x@acme.example"},
        {"auth": "password"},
    ],
)
async def test_a110_the_refresh_token_is_forgotten_where_it_would_go_elsewhere(tmp_path, place):
    async with open_desk(tmp_path) as desk:
        await switch(desk, Change(account=ACCOUNT, oauth=SECRETS))
        desk.outward.answers = [granted()]
        await desk.accounts.test(desk.tenant, Change(account=place))
        assert desk.outward.asked == []
        settings = await desk.accounts.change(desk.tenant, Change(account=place))
        assert settings.account.sealed == ""


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"token_url": ""}, "smtp.oauth.token_url"),
        ({"client_id": ""}, "smtp.oauth.client_id"),
        ({"login": "", "from_address": "a@acme.example"}, "smtp.login"),
    ],
)
async def test_what_is_missing_is_named(tmp_path, changes, param):
    async with open_desk(tmp_path) as desk:
        change = Change(method="smtp", account=ACCOUNT | changes, oauth=SECRETS)
        with pytest.raises(Refused) as refused:
            await desk.accounts.change(desk.tenant, change)
        assert refused.value.param == param


async def test_a_nonsense_duration_is_no_trouble(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        desk.outward.answers = [granted(expires_in="soon"), granted("two")]
        await desk.accounts.server_of(desk.tenant)
        desk.clock.at += timedelta(minutes=6)
        assert (await desk.accounts.server_of(desk.tenant)).credentials.password == "two"
