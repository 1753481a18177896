"""The spool against a simple model: whatever owners do, no mail is lost or had by two."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.ports.lists import Stale
from gateway.ports.queues import Lease
from gateway.store.engine import DATABASE_FILE
from tests.fuzz import examples
from tests.store.conftest import Opened
from tests.store.make import NINE, inbound, kept

NOW, LATER = timedelta(0), timedelta(hours=1)
OWNERS = st.sampled_from(["one", "two"])
SPANS = st.sampled_from([NOW, LATER])


@dataclass
class Item:
    """A mail of the model. is_due: it may be claimed, for its lease ran out or its wait is over."""

    id: str
    is_due: bool = True
    owner: str | None = None
    fence: int = 0
    crashes: int = 0
    is_finished: bool = False

    def may_end(self, fence):
        return self.owner is not None and self.fence == fence


class Spool(RuleBasedStateMachine):
    """Leases last an hour, or run out at once: the database's clock moves on by itself."""

    template: Path

    def __init__(self):
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="postroom-spool-"))
        shutil.copy(self.template / DATABASE_FILE, self.directory)
        self.runner = asyncio.Runner()
        self.store = Opened(self.runner, self.directory, readers=1)
        self.items: list[Item] = []

    def teardown(self):
        self.store.close()
        self.runner.close()
        shutil.rmtree(self.directory)

    @rule(again=st.booleans())
    def add(self, again):
        first = self.items[-1].id if self.items and again else None
        id_ = f"msg_{len(self.items)}"
        item = inbound(first or id_)
        given = self.store.write(
            lambda work: work.spool.add(
                inbound(id_ if first is None else "msg_new", dedupe=item.dedupe),
                kept(),
                again_since=NINE,
            )
        )
        assert given == (first or id_)
        if first is None:
            self.items.append(Item(id_))

    @rule(owner=OWNERS, span=SPANS, limit=st.integers(0, 3))
    def claim(self, owner, span, limit):
        claimed = self.store.write(lambda work: work.spool.claim(Lease(owner, span), limit))
        due = [item for item in self.items if item.is_due]
        assert len(claimed) == min(limit, len(due))
        for given in claimed:
            item = self.item(given.id)
            assert item.is_due
            item.owner, item.is_due, item.fence = owner, span == NOW, item.fence + 1
            assert (given.fence, given.crashes) == (item.fence, item.crashes)

    @rule(owner=OWNERS, span=SPANS)
    def renew(self, owner, span):
        ids = [item.id for item in self.items]
        self.store.write(lambda work: work.spool.renew(ids, Lease(owner, span)))
        for item in self.items:
            if item.owner == owner:
                item.is_due = span == NOW

    @precondition(lambda self: self.items)
    @rule(data=st.data(), fence=st.integers(-1, 0))
    def finish(self, data, fence):
        item = data.draw(st.sampled_from(self.items))
        fence += item.fence
        if self.ends(item, fence, lambda work: work.spool.finish(item.id, fence)):
            item.is_finished, item.is_due = True, False

    @precondition(lambda self: self.items)
    @rule(data=st.data(), fence=st.integers(-1, 0), wait=SPANS, crashed=st.booleans())
    def put_back(self, data, fence, wait, crashed):
        item = data.draw(st.sampled_from(self.items))
        fence += item.fence
        if self.ends(
            item,
            fence,
            lambda work: work.spool.put_back(item.id, fence, wait=wait, crashed=crashed),
        ):
            item.is_due, item.crashes = wait == NOW, item.crashes + crashed

    @rule()
    def restart(self):
        self.store.close()
        self.store = Opened(self.runner, self.directory, readers=1)
        for item in self.items:
            if item.owner is not None:
                item.owner, item.is_due = None, True

    @invariant()
    def nothing_is_lost(self):
        waiting = sum(not item.is_finished for item in self.items)
        assert self.store.read(lambda work: work.spool.waiting()) == waiting

    def item(self, id_):
        return next(item for item in self.items if item.id == id_)

    def ends(self, item, fence, write):
        """Try to end a lease; return whether the model allows it, as the store must."""
        if not item.may_end(fence):
            with pytest.raises(Stale):
                self.store.write(write)
            return False
        self.store.write(write)
        item.owner = None
        return True


def test_z3_the_spool_behaves_like_the_model(empty_sqlite):
    class Machine(Spool):
        template = empty_sqlite

    Machine.TestCase.settings = settings(
        max_examples=examples(25),
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    Machine.TestCase("runTest").runTest()
