"""The standard body."""

import json
from datetime import UTC, datetime, timedelta, timezone

from webhooks.standard import Happening, body

EVENT = Happening(
    "evt_1",
    "message.received",
    datetime(2026, 11, 22, 10, 7, 0, 123456, tzinfo=timezone(timedelta(hours=1))),
    "ten_1",
    7,
    {"subject": "Účet", "odd": "\udce9"},
)


def test_a_body_is_json_with_what_every_event_has():
    assert json.loads(body(EVENT)) == {
        "id": "evt_1",
        "type": "message.received",
        "timestamp": "2026-11-22T09:07:00.123Z",
        "tenant_id": "ten_1",
        "sequence": 7,
        "data": {"subject": "Účet", "odd": "\udce9"},
    }


def test_the_same_event_gives_the_same_octets():
    again = Happening(**{name: getattr(EVENT, name) for name in Happening.__slots__})
    assert body(again) == body(EVENT)
    assert EVENT.timestamp.astimezone(UTC).hour == 9
