"""What changed in DNS since it was asked last: records that broke, and that are well again. Pure.

A record drifts when it stood rightly and stands so no more. One that was never published is no
drift (the first days of an installation, a key that is to come), nor is DNS that does not answer.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.rules.dns_verdicts import Published, Record, Verdict


@dataclass(frozen=True, slots=True)
class Known:
    """How a record stood last, as far as DNS said. since: from when on. drifted: it was right."""

    state: Published
    since: datetime
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of the records, by `name_of`.

    checked_at: None before the first look. unanswered: about how many DNS said nothing then.
    """

    checked_at: datetime | None = None
    known: Mapping[str, Known] = field(default_factory=dict)
    unanswered: int = 0

    @property
    def drifted(self) -> Mapping[str, Known]:
        """The records that were right once and are not now."""
        return {name: one for name, one in self.known.items() if one.drifted}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many records stand how: "ok", "missing", "differs"; "drifted" of the latter two."""
        states = [one.state for one in self.known.values()]
        counted = {state.value: states.count(state) for state in Published}
        return {**counted, Published.UNKNOWN.value: self.unanswered, "drifted": len(self.drifted)}


@dataclass(frozen=True, slots=True)
class Drift:
    """What a look has to tell: the verdicts on what broke, and on what is well again."""

    broke: tuple[Verdict, ...] = ()
    recovered: tuple[Verdict, ...] = ()


def name_of(record: Record) -> str:
    """Return what a record is known by; of several addresses of a name each is one."""
    value = f" {record.value}" if record.type in {"A", "AAAA"} else ""
    return f"{record.type} {record.name}{value}"


def compared(before: Look, verdicts: Iterable[Verdict], now: datetime) -> tuple[Look, Drift]:
    """Return what is known after a look, and what it has to tell: each change once.

    Records that are not wanted any more are forgotten.
    """
    known: dict[str, Known] = {}
    broke, recovered, unanswered = [], [], 0
    for verdict in verdicts:
        name = name_of(verdict.record)
        was = before.known.get(name)
        if verdict.state is Published.UNKNOWN:
            unanswered += 1
            if was is not None:
                known[name] = was
            continue
        was_right = was is not None and (was.drifted or was.state is Published.OK)
        is_right = verdict.state is Published.OK
        since = was.since if was is not None and was.state is verdict.state else now
        known[name] = Known(verdict.state, since, drifted=was_right and not is_right)
        if was is not None and was.state is Published.OK and not is_right:
            broke.append(verdict)
        elif was is not None and was.drifted and is_right:
            recovered.append(verdict)
    return Look(now, known, unanswered), Drift(tuple(broke), tuple(recovered))


def kept(look: Look) -> str:
    """Return what is known, as a fact of the installation keeps it."""
    records = {
        name: [one.state.value, one.since.isoformat(), one.drifted]
        for name, one in look.known.items()
    }
    at = look.checked_at.isoformat() if look.checked_at else None
    return json.dumps({"at": at, "unanswered": look.unanswered, "records": records})


def look_of(text: str | None) -> Look:
    """Return what `kept` gave; nothing is known where there is no text."""
    if not text:
        return Look()
    read: dict[str, Any] = json.loads(text)
    records = {
        name: Known(Published(state), datetime.fromisoformat(since), drifted)
        for name, (state, since, drifted) in read["records"].items()
    }
    at = datetime.fromisoformat(read["at"]) if read["at"] else None
    return Look(at, records, read["unanswered"])
