"""Counters of what the gateway does, in the words of Prometheus.

Labels are words of ours, never a stranger's: beyond a few dozen different ones, a label
says "other", so that nobody fills the memory with them.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it bare
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MOST_WORDS = 60
_STEP_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Meters:
    """What the gateway counts; one per process."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._registry = registry = CollectorRegistry()
        self._words: dict[str, set[str]] = {}
        self._accepted = Counter(
            "postroom_messages_accepted",
            "Messages that were answered 250 or 2xx, by listener.",
            ["listener"],
            registry=registry,
        )
        self._refused = Counter(
            "postroom_messages_refused",
            "Messages that were refused, by listener and reason.",
            ["listener", "reason"],
            registry=registry,
        )
        self._read = Counter(
            "postroom_messages_read",
            "Accepted messages that were read in, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self._attempts = Counter(
            "postroom_delivery_attempts",
            "Attempts to relay, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self._unknown = Counter(
            "postroom_delivery_outcome_unknown",
            "Attempts whose connection was lost after the final dot; they are tried again.",
            registry=registry,
        )
        self._depth = Gauge(
            "postroom_queue_depth", "Items that wait, by state.", ["state"], registry=registry
        )
        self._age = Gauge(
            "postroom_queue_oldest_seconds",
            "Age of the oldest item that waits, by state.",
            ["state"],
            registry=registry,
        )
        self._steps = Histogram(
            "postroom_step_seconds",
            "Seconds that a step of a journey took.",
            ["step"],
            buckets=_STEP_BUCKETS,
            registry=registry,
        )
        self._requests = Counter(
            "postroom_http_requests",
            "HTTP requests, by method and class of status.",
            ["method", "status"],
            registry=registry,
        )
        self._published = Gauge(
            "postroom_dns_records",
            "The gateway's own DNS records, by what DNS answered last; drifted: right once.",
            ["state"],
            registry=registry,
        )
        self._lag = Histogram(
            "postroom_loop_lag_seconds",
            "How much later than asked the event loop ran a timer.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )

    def accepted(self, listener: str) -> None:
        """Count a message taken over; listener: "mx", "submission", "http"."""
        self._accepted.labels(self._word("listener", listener)).inc()

    def refused(self, listener: str, reason: str) -> None:
        """Count a message or recipient refused; reason: a short word, or a status such as 5.1.1."""
        words = self._word("listener", listener), self._word("reason", reason)
        self._refused.labels(*words).inc()

    def read(self, outcome: str = "ok") -> None:
        """Count a message read in; outcome: "ok", "unreadable", "again"."""
        self._read.labels(self._word("read", outcome)).inc()

    def attempted(self, outcome: str) -> None:
        """Count an attempt; outcome: the delivery's state after it."""
        self._attempts.labels(self._word("attempt", outcome)).inc()

    def outcome_unknown(self) -> None:
        """Count an attempt of which nobody knows how it ended."""
        self._unknown.inc()

    def took(self, step: str, seconds: float) -> None:
        """Note how long a step took."""
        self._steps.labels(self._word("step", step)).observe(seconds)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Note how long the block takes, whether it succeeds or not."""
        with self._steps.labels(self._word("step", step)).time():
            yield

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Count an HTTP request."""
        family = f"{status // 100}xx" if status else "none"
        self._requests.labels(self._word("method", method), family).inc()
        self.took("http", seconds)

    def published(self, counts: Mapping[str, int]) -> None:
        """Replace what is known of the gateway's DNS records: how many stand how."""
        for state, count in counts.items():
            self._published.labels(self._word("dns", state)).set(count)

    def lagged(self, seconds: float) -> None:
        """Note how late the event loop was."""
        self._lag.observe(max(0.0, seconds))

    def queue(self, waiting: Iterable[tuple[str, int, datetime | None]], now: datetime) -> None:
        """Replace what is known of the queues: (state, how many, since when the oldest waits)."""
        self._depth.clear()
        self._age.clear()
        depth: dict[str, int] = {}
        age: dict[str, float] = {}
        for name, count, since in waiting:
            state = self._word("state", name)
            depth[state] = depth.get(state, 0) + count
            seconds = max(0.0, (now - since).total_seconds()) if since else 0.0
            age[state] = max(age.get(state, 0.0), seconds)
        for state, count in depth.items():
            self._depth.labels(state).set(count)
            self._age.labels(state).set(age[state])

    def exposed(self) -> bytes:
        """Return everything in the text format of Prometheus (`CONTENT_TYPE`)."""
        return generate_latest(self._registry)

    def _word(self, label: str, word: str) -> str:
        known = self._words.setdefault(label, set())
        if word not in known:
            if len(known) >= _MOST_WORDS:
                return "other"
            known.add(word)
        return word


async def watch_lag(meters: Meters, *, every: float = 0.5) -> None:
    """Measure how late timers run, for ever. every: seconds between two looks."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every
        await asyncio.sleep(every)
        meters.lagged(loop.time() - due)
