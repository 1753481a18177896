"""The audit log: the one place where changes are written down, each in its own transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from gateway.flow.context import Context
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.audit import GATEWAY, Actor, AuditEntry, Changed

_ACTING: ContextVar[Actor] = ContextVar("acting", default=GATEWAY)
"""Who asks for what this task does; jobs of the store run elsewhere, with a `Pen`."""


def act_for(actor: Actor) -> None:
    """Let everything that this task does from now on be in the name of `actor`."""
    _ACTING.set(actor)


@contextmanager
def in_name_of(actor: Actor) -> Iterator[None]:
    """Let what happens within be in the name of `actor`."""
    token = _ACTING.set(actor)
    try:
        yield
    finally:
        _ACTING.reset(token)


@dataclass(frozen=True, slots=True)
class Pen:
    """What writes changes down: in whose name, and when they are made."""

    context: Context
    who: Actor
    now: datetime

    def note(
        self,
        work: Work,
        tenant_id: str | None,
        action: str,
        subject: str,
        changed: Changed | None = None,
    ) -> None:
        """Write a change down in the transaction that makes it.

        tenant_id None: of the installation. subject: the id of what is changed. changed: None
        where the action says all; one without fields is no change, and not written.
        """
        if changed is not None and not changed.fields:
            return
        entry_id, told = self.context.new_id(ids.AUDIT, self.now), changed or Changed()
        work.audit.add(AuditEntry(entry_id, self.now, tenant_id, self.who, action, subject, told))


def pen_of(context: Context, now: datetime) -> Pen:
    """Return the pen of whoever asks for what this task does; ask before the job is handed over."""
    return Pen(context, _ACTING.get(), now)
