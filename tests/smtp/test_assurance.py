from datetime import timedelta

import pytest

from gateway.mail.dane import Tlsa
from gateway.mail.mta_sts import Mode, Policy
from gateway.ports.relay import DnsFault, Mx, Tls, TlsPolicy
from gateway.rules.outcome import Obstacle
from gateway.smtp.routes import RoutePlan, RouteRule
from tests.smtp.loops import in_loop
from tests.smtp.test_routes import ONE, TWO, Names, routes_of

GOOD = Tlsa(3, 1, 1, bytes(32))
USELESS = Tlsa(1, 1, 1, bytes(32))


class Published:
    """StsPolicies with one policy for every domain."""

    def __init__(self, mode=None, mx=("a.test", "*.b.test")):
        self.policy = None if mode is None else Policy(mode, mx, timedelta(days=1))

    async def of(self, domain):
        return self.policy


class Signed(Names):
    """A Resolver in whose answers DNSSEC vouches for all MXs."""

    async def mx(self, domain):
        return [Mx(*record, is_secure=True) for record in self._answer("mx", domain)]


def names(kind=Signed, **records):
    tlsa = {(f"{host}.test", 25): answer for host, answer in records.items()}
    mx = {"example.org": [(1, "a.test"), (2, "c.test")]}
    return kind(mx, {"a.test": [ONE], "c.test": [TWO]}, tlsa)


async def hops(resolver, policies=None, least=Tls.OPPORTUNISTIC):
    plan = RoutePlan(RouteRule("*", tls=least))
    routes = routes_of(resolver, plan, policies=policies or Published())
    return await routes.to_domain("example.org")


@in_loop
async def test_tlsa_records_ask_for_dane():
    a, c = await hops(names(a=[GOOD, USELESS]))
    assert (a.tls, a.assurance.policy, a.assurance.tlsa) == (Tls.DANE, TlsPolicy.DANE, (GOOD,))
    assert a.assurance.names == ("a.test", "example.org")
    assert (c.tls, c.assurance.policy) == (Tls.OPPORTUNISTIC, TlsPolicy.NONE)


@in_loop
async def test_tlsa_records_of_an_mx_that_dnssec_does_not_vouch_for_count_for_nothing():
    assert [hop.tls for hop in await hops(names(Names, a=[GOOD]))] == 2 * [Tls.OPPORTUNISTIC]


@in_loop
async def test_unusable_tlsa_records_ask_for_tls_without_a_check():
    a, _ = await hops(names(a=[USELESS]))
    assert (a.tls, a.assurance.policy) == (Tls.REQUIRED, TlsPolicy.DANE)
    a, _ = await hops(names(a=[USELESS]), least=Tls.VERIFIED)
    assert a.tls is Tls.VERIFIED


@in_loop
async def test_an_mx_whose_tlsa_records_dns_does_not_tell_is_passed_over():
    assert [hop.host for hop in await hops(names(a=DnsFault("SERVFAIL")))] == ["c.test"]
    found = await hops(names(a=DnsFault("SERVFAIL"), c=DnsFault("x")))
    assert (found.obstacle, found.text) == (Obstacle.TLS, "SERVFAIL; x")


@in_loop
async def test_an_enforced_policy_leads_to_its_mxs_alone_and_verified():
    (a,) = await hops(names(Names), Published(Mode.ENFORCE))
    assert (a.host, a.tls, a.assurance.policy) == ("a.test", Tls.VERIFIED, TlsPolicy.MTA_STS)
    assert "mode: enforce" in a.assurance.lines


@in_loop
async def test_a_policy_that_names_no_mx_of_the_domain_defers():
    found = await hops(names(Names), Published(Mode.ENFORCE, ("other.test",)))
    assert found.obstacle is Obstacle.TLS
    assert "a.test is no MX of the MTA-STS policy of example.org" in found.text


@in_loop
async def test_a_policy_being_tested_stops_no_mail():
    found = await hops(names(Names), Published(Mode.TESTING, ("other.test",)))
    assert [(hop.host, hop.tls) for hop in found] == [
        ("a.test", Tls.OPPORTUNISTIC),
        ("c.test", Tls.OPPORTUNISTIC),
    ]
    assert all(hop.assurance.testing for hop in found)


@pytest.mark.parametrize("mode", [None, Mode.NONE])
@in_loop
async def test_no_policy_asks_for_nothing(mode):
    found = await hops(names(Names), Published(mode))
    assert {(hop.tls, hop.assurance.policy) for hop in found} == {
        (Tls.OPPORTUNISTIC, TlsPolicy.NONE)
    }


@in_loop
async def test_dane_goes_before_mta_sts():
    (a,) = await hops(names(a=[GOOD]), Published(Mode.ENFORCE))
    assert a.tls is Tls.DANE


@in_loop
async def test_the_admin_may_want_more_and_may_want_none():
    a, c = await hops(names(a=[GOOD]), least=Tls.REQUIRED)
    assert (a.tls, c.tls) == (Tls.DANE, Tls.REQUIRED)
    found = await hops(names(a=[GOOD]), Published(Mode.ENFORCE), Tls.NONE)
    assert [hop.tls for hop in found] == [Tls.NONE, Tls.NONE]


@in_loop
async def test_connections_are_shared_by_domains_with_the_same_servers():
    resolver = names(Names)
    resolver.by_kind["mx"]["other.test"] = resolver.by_kind["mx"]["example.org"]
    routes = routes_of(resolver, policies=Published(Mode.ENFORCE))
    one, other = await routes.to_domain("example.org"), await routes.to_domain("other.test")
    assert one == other
    assert one[0].assurance.domain == "example.org"
