import asyncio
from datetime import timedelta
from ipaddress import ip_network

import pytest

from gateway.ports.relay import (
    Credentials,
    DnsFault,
    Mx,
    NextHop,
    NoAnswer,
    NoSuchDomain,
    OwnServer,
    Tls,
)
from gateway.ports.routing import Way
from gateway.rules.outcome import NextHopKind, Obstacle, Trouble
from gateway.runtime.egress import Egress
from gateway.smtp.routes import DnsRoutes, RoutePlan, RouteRule, Smarthost
from tests.smtp.loops import in_loop

ONE, TWO, THREE = "8.8.8.1", "8.8.8.2", "2a00::3"


class Names:
    """A Resolver with answers in maps; an exception as an answer is raised."""

    def __init__(self, mx=None, hosts=None, tlsa=None):
        self.by_kind = {"mx": mx or {}, "host": hosts or {}}
        self.records = tlsa or {}
        self.asked = []

    def _answer(self, kind, name):
        self.asked.append((kind, name))
        answer = self.by_kind[kind].get(name, NoSuchDomain(f"{name}: no such domain"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def mx(self, domain):
        return [Mx(*record) for record in self._answer("mx", domain)]

    async def addresses(self, host):
        return self._answer("host", host)

    async def configured_addresses(self, host):
        return self._answer("host", host)

    async def txt(self, name):
        return self._answer("txt", name)

    async def tlsa(self, host, port):
        answer = self.records.get((host, port), ())
        if isinstance(answer, Exception):
            raise answer
        return answer


class Spreads:
    """A Chance that gives these numbers in turn."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def spread(self):
        return self.numbers.pop(0) if self.numbers else 0.0

    def octets(self, count):
        return bytes(count)


def routes_of(names, plan=None, *, chance=None, allow=(), policies=None):
    return DnsRoutes(
        plan or RoutePlan(),
        names,
        Egress([ip_network(network) for network in allow]),
        chance or Spreads(),
        hostname="mail.example.com",
        policies=policies,
    )


def ways(found):
    return [(hop.host, hop.address) for hop in found]


@in_loop
async def test_mail_goes_to_the_mx_of_least_preference_first():
    names = Names(
        mx={"example.org": [(20, "b.test"), (10, "a.test")]},
        hosts={"a.test": [ONE, THREE], "b.test": [TWO]},
    )
    assert await routes_of(names).to_domain("Example.ORG.") == [
        NextHop("a.test", 25, ONE, NextHopKind.MX),
        NextHop("a.test", 25, THREE, NextHopKind.MX),
        NextHop("b.test", 25, TWO, NextHopKind.MX),
    ]


@pytest.mark.parametrize(
    ("numbers", "order"),
    [((0.5, -0.5), ["b.test", "a.test"]), ((-0.5, 0.5), ["a.test", "b.test"])],
)
@in_loop
async def test_chance_orders_equal_mxs(numbers, order):
    names = Names(
        mx={"example.org": [(10, "a.test"), (10, "b.test")]},
        hosts={"a.test": [ONE], "b.test": [TWO]},
    )
    found = await routes_of(names, chance=Spreads(*numbers)).to_domain("example.org")
    assert [hop.host for hop in found] == order


@in_loop
async def test_a_domain_without_mx_is_its_own():
    names = Names(mx={"example.org": NoAnswer("none")}, hosts={"example.org": [ONE]})
    assert ways(await routes_of(names).to_domain("example.org")) == [("example.org", ONE)]


@in_loop
async def test_the_address_of_a_domain_is_not_asked_for_where_there_is_an_mx():
    names = Names(mx={"example.org": [(10, "a.test")]}, hosts={"example.org": [TWO]})
    found = await routes_of(names).to_domain("example.org")
    assert found == Trouble(Obstacle.DNS, "no MX of example.org has an address")


@pytest.mark.parametrize(
    ("mx", "hosts", "obstacle"),
    [
        pytest.param(NoSuchDomain("x"), {}, Obstacle.NO_SUCH_DOMAIN, id="NXDOMAIN"),
        pytest.param(DnsFault("x"), {}, Obstacle.DNS, id="SERVFAIL or time-out"),
        pytest.param([(0, "")], {}, Obstacle.NULL_MX, id="null MX"),
        pytest.param(NoAnswer("x"), {}, Obstacle.NO_SUCH_DOMAIN, id="neither MX nor address"),
        pytest.param(
            NoAnswer("x"), {"example.org": DnsFault("x")}, Obstacle.DNS, id="no answer about A"
        ),
        pytest.param([(5, "a.test")], {"a.test": DnsFault("x")}, Obstacle.DNS, id="about the MX"),
        pytest.param([(5, "a.test")], {}, Obstacle.DNS, id="MX does not exist"),
        pytest.param(
            [(5, "a.test")], {"a.test": ["127.0.0.1"]}, Obstacle.NO_ROUTE, id="MX on loopback"
        ),
        pytest.param(
            [(5, "a.test")], {"a.test": ["10.66.0.1", "::"]}, Obstacle.NO_ROUTE, id="private MX"
        ),
        pytest.param(
            [(5, "a.test"), (9, "b.test")],
            {"a.test": ["127.0.0.1"], "b.test": DnsFault("x")},
            Obstacle.DNS,
            id="the other MX may do later",
        ),
        pytest.param(
            [(5, "Mail.example.com"), (5, "a.test")],
            {"a.test": [ONE]},
            Obstacle.IS_US,
            id="we are the best MX",
        ),
        pytest.param(
            [(5, "a.test"), (9, "b.test")],
            {"a.test": ["10.66.0.1"], "b.test": [TWO], "mail.example.com": [TWO]},
            Obstacle.IS_US,
            id="a private MX, and us behind it",
        ),
    ],
)
@in_loop
async def test_what_stands_in_the_way_is_told(mx, hosts, obstacle):
    found = await routes_of(Names({"example.org": mx}, hosts)).to_domain("example.org")
    assert isinstance(found, Trouble)
    assert found.obstacle is obstacle


@in_loop
async def test_a_null_mx_among_others_counts_for_nothing():
    names = Names(mx={"example.org": [(0, ""), (5, "a.test")]}, hosts={"a.test": [ONE]})
    assert ways(await routes_of(names).to_domain("example.org")) == [("a.test", ONE)]


@in_loop
async def test_a111_mxs_behind_us_are_not_used():
    names = Names(
        mx={"example.org": [(5, "a.test"), (10, "mail.example.com"), (20, "b.test")]},
        hosts={"a.test": [ONE], "b.test": [TWO], "mail.example.com": [TWO]},
    )
    assert ways(await routes_of(names).to_domain("example.org")) == [("a.test", ONE)]


@in_loop
async def test_a111_an_mx_at_our_own_address_is_us_by_another_name():
    names = Names(
        mx={"example.org": [(5, "a.test"), (10, "alias.test"), (20, "b.test")]},
        hosts={
            "a.test": [ONE],
            "alias.test": [THREE, TWO],
            "b.test": [ONE],
            "mail.example.com": [TWO],
        },
    )
    assert ways(await routes_of(names).to_domain("example.org")) == [("a.test", ONE)]
    names.by_kind["mx"]["example.org"] = [(10, "alias.test"), (20, "b.test")]
    found = await routes_of(names).to_domain("example.org")
    assert found.obstacle is Obstacle.IS_US
    assert "alias.test" in found.text


@in_loop
async def test_a111_a112_denied_addresses_are_left_out():
    names = Names(
        mx={"example.org": [(5, "a.test"), (9, "b.test")]},
        hosts={"a.test": ["127.0.0.1", ONE, "64:ff9b::7f00:1"], "b.test": ["10.0.0.1"]},
    )
    assert ways(await routes_of(names).to_domain("example.org")) == [("a.test", ONE)]


@in_loop
async def test_an_allowed_network_may_hold_an_mx():
    names = Names(mx={"example.org": [(5, "a.test")]}, hosts={"a.test": ["127.0.0.5"]})
    routes = routes_of(names, allow=["127.0.0.0/8"])
    assert ways(await routes.to_domain("example.org")) == [("a.test", "127.0.0.5")]


@in_loop
async def test_a_domain_with_very_many_mxs_is_asked_for_a_few():
    names = Names(
        mx={"example.org": [(number, f"mx{number}.test") for number in range(500)]},
        hosts={f"mx{number}.test": [ONE, TWO] for number in range(500)},
    )
    found = await routes_of(names).to_domain("example.org")
    assert len(found) == 20
    assert len(names.asked) == 1 + 20 + 1  # the MXs, their hosts, ours


@in_loop
async def test_a113_an_address_literal_is_not_delivered_to():
    found = await routes_of(Names()).to_domain("[127.0.0.1]")
    assert found.obstacle is Obstacle.BAD_ADDRESS


RELAYED = RouteRule(
    "*",
    Smarthost("relay.test", 465, implicit_tls=True, credentials=Credentials("u", "p")),
    tls=Tls.VERIFIED,
    per_next_hop=3,
    source_address="192.0.2.9",
)


@in_loop
async def test_a_smarthost_takes_mail_for_all_domains_and_is_not_judged():
    names = Names(hosts={"relay.test": ["10.0.0.5"]})
    assert await routes_of(names, RoutePlan(RELAYED)).to_domain("example.org") == [
        NextHop(
            host="relay.test",
            port=465,
            address="10.0.0.5",
            kind=NextHopKind.SMARTHOST,
            tls=Tls.VERIFIED,
            implicit_tls=True,
            credentials=Credentials("u", "p"),
            most_connections=3,
            source_address="192.0.2.9",
        )
    ]


@pytest.mark.parametrize("error", [NoSuchDomain("x"), NoAnswer("x"), DnsFault("x")])
@in_loop
async def test_a_smarthost_that_is_not_found_defers(error):
    found = await routes_of(Names(hosts={"relay.test": error}), RoutePlan(RELAYED)).to_domain("a.b")
    assert found == Trouble(Obstacle.DNS, "x")


FROM_IPV6 = RoutePlan(RouteRule("*", source_address="2a00::9"))


@in_loop
async def test_a_source_address_reaches_addresses_of_its_own_kind():
    names = Names(
        mx={"example.org": [(1, "a.test"), (2, "b.test")]},
        hosts={"a.test": [ONE], "b.test": [TWO, THREE]},
    )
    routes = routes_of(names, FROM_IPV6)
    assert ways(await routes.to_domain("example.org")) == [("b.test", THREE)]
    names.by_kind["host"]["b.test"] = [TWO]
    found = await routes.to_domain("example.org")
    words = "a.test has no address that can be reached from 2a00::9"
    assert found == Trouble(Obstacle.DNS, words)


PLAN = RoutePlan(
    rules=(
        RouteRule("held.test", hold=True),
        RouteRule("*.example.org", Smarthost("10.0.0.5")),
        RouteRule("example.org", Smarthost("10.0.0.6", 2525)),
        RouteRule("*", Smarthost("::1")),
    )
)


@pytest.mark.parametrize(
    ("domain", "way"),
    [
        ("held.test", Way("held.test", held=True)),
        ("a.example.org", Way("10.0.0.5:25")),
        ("A.B.Example.Org.", Way("10.0.0.5:25")),
        ("example.org", Way("10.0.0.6:2525")),
        ("xexample.org", Way("[::1]:25")),
    ],
)
def test_the_first_rule_that_covers_a_domain_counts(domain, way):
    assert routes_of(Names(), PLAN).way(domain) == way


def test_without_rules_the_domain_is_the_way():
    assert routes_of(Names()).way("Example.org") == Way("example.org")


@in_loop
async def test_the_plan_may_be_set_anew():
    names = Names(mx={"a.test": [(1, "mx.test")]}, hosts={"mx.test": [ONE], "relay.test": [TWO]})
    routes = routes_of(names)
    assert ways(await routes.to_domain("a.test")) == [("mx.test", ONE)]
    routes.plan = RoutePlan(RELAYED)
    assert ways(await routes.to_domain("a.test")) == [("relay.test", TWO)]


OWN = OwnServer("smtp.acme.test", 587, Tls.VERIFIED, False, Credentials("u", "p"))


@in_loop
async def test_a_company_s_own_server_is_a_next_hop_of_its_own_kind():
    names = Names(hosts={"smtp.acme.test": [ONE, "127.0.0.1"]})
    (hop,) = await routes_of(names).to_own_server(OWN)
    assert hop == NextHop(
        "smtp.acme.test", 587, ONE, NextHopKind.OWN, Tls.VERIFIED, False, Credentials("u", "p"), 3
    )


@pytest.mark.parametrize("answer", [["127.0.0.1"], NoSuchDomain("x"), DnsFault("x")])
@in_loop
async def test_a_company_s_own_server_that_leads_nowhere_defers(answer):
    found = await routes_of(Names(hosts={"smtp.acme.test": answer})).to_own_server(OWN)
    assert found.obstacle is Obstacle.DNS


def test_a_password_is_not_shown():
    assert "secret" not in repr(
        NextHop("h", 1, ONE, NextHopKind.OWN, credentials=Credentials("u", "secret"))
    )


@in_loop
async def test_our_own_addresses_are_told_without_those_that_dns_is_silent_about():
    class Silent(Names):
        async def addresses(self, host):
            await asyncio.Event().wait()

    rule = RouteRule("x.example", source_address=TWO)
    known = DnsRoutes(
        RoutePlan(rules=(rule,)), Names(hosts={"mail.test": [ONE]}), Egress(()), Spreads(),
        hostname="mail.test",
    )  # fmt: skip
    silent = DnsRoutes(
        RoutePlan(rules=(rule,)), Silent(), Egress(()), Spreads(),
        hostname="mail.test", patience=timedelta(milliseconds=1),
    )  # fmt: skip
    assert [list(await one.own_addresses()) for one in (known, silent)] == [[ONE, TWO], [TWO]]
