"""Wrong keys are answered late and then refused; right ones never."""

import asyncio
from datetime import timedelta
from ipaddress import ip_network

import pytest

from gateway.flow.refusal import Refused
from gateway.runtime.http.guesses import Guesses
from gateway.runtime.http.peers import PeerLimit

MOMENT = 0.01


def tries(guesses, *secrets, peer="192.0.2.1"):
    """Return how each try was answered: seconds waited, in moments, or "refused"."""

    async def run():
        loop, found = asyncio.get_running_loop(), []
        for secret in secrets:
            began = loop.time()
            try:
                await guesses.wrong(secret, peer)
            except Refused as refused:
                found.append(f"refused {refused.retry_after}")
            else:
                waited = (loop.time() - began) / MOMENT
                found.append(max(one for one in (0, 1, 2, 4, 8) if one <= waited))
        return found

    return asyncio.run(run())


def limited(count=2):
    return Guesses(lambda: (count, timedelta(minutes=10)), delay=MOMENT)


def test_a139_guesses_are_answered_later_and_later_and_then_refused():
    found = tries(limited(), *"abcdefghi")
    assert found == [0, 0, 1, 2, 4, 8, 8, "refused 600", "refused 600"]


def test_one_old_key_is_no_attack_however_often_it_comes():
    assert tries(limited(), *["old"] * 50) == [0] * 50


def test_a_whole_network_of_ipv6_is_one_peer_and_others_are_not_held_up():
    guesses = limited()
    tries(guesses, *"abcdefgh", peer="2001:db8::1")
    assert tries(guesses, "x", peer="2001:db8::ffff:1") == ["refused 600"]
    assert tries(guesses, "y", peer="2001:db8:0:1::1") == [0]


def test_a_reload_changes_the_limit():
    held = [(2, timedelta(minutes=10))]
    guesses = Guesses(lambda: held[0], delay=MOMENT)
    tries(guesses, *"abcdefgh")
    held[0] = (50, timedelta(minutes=10))
    assert tries(guesses, "z") == [0]


async def _app(scope, receive, send):
    await scope["go"].wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})


@pytest.mark.parametrize(
    ("peers", "statuses"),
    [
        (["192.0.2.1"] * 3, [200, 200, 429]),
        (["2001:db8::1", "2001:db8::2", "2001:db8::3"], [200, 200, 429]),
        (["192.0.2.1", "192.0.2.2", "192.0.2.3"], [200, 200, 200]),
        (["10.0.0.1"] * 3, [200, 200, 200]),
        (["not an address"] * 3, [200, 200, 429]),
    ],
)
def test_a114_one_peer_has_no_more_requests_under_way_than_its_share(peers, statuses):
    async def run():
        go, seen = asyncio.Event(), {}
        limit = PeerLimit(_app, lambda: 2, lambda: [ip_network("10.0.0.0/8")])

        async def ask(number, peer):
            async def send(message):
                seen.setdefault(number, message.get("status"))

            scope = {"type": "http", "client": (peer, 1), "go": go}
            await limit(scope, None, send)

        tasks = [asyncio.create_task(ask(*one)) for one in enumerate(peers)]
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*tasks)
        again = asyncio.create_task(ask(99, peers[0]))
        await again
        return [seen[number] for number in range(len(peers))], seen[99]

    assert asyncio.run(run()) == (statuses, 200)
