import base64
import ssl
from hashlib import sha256

import pytest

from gateway.mail.dane import Tlsa
from gateway.mail.replies import Reply
from gateway.ports.relay import Assurance, Credentials, NextHop, Tls, TlsPolicy
from gateway.rules.outcome import NextHopKind, Obstacle, Stage
from tests.smtp.attempts import CA, TLS_OF_HOP, attempt
from tests.smtp.fakehop import DROP, HANG, NOISE, RESET, FakeHop
from tests.smtp.loops import in_loop

CERTIFICATE = CA.issue_cert("mx.example.org")
SERVER = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CERTIFICATE.configure_cert(SERVER)
LEAF = ssl.PEM_cert_to_DER_cert(CERTIFICATE.cert_chain_pems[0].bytes().decode())
ANCHOR = ssl.PEM_cert_to_DER_cert(CA.cert_pem.bytes().decode())


@in_loop
async def test_tls_is_used_where_it_is_offered_whatever_the_certificate():
    async with FakeHop(**TLS_OF_HOP).running() as fake:
        attempted = await attempt(fake, hop=fake.hop("other.example.org"))
    assert (attempted.stage, attempted.tls) == (Stage.DOT, "TLSv1.3 unverified")
    assert fake.taken[0].tls
    assert [command for command in fake.commands if command.startswith("EHLO")] == [
        "EHLO mail.example.com"
    ] * 2


@in_loop
async def test_tls_none_uses_no_tls():
    async with FakeHop(**TLS_OF_HOP).running() as fake:
        attempted = await attempt(fake, hop=fake.hop(tls=Tls.NONE))
    assert attempted.tls == "none"
    assert not fake.taken[0].tls


FAILURES = [
    pytest.param({"tls": NOISE}, id="noise"),
    pytest.param({"tls": DROP}, id="drop"),
    pytest.param({"tls": RESET}, id="reset"),
    pytest.param({"tls": HANG}, id="hang"),
    pytest.param({"starttls": "454 4.7.0 TLS not available"}, id="refusal"),
]


@pytest.mark.parametrize("script", FAILURES)
@in_loop
async def test_opportunistic_tls_that_fails_gives_way_to_a_new_connection_in_clear_text(script):
    async with FakeHop(dict(script), **TLS_OF_HOP).running() as fake:
        attempted = await attempt(fake)
    assert (attempted.stage, attempted.answer.code, attempted.tls) == (Stage.DOT, 250, "none")
    assert attempted.tls_failure
    assert attempted.tls_failure in attempted.text
    assert fake.connections == 2


@pytest.mark.parametrize("script", FAILURES)
@pytest.mark.parametrize("tls", [Tls.REQUIRED, Tls.VERIFIED])
@in_loop
async def test_required_tls_that_fails_sends_nothing(script, tls):
    async with FakeHop(dict(script), **TLS_OF_HOP).running() as fake:
        attempted = await attempt(fake, hop=fake.hop("mx.example.org", tls=tls))
    assert attempted.stage is Stage.TLS
    assert fake.connections == 1
    assert fake.taken == []


@pytest.mark.parametrize("tls", [Tls.REQUIRED, Tls.VERIFIED])
@in_loop
async def test_required_tls_that_is_not_offered_sends_nothing(tls):
    async with FakeHop().running() as fake:
        attempted = await attempt(fake, hop=fake.hop("mx.example.org", tls=tls))
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.TLS, Obstacle.NO_TLS)
    assert not any(command.startswith("MAIL") for command in fake.commands)


@in_loop
async def test_required_tls_takes_any_certificate():
    async with FakeHop(**TLS_OF_HOP).running() as fake:
        attempted = await attempt(fake, hop=fake.hop("other.example.org", tls=Tls.REQUIRED))
    assert (attempted.stage, attempted.tls) == (Stage.DOT, "TLSv1.3 unverified")


@in_loop
async def test_verified_tls_takes_the_right_certificate():
    async with FakeHop(**TLS_OF_HOP).running() as fake:
        attempted = await attempt(fake, hop=fake.hop("mx.example.org", tls=Tls.VERIFIED))
    assert (attempted.stage, attempted.tls) == (Stage.DOT, "TLSv1.3 verified")


@in_loop
async def test_verified_tls_refuses_a_certificate_for_another_name():
    async with FakeHop(**TLS_OF_HOP).running() as fake:
        attempted = await attempt(fake, hop=fake.hop("other.example.org", tls=Tls.VERIFIED))
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.TLS, Obstacle.TLS)
    assert "Hostname mismatch" in attempted.text
    assert fake.taken == []


@pytest.mark.parametrize(
    ("host", "tls", "stage"),
    [
        ("mx.example.org", Tls.VERIFIED, Stage.DOT),
        ("other.example.org", Tls.OPPORTUNISTIC, Stage.DOT),
        ("other.example.org", Tls.VERIFIED, Stage.TLS),
    ],
)
@in_loop
async def test_implicit_tls_begins_with_the_first_byte(host, tls, stage):
    async with FakeHop(**TLS_OF_HOP, implicit_tls=True).running() as fake:
        attempted = await attempt(fake, hop=fake.hop(host, tls=tls))
    assert attempted.stage is stage
    assert "STARTTLS" not in fake.commands


@in_loop
async def test_implicit_tls_that_fails_is_never_given_up_for_clear_text():
    async with FakeHop().running() as fake:
        hop = NextHop("h.test", fake.port, "127.0.0.1", NextHopKind.SMARTHOST, implicit_tls=True)
        attempted = await attempt(fake, hop=hop)
    assert attempted.stage in {Stage.TLS, Stage.CONNECT}
    assert fake.connections == 1


LOGIN = Credentials("acme", "s\N{LATIN SMALL LETTER E WITH ACUTE}cret")


def with_login(fake, **changes):
    return fake.hop("mx.example.org", kind=NextHopKind.OWN, credentials=LOGIN, **changes)


@pytest.mark.parametrize(
    ("methods", "sent"),
    [
        ("PLAIN LOGIN CRAM-MD5", "AUTH PLAIN AGFjbWUAc8OpY3JldA=="),
        ("LOGIN", "AUTH LOGIN YWNtZQ=="),
    ],
)
@in_loop
async def test_signing_in_uses_one_method(methods, sent):
    fake = FakeHop(offers=("PIPELINING", f"AUTH {methods}"), **TLS_OF_HOP)
    async with fake.running():
        attempted = await attempt(fake, hop=with_login(fake, tls=Tls.VERIFIED))
    assert attempted.stage is Stage.DOT
    assert [command for command in fake.commands if command.startswith("AUTH")] == [sent]


@in_loop
async def test_an_access_token_is_shown_by_xoauth2_alone():
    token = Credentials("a@b.example", "ya29.x", is_token=True)
    said = base64.b64encode(b"user=a@b.example\1auth=Bearer ya29.x\1\1").decode()
    fake = FakeHop(offers=("AUTH PLAIN LOGIN XOAUTH2",), **TLS_OF_HOP)
    async with fake.running():
        hop = fake.hop("mx.example.org", kind=NextHopKind.OWN, credentials=token)
        assert (await attempt(fake, hop=hop)).stage is Stage.DOT
    auth = [command for command in fake.commands if command.startswith("AUTH")]
    assert auth == [f"AUTH XOAUTH2 {said}"]


@pytest.mark.parametrize(("credentials", "offers"), [(True, "PLAIN"), (False, "XOAUTH2")])
@in_loop
async def test_a_token_is_no_password_and_a_password_no_token(credentials, offers):
    login = Credentials("a@b.example", "ya29.x", is_token=credentials)
    fake = FakeHop(offers=(f"AUTH {offers}",), **TLS_OF_HOP)
    async with fake.running():
        hop = fake.hop("mx.example.org", kind=NextHopKind.OWN, credentials=login)
        attempted = await attempt(fake, hop=hop)
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.AUTH, Obstacle.NO_LOGIN)
    assert not any(command.startswith("AUTH") for command in fake.commands)


@in_loop
async def test_the_challenge_of_a_refused_token_is_answered_and_not_taken_for_a_yes():
    challenge = "334 eyJzdGF0dXMiOiI0MDEifQ=="
    script = {"auth": challenge}
    fake = FakeHop(script, offers=("AUTH XOAUTH2",), **TLS_OF_HOP)
    async with fake.running():
        token = Credentials("a@b.example", "ya29.x", is_token=True)
        hop = fake.hop("mx.example.org", kind=NextHopKind.OWN, credentials=token)
        attempted = await attempt(fake, hop=hop)
    assert attempted.stage is Stage.AUTH
    assert isinstance(attempted.answer, Reply)
    assert attempted.answer.code >= 500


@in_loop
async def test_a_refused_login_is_tried_once_and_told():
    script = {"auth": "535 5.7.8 Wrong password"}
    fake = FakeHop(script, offers=("AUTH PLAIN LOGIN",), **TLS_OF_HOP)
    async with fake.running():
        attempted = await attempt(fake, hop=with_login(fake))
    assert (attempted.stage, attempted.answer.code) == (Stage.AUTH, 535)
    assert sum(command.startswith("AUTH") for command in fake.commands) == 1


@in_loop
async def test_another_method_is_tried_where_the_first_is_unknown():
    script = {"auth": ["504 5.5.4 Unknown", "235 2.7.0 Fine"]}
    fake = FakeHop(script, offers=("AUTH PLAIN LOGIN",), **TLS_OF_HOP)
    async with fake.running():
        assert (await attempt(fake, hop=with_login(fake))).stage is Stage.DOT


@in_loop
async def test_no_method_that_we_know_is_told():
    fake = FakeHop(offers=("AUTH GSSAPI",), **TLS_OF_HOP)
    async with fake.running():
        attempted = await attempt(fake, hop=with_login(fake))
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.AUTH, Obstacle.NO_LOGIN)


@pytest.mark.parametrize("tls", [Tls.OPPORTUNISTIC, Tls.REQUIRED, Tls.VERIFIED])
@pytest.mark.parametrize("server", [{}, TLS_OF_HOP | {"script": {"tls": DROP}}])
@in_loop
async def test_a_password_never_goes_over_clear_text(tls, server):
    fake = FakeHop(offers=("AUTH PLAIN",), **server)
    async with fake.running():
        attempted = await attempt(fake, hop=with_login(fake, tls=tls))
    assert attempted.stage is Stage.TLS
    assert not any(command.startswith("AUTH") for command in fake.commands)


@in_loop
async def test_a_password_goes_over_clear_text_where_the_admin_wants_no_tls():
    fake = FakeHop(offers=("AUTH PLAIN",))
    async with fake.running():
        assert (await attempt(fake, hop=with_login(fake, tls=Tls.NONE))).stage is Stage.DOT


def dane(*records):
    tlsa = tuple(records)
    return Assurance(TlsPolicy.DANE, tlsa=tlsa, names=("mx.example.org",))


@in_loop
async def test_dane_takes_the_certificate_that_the_records_name():
    async with FakeHop(tls_context=SERVER).running() as fake:
        for record in (Tlsa(3, 0, 1, sha256(LEAF).digest()), Tlsa(2, 0, 0, ANCHOR)):
            hop = fake.hop("mx.example.org", tls=Tls.DANE, assurance=dane(record))
            attempted = await attempt(fake, hop=hop)
            assert (attempted.stage, attempted.tls) == (Stage.DOT, "TLSv1.3 dane")


@pytest.mark.parametrize("record", [Tlsa(3, 0, 1, bytes(32)), Tlsa(2, 0, 1, bytes(32))])
@in_loop
async def test_dane_refuses_any_other_certificate_and_sends_nothing(record):
    async with FakeHop(tls_context=SERVER).running() as fake:
        hop = fake.hop("mx.example.org", tls=Tls.DANE, assurance=dane(record))
        attempted = await attempt(fake, hop=hop)
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.TLS, Obstacle.TLS)
    assert attempted.answer.text.startswith("DANE: ")
    assert (fake.connections, fake.taken) == (1, [])


@in_loop
async def test_dane_is_never_given_up_where_tls_is_not_offered():
    async with FakeHop().running() as fake:
        hop = fake.hop(tls=Tls.DANE, assurance=dane(Tlsa(3, 0, 1, bytes(32))))
        attempted = await attempt(fake, hop=hop)
    assert (attempted.answer.obstacle, fake.taken) == (Obstacle.NO_TLS, [])
    assert attempted.answer.text == "DANE: 127.0.0.1 offers no STARTTLS"


STS = Assurance(TlsPolicy.MTA_STS)
TESTED = Assurance(TlsPolicy.MTA_STS, testing=True)


@in_loop
async def test_mta_sts_in_force_is_told_apart_from_what_the_admin_wants():
    async with FakeHop(**TLS_OF_HOP).running() as fake:
        hop = fake.hop("mx.example.org", tls=Tls.VERIFIED, assurance=STS)
        assert (await attempt(fake, hop=hop)).tls == "TLSv1.3 mta-sts"


@pytest.mark.parametrize("server", [TLS_OF_HOP, {}], ids=["another name", "no TLS"])
@in_loop
async def test_mta_sts_in_force_sends_nothing_else_and_the_attempt_names_it(server):
    async with FakeHop(**server).running() as fake:
        hop = fake.hop("other.example.org", tls=Tls.VERIFIED, assurance=STS)
        attempted = await attempt(fake, hop=hop)
    assert (attempted.stage, fake.taken) == (Stage.TLS, [])
    assert attempted.answer.text.startswith("MTA-STS: ")


@pytest.mark.parametrize(
    ("host", "server", "tls", "connections", "fails"),
    [
        ("mx.example.org", TLS_OF_HOP, "TLSv1.3 mta-sts", 1, False),
        ("other.example.org", TLS_OF_HOP, "TLSv1.3 unverified", 2, True),
        ("mx.example.org", {}, "none", 2, True),
        ("mx.example.org", TLS_OF_HOP | {"script": {"tls": DROP}}, "none", 3, True),
    ],
)
@in_loop
async def test_a_policy_being_tested_is_tried_and_then_done_without(
    host, server, tls, connections, fails
):
    async with FakeHop(**server).running() as fake:
        attempted = await attempt(fake, hop=fake.hop(host, assurance=TESTED))
    assert (attempted.stage, attempted.tls) == (Stage.DOT, tls)
    assert fake.connections == connections
    assert bool(attempted.tls_failure) is fails


@in_loop
async def test_a11_replies_put_behind_the_220_to_starttls_count_for_nothing():
    injected = "220 2.0.0 Go on\r\n250-evil.test\r\n250-AUTH PLAIN\r\n250 SIZE 1\r\n250 OK"
    credentials = Credentials("acme", "s3cret")
    async with FakeHop({"starttls": injected}, **TLS_OF_HOP).running() as fake:
        attempted = await attempt(
            fake, hop=fake.hop("mx.example.org", tls=Tls.REQUIRED, credentials=credentials)
        )
    assert fake.logins_in_clear == []
    assert attempted.stage in {Stage.TLS, Stage.EHLO, Stage.AUTH, Stage.DOT}
    assert all(taken.tls for taken in fake.taken)
