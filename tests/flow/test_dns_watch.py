"""The gateway's own DNS records, watched: one process looks, changes are told once."""

import email
import email.policy
from datetime import timedelta

import pytest

from gateway.flow.dns_watch import DnsWatch
from gateway.flow.drift_notices import DriftNotices
from gateway.ports.tally import NoTally
from gateway.rules.dns_verdicts import Published, Record, Verdict
from gateway.rules.model import HOUSE_TENANT_ID
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
MX = Record("reply.example.com", "MX", "10 mail.example.com", "mail comes here")


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Watched:
    """A watch whose DNS is told what to say."""

    def __init__(self, desk):
        self.desk = desk
        self.state = Published.OK
        self.looks = 0
        self.watch = self.another()
        self.notices = DriftNotices(desk.context, "admin@elsewhere.example")

    def another(self):
        """A watch in another process."""
        return DnsWatch(self.desk.context, self.look, NoTally(), HOUR)

    async def look(self):
        self.looks += 1
        remedy = "" if self.state is Published.OK else "publish MX 10 mail.example.com"
        return [Verdict(MX, self.state, (), remedy)]

    async def later(self, state):
        """An hour on DNS says something; gives what changed."""
        self.state = state
        self.desk.clock.pass_by(hours=1)
        return await self.watch.look_if_due()

    async def events(self):
        found = await self.desk.read(lambda work: work.events.after(HOUSE_TENANT_ID, 0))
        return [one.type for one in found if one.type.startswith("dns.")]


async def test_a_drift_and_its_end_are_told_once_each(tmp_path):
    async with open_desk(tmp_path) as desk:
        watched = Watched(desk)
        await watched.watch.look_if_due()
        for state in (Published.MISSING, Published.MISSING, Published.UNKNOWN, Published.OK):
            await watched.later(state)
        assert await watched.events() == ["dns.drifted", "dns.recovered"]


async def test_it_looks_when_it_is_time_and_one_process_does(tmp_path):
    async with open_desk(tmp_path) as desk:
        watched = Watched(desk)
        other = watched.another()
        assert await watched.watch.look_if_due() is not None
        assert await other.look_if_due() is None
        desk.clock.pass_by(minutes=59)
        assert await other.look_if_due() is None
        desk.clock.pass_by(minutes=2)
        assert await other.look_if_due() is not None
        assert await watched.watch.look_if_due() is None
        assert watched.looks == 2


async def test_what_is_known_is_the_same_for_all_processes(tmp_path):
    async with open_desk(tmp_path) as desk:
        watched = Watched(desk)
        await watched.watch.look_if_due()
        await watched.later(Published.DIFFERS)
        known = await watched.another().known()
        assert list(known.drifted) == ["MX reply.example.com"]
        assert known.checked_at == desk.clock.now()


async def test_the_postmaster_hears_of_it_by_mail(tmp_path):
    async with open_desk(tmp_path) as desk:
        watched = Watched(desk)
        await watched.watch.look_if_due()
        await watched.later(Published.MISSING)
        assert await watched.notices.work_off() == 1
        assert await watched.notices.work_off() == 0
        _, relay = await desk.deliver()
        (copy,) = relay.sent
        assert (copy.sender, copy.recipient.address) == ("", "admin@elsewhere.example")
        mail = email.message_from_bytes(b"".join(copy.content), policy=email.policy.default)
        assert mail["Subject"] == "[mail.example.com] DNS records broke"
        assert "To do: publish MX 10 mail.example.com" in mail.get_content()


async def test_nobody_is_written_to_where_no_postmaster_is_named(tmp_path):
    async with open_desk(tmp_path) as desk:
        watched = Watched(desk)
        watched.notices.address = ""
        await watched.watch.look_if_due()
        await watched.later(Published.MISSING)
        assert await watched.notices.work_off() == 0
        assert (await desk.deliver())[0] == []
