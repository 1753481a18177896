"""What commands do to the keys that sign mail stands in the audit log from the next look on."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from gateway.app.dkim_watch import note_keys
from gateway.ports.lists import Page
from gateway.runtime.dkim_keys import DkimKeys
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio
DAY_ONE = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_new_rotated_and_removed_keys_are_noted_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        keys = DkimKeys(tmp_path / "dkim", ["ed25519-sha256"])
        office = SimpleNamespace(context=desk.context, dkim=keys)

        async def noted():
            before = len(await entries(desk))
            await note_keys(office)
            return [
                (one.action, one.subject, dict(one.changed.before), dict(one.changed.after))
                for one in reversed((await entries(desk))[: len(await entries(desk)) - before])
            ]

        active, standby = (one.selector for one in keys.make_missing(DAY_ONE))
        assert sorted(await noted()) == sorted(
            [
                ("dkim_key.added", active, {}, {"state": "active"}),
                ("dkim_key.added", standby, {}, {"state": "standby"}),
            ]
        )
        assert await noted() == []
        keys.rotate(DAY_ONE)
        changed = {(action, selector) for action, selector, _, _ in await noted()}
        assert ("dkim_key.changed", standby) in changed
        assert ("dkim_key.changed", active) in changed
        (tmp_path / "dkim" / f"{active}.pem").unlink()
        assert [one[:2] for one in await noted()] == [("dkim_key.removed", active)]
        assert {one.who.kind for one in await entries(desk)} == {"file"}


async def entries(desk):
    listed = await desk.read(lambda work: work.audit.page(None, Page(50)))
    return [one for one in listed.items if one.action.startswith("dkim_key.")]
