import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from gateway.runtime.metrics import Meters, watch_lag
from tests.smtp.loops import in_loop

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def lines(meters):
    return meters.exposed().decode().splitlines()


def test_what_happens_is_counted():
    meters = Meters()
    meters.accepted("mx")
    meters.refused("mx", "5.1.1")
    meters.read()
    meters.attempted("delivered")
    meters.outcome_unknown()
    meters.answered("GET", 404, 0.02)
    meters.lagged(0.003)
    with meters.timed("compose"):
        pass
    found = lines(meters)
    for line in (
        'postroom_messages_accepted_total{listener="mx"} 1.0',
        'postroom_messages_refused_total{listener="mx",reason="5.1.1"} 1.0',
        'postroom_messages_read_total{outcome="ok"} 1.0',
        'postroom_delivery_attempts_total{outcome="delivered"} 1.0',
        "postroom_delivery_outcome_unknown_total 1.0",
        'postroom_http_requests_total{method="GET",status="4xx"} 1.0',
        'postroom_step_seconds_count{step="http"} 1.0',
        'postroom_step_seconds_count{step="compose"} 1.0',
        "postroom_loop_lag_seconds_count 1.0",
    ):
        assert line in found


def test_queues_are_told_as_they_are_now():
    meters = Meters()
    meters.queue([("queued", 2, NOON), ("held", 1, NOON)], NOON)
    hour_ago = NOON - timedelta(hours=1)
    meters.queue([("deferred", 2, NOON), ("deferred", 3, hour_ago), ("unread", 0, None)], NOON)
    found = [line for line in lines(meters) if line.startswith("postroom_queue")]
    assert found == [
        'postroom_queue_depth{state="deferred"} 5.0',
        'postroom_queue_depth{state="unread"} 0.0',
        'postroom_queue_oldest_seconds{state="deferred"} 3600.0',
        'postroom_queue_oldest_seconds{state="unread"} 0.0',
    ]


def test_strangers_cannot_fill_the_memory_with_words():
    meters = Meters()
    for number in range(10_000):
        meters.refused("mx", f"reason {number}")
    found = [line for line in lines(meters) if line.startswith("postroom_messages_refused_total")]
    assert len(found) == 61
    assert 'postroom_messages_refused_total{listener="mx",reason="other"} 9940.0' in found


@in_loop
async def test_the_lag_of_the_loop_is_measured():
    meters = Meters()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.2):
            await watch_lag(meters, every=0.01)
    (count,) = [
        line for line in lines(meters) if line.startswith("postroom_loop_lag_seconds_count")
    ]
    assert float(count.split()[1]) >= 1
