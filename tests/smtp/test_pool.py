import asyncio
from dataclasses import replace

import pytest

from gateway.ports.relay import Credentials, Tls
from gateway.rules.outcome import NextHopKind, Obstacle, Stage
from tests.smtp.attempts import COPY, TLS_OF_HOP, Dot, attempt, relay_of
from tests.smtp.fakehop import DROP, HANG, FakeHop
from tests.smtp.loops import in_loop


def spoken(fake, *verbs):
    return [word for command in fake.commands if (word := command.split(" ")[0]) in verbs]


@in_loop
async def test_a_connection_is_used_again():
    async with FakeHop(**TLS_OF_HOP).running() as fake:
        relay = relay_of()
        for _ in range(3):
            assert (await attempt(fake, relay=relay)).stage is Stage.DOT
        relay.close()
    assert (fake.connections, len(fake.taken)) == (1, 3)
    assert spoken(fake, "RSET", "NOOP") == []


@in_loop
async def test_a_refused_transaction_is_reset_before_the_next_one():
    fake = FakeHop(recipients={"no@example.org": "550 5.1.1 No"})
    refused = replace(COPY, recipient=replace(COPY.recipient, address="no@example.org"))
    async with fake.running():
        relay = relay_of()
        for copy in (refused, COPY):
            await attempt(fake, copy, relay=relay)
        relay.close()
    assert (fake.connections, len(fake.taken)) == (1, 1)
    assert spoken(fake, "RCPT", "RSET") == ["RCPT", "RSET", "RCPT"]


@in_loop
async def test_a_message_refused_after_the_dot_needs_no_reset():
    async with FakeHop({"dot": "550 5.7.1 Spam"}).running() as fake:
        relay = relay_of()
        for _ in range(2):
            await attempt(fake, relay=relay)
        relay.close()
    assert (fake.connections, spoken(fake, "RSET")) == (1, [])


@in_loop
async def test_a_next_hop_that_was_silent_is_asked_first():
    async with FakeHop().running() as fake:
        relay = relay_of(unasked=-1)
        for _ in range(2):
            await attempt(fake, relay=relay)
        relay.close()
    assert (fake.connections, spoken(fake, "RSET")) == (1, ["RSET"])


@pytest.mark.parametrize("answer", [DROP, HANG, "421 4.4.2 Idle", "500 5.5.1 What?"])
@in_loop
async def test_a_next_hop_that_no_longer_listens_is_connected_anew(answer):
    async with FakeHop({"rset": answer}).running() as fake:
        relay = relay_of(unasked=-1)
        for _ in range(2):
            assert (await attempt(fake, relay=relay)).stage is Stage.DOT
        assert relay.open_connections == 1
        relay.close()
    assert fake.connections == 2


@pytest.mark.parametrize("mail", [DROP, "421 4.7.0 Too many on this connection"])
@in_loop
async def test_a_connection_closed_between_transactions_says_nothing_about_the_mail(mail):
    fine = "250 2.1.0 Fine"
    async with FakeHop({"mail": [fine, mail, fine]}).running() as fake:
        relay = relay_of()
        for _ in range(2):
            dot = Dot()
            assert (await attempt(fake, relay=relay, dot=dot)).stage is Stage.DOT
            assert dot.times == 1
        relay.close()
    assert (fake.connections, len(fake.taken)) == (2, 2)


@in_loop
async def test_a_kept_connection_lost_behind_mail_is_told():
    async with FakeHop({"dot": ["250 2.0.0 Fine", DROP]}).running() as fake:
        relay = relay_of()
        await attempt(fake, relay=relay)
        lost = await attempt(fake, relay=relay)
        assert relay.open_connections == 0
    assert (lost.stage, lost.answer.obstacle) == (Stage.DOT, Obstacle.LOST)
    assert fake.connections == 1


@in_loop
async def test_a_connection_serves_so_many_messages():
    async with FakeHop().running() as fake:
        relay = relay_of(most_transactions=2)
        for _ in range(5):
            await attempt(fake, relay=relay)
        relay.close()
    assert [taken.connection for taken in fake.taken] == [1, 1, 2, 2, 3]


@in_loop
async def test_an_idle_connection_is_closed_politely():
    async with FakeHop().running() as fake:
        relay = relay_of(longest_idle=0.01)
        await attempt(fake, relay=relay)
        await fake.until(lambda: fake.quits == 1)
        assert relay.open_connections == 0


@in_loop
async def test_closing_closes_idle_connections_and_those_given_back_later():
    async with FakeHop({"dot": "250 2.0.0 Fine"}).running() as fake:
        relay = relay_of()
        await attempt(fake, relay=relay)

        async def close_now():
            relay.close()

        await asyncio.gather(attempt(fake, relay=relay, dot=close_now), attempt(fake, relay=relay))
        await attempt(fake, relay=relay)
        assert relay.open_connections == 0
        await fake.until(lambda: fake.quits == fake.connections)


@in_loop
async def test_no_more_connections_are_open_than_the_next_hop_may_have():
    most = 0
    async with FakeHop().running() as fake:
        relay = relay_of()
        hop = fake.hop(most_connections=3)

        async def before_dot():
            nonlocal most
            most = max(most, relay.open_connections)
            await asyncio.sleep(0)

        await asyncio.gather(*(relay.relay(hop, COPY, before_dot=before_dot) for _ in range(20)))
        relay.close()
    assert (most, fake.connections, len(fake.taken)) == (3, 3, 20)


@in_loop
async def test_those_who_wait_go_on_when_others_fail():
    async with FakeHop({"rcpt": [DROP, DROP, "250 2.1.5 Fine"]}).running() as fake:
        relay = relay_of()
        hop = fake.hop(most_connections=1)
        ends = await asyncio.gather(*(attempt(fake, relay=relay, hop=hop) for _ in range(4)))
        relay.close()
    assert sorted(end.stage.value for end in ends) == ["dot", "dot", "rcpt", "rcpt"]


@in_loop
async def test_a_cancelled_wait_leaves_the_turn_to_others():
    release = asyncio.Event()
    async with FakeHop().running() as fake:
        relay = relay_of()
        hop = fake.hop(most_connections=1)
        first = asyncio.create_task(relay.relay(hop, COPY, before_dot=release.wait))
        await fake.until(lambda: spoken(fake, "DATA"))
        second = asyncio.create_task(relay.relay(hop, COPY, before_dot=Dot()))
        third = asyncio.create_task(relay.relay(hop, COPY, before_dot=Dot()))
        await asyncio.sleep(0)
        second.cancel()
        release.set()
        assert (await first).stage is Stage.DOT
        assert (await third).stage is Stage.DOT
        relay.close()
    assert len(fake.taken) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"tls": Tls.NONE},
        {"host": "other.test"},
        {"credentials": Credentials("other", "one")},
        {"kind": NextHopKind.SMARTHOST},
    ],
    ids=["tls", "host", "credentials", "kind"],
)
@in_loop
async def test_connections_are_never_shared_by_different_next_hops(changes):
    fake = FakeHop(offers=("AUTH PLAIN",), **TLS_OF_HOP)
    async with fake.running():
        relay = relay_of()
        hop = fake.hop(credentials=Credentials("one", "two"))
        for each in (hop, replace(hop, **changes), hop):
            assert (await attempt(fake, relay=relay, hop=each)).stage is Stage.DOT
        relay.close()
    assert fake.connections == 2


@in_loop
async def test_an_idle_connection_to_another_address_makes_room():
    async with FakeHop().running() as fake:
        relay = relay_of()
        hop = fake.hop(most_connections=1)
        for each in (hop, replace(hop, tls=Tls.NONE), hop):
            await attempt(fake, relay=relay, hop=each)
            assert relay.open_connections == 1
        relay.close()
    assert fake.connections == 3


@in_loop
async def test_nothing_is_remembered_of_a_next_hop_without_connections():
    async with FakeHop({"connect": "554 5.7.1 Go away"}).running() as fake:
        relay = relay_of()
        for host in ("a.test", "b.test", "c.test"):
            await attempt(fake, relay=relay, hop=fake.hop(host))
        assert relay._pool._doors == {}
