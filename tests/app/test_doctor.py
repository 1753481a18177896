"""What `doctor` sees, with a name server and a mail server of the tests' own."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from gateway.app.doctor import machine
from gateway.app.doctor.examination import Wishes
from gateway.app.doctor.examination import examine as examine_all
from gateway.app.doctor.findings import Health
from gateway.app.doctor.surroundings import (
    block_lists,
    records,
    reverse_names,
    tls_reports,
    way_out,
)
from gateway.rules.dns_verdicts import Record, judge, unanswered
from gateway.settings import NextHop, examine
from gateway.smtp.resolver import DnsResolver
from tests.smtp.fakedns import FakeDns
from tests.smtp.loops import in_loop

NOW = datetime(2026, 11, 29, tzinfo=UTC)
HOST = "mail.example.com"


@asynccontextmanager
async def asking(zone):
    async with FakeDns(zone).running() as fake:
        yield DnsResolver([fake.server], timeout=2)


@asynccontextmanager
async def greeting(said):
    async def greet(reader, writer):
        writer.write(said)
        await writer.drain()
        if said:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("zone", "state", "words"),
    [
        ({("7.2.0.192.in-addr.arpa", "PTR"): [f"{HOST}."]}, Health.OK, "and back"),
        ({("7.2.0.192.in-addr.arpa", "PTR"): ["dsl.isp.example."]}, Health.FAILED, "is called dsl"),
        ({}, Health.FAILED, "has no name"),
        ({"7.2.0.192.in-addr.arpa": "SERVFAIL"}, Health.WARNING, "SERVFAIL"),
    ],
)
@in_loop
async def test_a_machine_without_its_name_by_its_address_is_told(zone, state, words):
    async with asking({(HOST, "A"): ["192.0.2.7"], **zone}) as resolver:
        (found,) = await reverse_names(resolver, HOST, ["192.0.2.7"])
    assert (found.state, words in found.detail) == (state, True)
    assert bool(found.remedy) == (state is not Health.OK)


@in_loop
async def test_a_name_that_does_not_lead_back_is_told():
    zone = {(HOST, "A"): ["192.0.2.8"], ("7.2.0.192.in-addr.arpa", "PTR"): [f"{HOST}."]}
    async with asking(zone) as resolver:
        (found,) = await reverse_names(resolver, HOST, ["192.0.2.7"])
        assert (await reverse_names(resolver, "no.example", []))[0].state is Health.FAILED
    assert (found.state, "does not lead back" in found.detail) == (Health.FAILED, True)


@pytest.mark.parametrize(
    ("said", "state"),
    [(b"220 mx ESMTP\r\n", Health.OK), (b"554 go away\r\n", Health.FAILED), (b"", Health.FAILED)],
)
@in_loop
async def test_the_smarthost_is_asked_for_its_greeting(said, state):
    async with asking({}) as resolver, greeting(said) as port:
        hop = NextHop("127.0.0.1", port, False)
        found = await way_out(resolver, hop, "unused.example")
    assert found.state is state
    assert f":{port}" in found.detail


@in_loop
async def test_a_way_out_that_is_shut_is_told_with_its_remedy():
    async with asking({}) as resolver, greeting(b"") as port:
        pass
    async with asking({("far.example", "MX"): ["10 mx.far.example."]}) as resolver:
        shut = await way_out(resolver, NextHop("127.0.0.1", port, False), "unused.example")
        nowhere = await way_out(resolver, None, "far.example")
        unknown = await way_out(resolver, None, "none.example")
    assert (shut.check, shut.state) == ("smarthost", Health.FAILED)
    assert shut.detail == f"127.0.0.1 [127.0.0.1]:{port}: Connection refused"
    assert "[relay] next_hop" in shut.remedy
    assert "port 25" in nowhere.remedy
    assert (nowhere.state, nowhere.detail) == (Health.FAILED, "mx.far.example: no such domain")
    assert unknown.state is Health.WARNING


@in_loop
async def test_block_lists_are_asked_only_where_named():
    zone = {("7.2.0.192.bl.example", "A"): ["127.0.0.2"]}
    async with asking(zone) as resolver:
        assert await block_lists(resolver, HOST, ["192.0.2.7"], ()) == []
        on, off = await block_lists(resolver, HOST, ["192.0.2.7"], ("bl.example", "other.example"))
    assert (on.state, "127.0.0.2" in on.detail, off.state) == (Health.FAILED, True, Health.OK)


def test_failures_that_others_report_are_told_and_old_ones_are_not():
    told = [
        {"organization": "Old", "ends": "2026-11-01", "success": 0, "failure": 9,
         "failures": {"certificate-expired": 9}},
        {"organization": "Big", "ends": "2026-11-28", "success": 90, "failure": 0, "failures": {}},
    ]  # fmt: skip
    assert list(tls_reports(told, "2026-11-29")) == []
    (fine,) = tls_reports(told, "2026-11-22")
    assert (fine.state, "90 sessions" in fine.detail) == (Health.OK, True)
    (bad,) = tls_reports(told, "2026-10-01")
    assert (bad.state, "certificate-expired" in bad.detail) == (Health.FAILED, True)


def test_records_in_order_are_one_line():
    good = judge(Record("a.example", "A", "192.0.2.7", ""), ["192.0.2.7"])
    missing = judge(Record("a.example", "MX", "10 b.example", ""), [])
    unknown = unanswered(Record("c.example", "MX", "10 b.example", ""), "SERVFAIL")
    found = list(records([good, missing, good, unknown]))
    assert [one.state for one in found] == [Health.OK, Health.FAILED, Health.WARNING]
    assert "2 records" in found[0].detail


def test_records_that_nobody_published_yet_are_one_finding():
    missing = [judge(Record(f"h{n}.example.com", "A", "192.0.2.1", ""), ()) for n in range(6)]
    other = judge(Record("a.example.com", "A", "192.0.2.1", ""), ("192.0.2.9",))
    first, second = records([*missing, other])
    assert first.detail == (
        "6 of 7 records are not published: A h0.example.com, A h1.example.com, "
        "A h2.example.com, A h3.example.com and 2 more"
    )
    assert "A a.example.com: DNS answers 192.0.2.9" in second.detail


@pytest.mark.parametrize(
    ("names", "ends", "state", "words"),
    [
        ((HOST,), NOW + timedelta(days=90), Health.OK, "until"),
        (("*.example.com",), NOW + timedelta(days=90), Health.OK, "until"),
        (("www.example.com",), NOW + timedelta(days=90), Health.FAILED, "not for mail."),
        ((HOST,), NOW + timedelta(days=5), Health.WARNING, "expires on"),
        ((HOST,), NOW - timedelta(days=5), Health.FAILED, "expired on"),
        ((), NOW, Health.WARNING, "no certificate"),
    ],
)
def test_a_certificate_is_judged_by_its_names_and_its_end(tmp_path, names, ends, state, words):
    loaded = examine(None, environ={})
    if names:
        leaf = trustme.CA().issue_cert(*names, not_after=ends)
        leaf.cert_chain_pems[0].write_to_path(tmp_path / "c.pem")
        tls = replace(loaded.settings.tls, certificate=tmp_path / "c.pem")
        loaded = replace(loaded, settings=replace(loaded.settings, tls=tls))
    found = machine.certificate(loaded, NOW)
    assert (found.state, words in found.detail) == (state, True), found


def test_old_work_of_the_gateway_is_told():
    told = {
        "gateway": "running",
        "roles": {"smtp": "ok", "web": "stopped"},
        "spool": {"waiting": 3, "oldest_seconds": 600},
        "queue": [
            {"state": "deferred", "next_hop": "a.example", "count": 2, "oldest_seconds": 90_000},
            {"state": "held", "next_hop": "b.example", "count": 1, "oldest_seconds": 900_000},
        ],
    }
    found = {one.check: one for one in machine.gateway(told)}
    assert (found["gateway"].state, found["gateway"].detail) == (Health.OK, "runs: smtp")
    assert found["spool"].state is Health.FAILED
    assert (found["queue"].state, "b.example" in found["queue"].detail) == (Health.WARNING, False)
    told |= {"spool": {"waiting": 0, "oldest_seconds": 0}, "queue": [], "gateway": "stopped"}
    states = [one.state for one in machine.gateway(told)]
    assert states == [Health.WARNING, Health.OK, Health.OK]


def test_a_disk_that_is_not_there_is_told(tmp_path):
    assert machine.disk(tmp_path / "none").state is Health.FAILED
    assert "GiB free" in machine.disk(tmp_path).detail


@in_loop
async def test_an_examination_changes_nothing_and_names_every_check(tmp_path):
    data = tmp_path / "var"
    config = tmp_path / "postroom.toml"
    async with FakeDns({}).running() as fake:
        config.write_text(
            f'[server]\ndata_dir = "{data}"\nsecret = {{ file = "{data}/secret" }}\n'
            f'[dkim]\ndirectory = "{data}/dkim"\n[dns]\nresolvers = ["127.0.0.1:{fake.port}"]\n'
            '[listen]\nmx = ["127.0.0.1:0"]\nsubmission = ["127.0.0.1:0"]\n'
            'http = ["127.0.0.1:0"]\n'
        )
        loaded = examine(config, environ={})
        found = [one async for one in examine_all(loaded, Wishes(["192.0.2.7"]))]
    checks = {one.check for one in found}
    assert checks == {"configuration", "disk", "clock", "tls", "gateway", "ptr", "port 25", "dns"}
    assert all(one.remedy for one in found if one.state is Health.FAILED)
    assert [path.name for path in tmp_path.iterdir()] == ["postroom.toml"]
