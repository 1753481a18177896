"""The connection test against a real Postfix with SASL and TLS: each row of the matrix."""

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import trustme

from gateway.ports.relay import Credentials, OwnServer, Tls
from gateway.rules.own_server import Account, Security
from gateway.rules.probe_hints import hint_for
from gateway.runtime.egress import Egress
from gateway.smtp.dialling import TlsContexts
from gateway.smtp.probe import SmtpProbe
from tests.smtp.postfix import LOGIN, PASSWORD, Service, postfix

HOST = "localhost"
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


class Names:
    async def configured_addresses(self, host):
        return ("127.0.0.1",)


SAFE = [("starttls good", "starttls"), ("tls good", "tls")]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def servers(authority):
    stranger = trustme.CA()
    made = {
        "good": authority.issue_cert(HOST),
        "expired": authority.issue_cert(HOST, not_after=YESTERDAY),
        "other_name": authority.issue_cert("mail.other.test"),
        "self_signed": stranger.issue_cert(HOST),
    }
    pems = {name: one.private_key_and_cert_chain_pem.bytes() for name, one in made.items()}
    services = {f"starttls {name}": Service(name) for name in made}
    services |= {f"tls {name}": Service(name, wrapped=True) for name in made}
    services["plain"] = Service()
    services["no auth"] = Service("good", options={"smtpd_sasl_auth_enable": "no"})
    with postfix(list(services.values()), pems):
        yield {name: service.port for name, service in services.items()}


def probe(authority, port, security, *, password=PASSWORD, sender=LOGIN):
    contexts = TlsContexts.of_system()
    authority.configure_trust(contexts.verified)
    prober = SmtpProbe("mail.example.com", Names(), Egress([ip_network("127.0.0.0/8")]), contexts)
    own = OwnServer(
        host=HOST,
        port=port,
        tls=Tls.NONE if security == "none" else Tls.VERIFIED,
        implicit_tls=security == "tls",
        credentials=Credentials(LOGIN, password),
    )

    async def run():
        async with asyncio.timeout(25):
            return await prober.probe(own, sender)

    found = asyncio.run(run())
    account = Account(login=LOGIN, host=HOST, port=port, security=Security(security))
    hint = (
        "" if found.stage is None else hint_for(found.stage, found.trouble, found.message, account)
    )
    return found, hint


@pytest.mark.parametrize(
    ("server", "security"),
    [("starttls good", "starttls"), ("tls good", "tls"), ("plain", "none")],
)
def test_right_settings_pass(authority, servers, server, security):
    found, _ = probe(authority, servers[server], security)
    assert (found.stage, found.message) == (None, "SMTP test successful")
    assert [step.name for step in found.steps][-2:] == ["auth", "sender"]


@pytest.mark.parametrize(
    ("place", "trouble", "hint"),
    [
        (("plain", "starttls"), "no_starttls", "offers no encryption"),
        (("plain", "tls"), "speaks_plain", "choose STARTTLS"),
        (("starttls good", "tls"), "speaks_plain", "choose STARTTLS"),
        (("tls good", "starttls"), "wants_tls", "choose SSL/TLS"),
        (("tls good", "none"), "wants_tls", "choose SSL/TLS"),
        (("starttls expired", "starttls"), "expired", "has expired"),
        (("tls expired", "tls"), "expired", "has expired"),
        (("starttls other_name", "starttls"), "wrong_name", "for another name"),
        (("tls other_name", "tls"), "wrong_name", "for another name"),
        (("starttls self_signed", "starttls"), "untrusted", "signed by nobody"),
        (("tls self_signed", "tls"), "untrusted", "signed by nobody"),
    ],
)
def test_each_confusion_of_tls_is_told_before_any_login(authority, servers, place, trouble, hint):
    server, security = place
    found, said = probe(authority, servers[server], security)
    assert (found.stage, found.trouble) == ("tls", trouble)
    assert hint in said
    assert "auth" not in [step.name for step in found.steps]


@pytest.mark.parametrize(
    ("server", "security"), [("starttls good", "starttls"), ("tls good", "tls")]
)
def test_a_wrong_password_is_told_in_postfixs_own_words(authority, servers, server, security):
    found, hint = probe(authority, servers[server], security, password="wrong")
    assert found.stage == "auth"
    assert found.message.startswith("535 5.7.8 Error: authentication failed")
    assert hint


def test_a_server_without_a_login_is_told(authority, servers):
    found, hint = probe(authority, servers["no auth"], "starttls")
    assert (found.stage, found.trouble) == ("auth", "no_auth")
    assert "no way to sign in" in hint


@pytest.mark.parametrize(
    ("server", "security"), [("starttls good", "starttls"), ("tls good", "tls")]
)
def test_a_sender_that_the_login_may_not_use_is_told(authority, servers, server, security):
    found, hint = probe(authority, servers[server], security, sender="other@acme.test")
    assert found.stage == "sender"
    assert (
        "553 5.7.1 <other@acme.test>: Sender address rejected: not owned by user" in found.message
    )
    assert "may not send from that address" in hint
