"""The connection test: what the server speaks × what was chosen × login × sender."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import trustme

from gateway.ports.relay import Credentials, DnsFault, NoSuchDomain, OwnServer, Tls
from gateway.rules.own_server import Account, Security
from gateway.rules.probe_hints import hint_for
from gateway.runtime.egress import Egress
from gateway.smtp.connection import Timeouts
from gateway.smtp.dialling import TlsContexts
from gateway.smtp.probe import SmtpProbe
from tests.smtp.fakehop import DROP, HANG, NOISE, FakeHop

HOST = "smtp.acme.example"
SENDER = "invoices@acme.example"
LOOPBACK = [ip_network("127.0.0.0/8")]
SHORT = Timeouts(connect=1, greeting=0.4, command=0.4, block=0.4, final_dot=0.4)
CA, OTHER_CA = trustme.CA(), trustme.CA()
AUTH = ("SIZE 36700160", "AUTH PLAIN LOGIN")


def context_of(name=HOST, *, authority=CA, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **options).configure_cert(context)
    return context


def trusting():
    contexts = TlsContexts.of_system()
    CA.configure_trust(contexts.verified)
    return contexts


CONTEXTS = trusting()


class Names:
    """DNS that knows one host."""

    def __init__(self, addresses=("127.0.0.1",)):
        self.addresses = addresses

    async def configured_addresses(self, host):
        if isinstance(self.addresses, Exception):
            raise self.addresses
        return self.addresses


def probed(
    server, security, *, login=True, allow=LOOPBACK, names=None, port=None, padded=0, mail=None
):
    """Test a scripted server with this choice of security."""

    async def run():
        async with server.running():
            probe = SmtpProbe(
                "mail.example.com",
                names or Names(),
                Egress(allow),
                CONTEXTS,
                timeouts=SHORT,
                padded=padded,
            )
            own = OwnServer(
                host=HOST,
                port=port or server.port,
                tls=Tls.NONE if security == "none" else Tls.VERIFIED,
                implicit_tls=security == "tls",
                credentials=Credentials(SENDER, "canary-7f3a") if login else None,
            )
            return await probe.probe(own, SENDER, mail)

    return asyncio.run(run())


def speaking(kind, **options):
    """A server that speaks plain, STARTTLS or TLS, with a good certificate."""
    offers = options.pop("offers", AUTH)
    if kind == "plain":
        return FakeHop(offers=offers, **options)
    context = options.pop("context", None) or context_of()
    return FakeHop(offers=offers, tls_context=context, implicit_tls=kind == "tls", **options)


def names_of(found):
    return [(step.name, step.ok) for step in found.steps]


WHOLE = ["dns", "connect", "tls", "auth", "sender"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_good_settings_pass_every_step_and_send_nothing(security):
    server = speaking(security)
    found = probed(server, security)
    assert (found.stage, found.message) == (None, "SMTP test successful")
    assert names_of(found) == [(name, True) for name in WHOLE]
    assert found.most_octets == 36_700_160
    assert server.taken == []
    assert server.logins_in_clear == []
    assert f"MAIL FROM:<{SENDER}>" in server.commands
    assert "DATA" not in server.commands
    said = [f"{line.by}: {line.text}" for line in found.talk]
    assert said[0].startswith("server: 220 ")
    assert f"client: MAIL FROM:<{SENDER}>" in said
    assert "client: AUTH PLAIN [not shown]" in said
    assert ("note: From here on it is encrypted." in said) == (security == "starttls")


MAIL = b"Subject: Test\r\n\r\nThe settings work.\r\n.hidden\r\n"


def test_a_test_mail_is_sent_to_the_sender_once_all_else_went_well():
    server = speaking("starttls")
    found = probed(server, "starttls", mail=MAIL)
    assert (found.stage, found.message) == (None, "SMTP test successful")
    assert names_of(found) == [(name, True) for name in [*WHOLE, "mail"]]
    (taken,) = server.taken
    assert (taken.mail, taken.rcpt, taken.content) == (f"<{SENDER}>", f"<{SENDER}>", MAIL)


def test_a_refused_test_mail_is_a_failure_in_the_servers_words():
    server = speaking("starttls", script={"dot": "554 5.7.1 Looks like spam"})
    found = probed(server, "starttls", mail=MAIL)
    assert (found.stage, found.message) == ("mail", "554 5.7.1 Looks like spam")
    assert names_of(found)[-2:] == [("sender", True), ("mail", False)]


def test_without_encryption_a_login_is_sent_only_where_the_admin_allows_the_network():
    server = speaking("plain")
    assert probed(server, "none").stage is None
    assert len(server.logins_in_clear) == 1


def test_security_none_without_a_login_needs_no_encryption():
    found = probed(speaking("plain", offers=()), "none", login=False)
    assert (found.stage, names_of(found)) == (
        None,
        [("dns", True), ("connect", True), ("sender", True)],
    )


# security chosen × what the server speaks: stage, trouble
@pytest.mark.parametrize(
    ("security", "speaks", "stage", "trouble"),
    [
        ("none", "tls", "tls", "wants_tls"),
        ("starttls", "plain", "tls", "no_starttls"),
        ("starttls", "tls", "tls", "wants_tls"),
        ("tls", "plain", "tls", "speaks_plain"),
        ("tls", "starttls", "tls", "speaks_plain"),
    ],
)
def test_a_confusion_of_tls_modes_is_recognised_before_the_password_leaves(
    security, speaks, stage, trouble
):
    server = speaking(speaks)
    found = probed(server, security)
    assert (found.stage, found.trouble) == (stage, trouble)
    assert not any("AUTH" in command.upper() for command in server.commands)
    account = Account(host=HOST, security=Security(security))
    assert hint_for(found.stage, found.trouble, found.message, account)


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
@pytest.mark.parametrize("speaks", [HANG, DROP, NOISE, "500 5.5.2 I speak POP3"])
def test_a108_what_is_no_mail_server_is_told_by_one_sentence_or_its_own_reply(security, speaks):
    server = speaking("plain", script={"connect": speaks})
    found = probed(server, security)
    assert found.stage in {"connect", "tls"}
    assert not any("AUTH" in command.upper() for command in server.commands)
    if security != "tls":
        said = speaks if speaks.startswith("500") else "No mail server answered there."
        assert found.message == said


@pytest.mark.parametrize(
    ("options", "trouble", "names"),
    [
        pytest.param({"name": "mx.other.example"}, "wrong_name", "mx.other.example", id="name"),
        pytest.param({"authority": OTHER_CA}, "untrusted", HOST, id="authority"),
        pytest.param(
            {"not_after": datetime.now(UTC) - timedelta(days=2)}, "expired", HOST, id="expired"
        ),
    ],
)
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_bad_certificate_is_described_and_gets_no_password(security, options, trouble, names):
    server = speaking(security, context=context_of(**options))
    found = probed(server, security)
    assert (found.stage, found.trouble) == ("tls", trouble)
    assert f"it is for {names}" in found.message
    assert not any("AUTH" in command.upper() for command in server.commands)


REFUSALS = [
    ("535 5.7.8 Error: authentication failed", "Login or password is wrong"),
    (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled",
        "Microsoft 365 admin",
    ),
    (
        "535-5.7.8 Username and Password not accepted.\r\n535 5.7.8  BadCredentials - gsmtp",
        "Google takes app passwords",
    ),
    ("534-5.7.9 Application-specific password required.\r\n534 5.7.9 gsmtp", "app password"),
    ("550 5.7.30 Basic authentication is not supported", "Microsoft 365 admin"),
    ("454 4.7.0 Temporary authentication failure", ""),
]


@pytest.mark.parametrize(("reply", "hint"), REFUSALS)
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_refused_login_is_told_in_the_servers_words_with_one_hint(security, reply, hint):
    found = probed(speaking(security, script={"auth": reply}), security)
    assert found.stage == "auth"
    assert found.message == reply.replace("\r\n", "\n")
    account = Account(host=HOST)
    given = hint_for(found.stage, found.trouble, found.message, account)
    assert hint in given
    assert bool(hint) == bool(given)


def test_a_server_that_offers_no_login_is_told():
    found = probed(speaking("starttls", offers=("SIZE 100",)), "starttls")
    assert (found.stage, found.trouble) == ("auth", "no_auth")


@pytest.mark.parametrize(
    ("stage", "reply", "hint"),
    [
        ("mail", "553 5.7.1 Sender address rejected: not owned by user", "From must be"),
        ("mail", "530 5.7.0 Must authenticate first", "wants a login"),
        ("rcpt", "550 5.7.60 SMTP; Client does not have permissions to send as", "From must be"),
        ("mail", "452 4.5.3 Daily quota exceeded", "limit of your account"),
        ("mail", "421 4.7.0 Too many connections", "no more connections"),
    ],
)
def test_a_refused_sender_is_told_in_the_servers_words(stage, reply, hint):
    found = probed(speaking("starttls", script={stage: reply}), "starttls")
    assert (found.stage, found.message) == ("sender", reply)
    assert names_of(found)[-1] == ("sender", False)
    assert hint in hint_for("sender", found.trouble, found.message, Account())


@pytest.mark.parametrize("stage", ["auth", "mail"])
def test_a_server_that_falls_silent_or_leaves_is_told(stage):
    for happens in (HANG, DROP):
        found = probed(speaking("starttls", script={stage: happens}), "starttls")
        assert found.stage == ("auth" if stage == "auth" else "sender")
        assert found.trouble == "lost"


@pytest.mark.parametrize("error", [NoSuchDomain("x"), DnsFault("x")])
def test_a_name_that_dns_does_not_know_is_told(error):
    found = probed(speaking("plain"), "starttls", names=Names(error))
    assert (found.stage, found.trouble) == ("dns", "no_name")


BAD_ADDRESSES = [
    "127.0.0.1",
    "::1",
    "169.254.169.254",
    "10.66.0.1",
    "fd00::1",
    "64:ff9b::7f00:1",
    "::ffff:127.0.0.1",
    "2002:7f00:1::",
    "0.0.0.0",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a106_a107_every_bad_kind_of_address_is_answered_alike_and_not_connected(address):
    server = speaking("plain")
    found = probed(server, "starttls", allow=[], names=Names([address]), port=587)
    assert (found.stage, found.message, found.trouble) == (
        "connect",
        "No mail server answered there.",
        "no_server",
    )
    assert found.steps[0].detail == HOST
    assert server.connections == 0


def test_a106_a_closed_port_is_answered_as_a_denied_address_is():
    server = speaking("plain")
    closed = probed(server, "starttls", port=1)
    denied = probed(server, "starttls", allow=[], names=Names(["10.0.0.1"]), port=587)
    assert (closed.stage, closed.message, closed.trouble) == (
        denied.stage,
        denied.message,
        denied.trouble,
    )


def test_a106_ports_of_other_services_are_not_connected():
    server = speaking("plain")
    found = probed(server, "starttls", allow=[], names=Names(["192.0.2.1"]), port=6379)
    assert (found.stage, server.connections) == ("connect", 0)


def test_a106_that_nobody_answers_takes_its_time():
    began = datetime.now(UTC)
    probed(speaking("plain"), "starttls", allow=[], names=Names(["10.0.0.1"]), padded=0.3)
    assert datetime.now(UTC) - began > timedelta(seconds=0.3)
