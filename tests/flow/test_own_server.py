"""A company's own SMTP account: its settings, its way, what happens when its login breaks."""

import email
import email.policy
from dataclasses import replace

import pytest

from gateway.flow.mail_accounts import Change, paused_routes
from gateway.flow.refusal import Refused
from gateway.mail.replies import Reply
from gateway.rules.outcome import NextHopKind, Stage
from gateway.rules.own_server import route_of, settings_of
from tests.fakes import TAKEN
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio
ACCOUNT = {
    "login": "invoices@acme.example",
    "host": "smtp.acme.example",
    "port": 587,
    "security": "starttls",
}
OWN = Change(method="smtp", account=ACCOUNT, password="s3cret")
REFUSED = (Stage.AUTH, Reply(535, "5.7.8", "Error: authentication failed"))


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def switch(desk, change=OWN):
    settings = await desk.accounts.change(desk.tenant, change)
    desk.tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))
    return settings


async def test_a141_the_password_is_kept_sealed_and_reaches_the_server_alone(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        assert "s3cret" not in str(desk.tenant.email)
        server = await desk.accounts.server_of(desk.tenant)
        assert (server.credentials.username, server.credentials.password) == (
            "invoices@acme.example",
            "s3cret",
        )


@pytest.mark.parametrize(
    "place", [{"host": "evil.example"}, {"port": 465}, {"login": "x@acme.example"}]
)
async def test_a110_another_host_port_or_login_forgets_the_password(tmp_path, place):
    async with open_desk(tmp_path) as desk:
        await switch(desk, Change(account=ACCOUNT, password="s3cret"))
        settings = await switch(desk, Change(account=place))
        assert settings.account.sealed == ""


async def test_another_security_keeps_the_password(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        assert (await switch(desk, Change(account={"security": "tls"}))).account.sealed


@pytest.mark.parametrize(
    ("change", "param"),
    [
        (Change(method="smtp"), "smtp.host"),
        (Change(method="smtp", account={"host": "a.example"}), "smtp.from_address"),
        (Change(method="smtp", account=ACCOUNT), "smtp.password"),
    ],
)
async def test_the_own_server_is_not_chosen_while_something_is_missing(tmp_path, change, param):
    async with open_desk(tmp_path) as desk:
        with pytest.raises(Refused) as refused:
            await switch(desk, change)
        assert refused.value.param == param
        assert route_of(desk.tenant) is None


async def test_a110_the_stored_password_is_never_tried_elsewhere(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        await desk.accounts.test(desk.tenant, Change(account={"host": "evil.example"}))
        await desk.accounts.test(desk.tenant, Change())
        assert [server.credentials.password for server, _ in desk.probe.asked] == ["", "s3cret"]


async def test_an_invoice_leaves_by_the_companys_server_with_its_pdf(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        sent = await desk.invoice()
        (ended,), relay = await desk.deliver()
        mail = email.message_from_bytes(await desk.raw(ended), policy=email.policy.default)
        assert mail["From"].addresses[0].addr_spec == "invoices@acme.example"
        assert str(mail["Reply-To"]).startswith('"Acme s.r.o." <acme-sro-r')
        assert [part.get_filename() for part in mail.iter_attachments()] == ["invoice.pdf"]
        assert (ended.state, ended.sender) == ("sent", "invoices@acme.example")
        assert relay.hops[0].host == "smtp.acme.example"
        assert sent.view_url in mail.get_body(("html",)).get_content()


@pytest.mark.parametrize(("replies", "is_token"), [("inbox", 1), ("mailbox", 0), ("both", 1)])
async def test_answers_go_where_the_company_wants_them(tmp_path, replies, is_token):
    async with open_desk(tmp_path) as desk:
        await switch(desk, replace(OWN, replies=replies))
        await desk.invoice()
        (ended,), _ = await desk.deliver()
        mail = email.message_from_bytes(await desk.raw(ended), policy=email.policy.default)
        domain = mail["Reply-To"].addresses[0].domain
        assert domain == ("reply.example.com" if is_token else "acme.example")


async def test_a_refused_login_pauses_the_route_tells_once_and_keeps_the_mail(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        for number in range(5):
            await desk.invoice(str(number))
        ended, relay = await desk.deliver(REFUSED)
        paused = await desk.read(paused_routes)
        told = await desk.read(
            lambda work: work.events.after(desk.tenant.id, 0, types=["smtp_account.failed"])
        )
        tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))
        assert len(relay.hops) == 1
        assert [one.state for one in ended] == ["deferred"]
        assert ended[0].reason.key == "own_login"
        assert paused == [f"own:{desk.tenant.id}"]
        assert [event.data["message"] for event in told] == [
            "535 5.7.8 Error: authentication failed"
        ]
        assert settings_of(tenant).failure.stage == "auth"


async def test_after_a_good_test_everything_leaves_and_never_another_way(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        await desk.invoice()
        await desk.deliver(REFUSED)
        desk.tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))
        await desk.accounts.test(desk.tenant, Change())
        tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))
        assert await desk.read(paused_routes) == []
        assert settings_of(tenant).failure is None
        assert settings_of(tenant).account.tested_at
        await desk.invoice("2")
        ended, relay = await desk.deliver(TAKEN)
        assert [one.state for one in ended] == ["sent", "sent"]
        assert {hop.kind for hop in relay.hops} == {NextHopKind.OWN}


async def test_a_test_of_other_settings_lets_a_paused_route_wait(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        await desk.invoice()
        await desk.deliver(REFUSED)
        desk.tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))
        await desk.accounts.test(desk.tenant, Change(account={"host": "b.example"}, password="x"))
        assert await desk.read(paused_routes) == [f"own:{desk.tenant.id}"]


async def test_a_new_password_lets_a_paused_route_try_again(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        await desk.invoice()
        await desk.deliver(REFUSED)
        await switch(desk, Change(password="new"))
        assert await desk.read(paused_routes) == []


async def test_sandbox_recipients_stay_in_the_machine(tmp_path):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        from gateway.mail.mailbox import Mailbox

        sent = await desk.invoice(customer=Mailbox("", "ok@sandbox.test"))
        (delivery,) = await desk.deliveries(sent.message_id)
        assert delivery.route == "sandbox.test"


BOUNCE = b"""From: MAILER-DAEMON@smtp.acme.example
To: invoices@acme.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; smtp.acme.example

Final-Recipient: rfc822; jana@client.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

Message-ID: <MESSAGE_ID>
Subject: Invoice

--b--
"""
FORWARDED = b"""From: invoices@acme.example
To: RECIPIENT
Subject: Fwd: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: text/plain

see below
--outer
Content-Type: message/rfc822

"""


@pytest.mark.parametrize("way", ["redirected", "attached"])
async def test_a_report_that_came_to_the_companys_mailbox_counts_when_it_is_forwarded(
    tmp_path, way
):
    async with open_desk(tmp_path) as desk:
        await switch(desk)
        sent = await desk.invoice()
        (ended,), relay = await desk.deliver()
        assert relay.sent[0].recipient.notify == ("FAILURE", "DELAY")
        message = await desk.message(sent.message_id)
        raw = BOUNCE.replace(b"MESSAGE_ID", message.message_id.encode())
        to = desk.context.names.sender_address(desk.tenant)
        if way == "attached":
            raw = FORWARDED.replace(b"RECIPIENT", to.encode()) + raw + b"\n--outer--\n"
        await desk.receive(raw, to, sender="invoices@acme.example")
        (delivery,) = await desk.deliveries(sent.message_id)
        assert (ended.state, delivery.state) == ("sent", "bounced")
        assert delivery.reason.key == "no_such_address"
        assert (await desk.conversation(sent.invoice.conversation_id)).failed
