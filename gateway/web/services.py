"""What the pages are given: journeys and plain values; `app` puts them together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gateway.flow.administration import Administration
from gateway.flow.billing import Billing
from gateway.flow.colleagues import Colleagues
from gateway.flow.companies import Companies
from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.dispatch import Dispatch
from gateway.flow.mail_accounts import MailAccounts
from gateway.flow.mending import Mending
from gateway.flow.online import OnlinePayments
from gateway.flow.presence import Presence
from gateway.flow.receipts import Receipts
from gateway.flow.reminders import ReminderWishes
from gateway.flow.remote_pictures import RemotePictures
from gateway.flow.renewal import Renewal
from gateway.flow.sender_domains import SenderDomains
from gateway.flow.sorting import Sorting
from gateway.flow.submit import Submissions
from gateway.flow.team import TeamDesk
from gateway.flow.visit import Visits
from gateway.ports.hooks import HookDesk
from gateway.rules.dns_verdicts import Verdict
from gateway.rules.found_servers import FoundServer
from gateway.runtime.http.draining import Draining
from gateway.runtime.http.guesses import Guesses, usual_guesses


async def _nowhere() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the installation found. state: "ok" | "warning" | "failed" | "skipped"."""

    check: str
    state: str
    detail: str
    remedy: str = ""


async def _unchecked() -> Sequence[Checked]:
    return ()


async def _unasked() -> Sequence[Verdict]:
    return ()


async def _unfound(_address: str) -> FoundServer | None:
    return None


@dataclass(frozen=True, slots=True)
class WebServices:
    """Everything that pages work with.

    uploads: an existing directory on the file system of the blobs, for files on their way in.
    upload_files, upload_bytes: what one message may bring along, all files together.
    find_server: looks up by what server the domain of an address sends.
    egress_addresses: returns the addresses that the gateway connects from, as far as known.
    health, dns: what the admin page tells of the installation; `dns` asks DNS.
    posts_per_minute: of one person, or of one peer that signs in.
    undo: how long an answer written in the Inbox may be taken back before it leaves.
    sandbox_domain: whose customers answer by themselves, "" without a sandbox.
    streams: how many live pages at once; others look again by themselves.
    guesses: slows who tries keys and codes. unknown_links: the same for customers' links.
    draining: said when the gateway is about to stop; live pages end then.
    """

    context: Context
    visits: Visits
    receipts: Receipts
    renewal: Renewal
    reminder_wishes: ReminderWishes
    online: OnlinePayments
    presence: Presence
    colleagues: Colleagues
    conversing: Conversing
    billing: Billing
    companies: Companies
    team: TeamDesk
    administration: Administration
    hooks: HookDesk
    dispatch: Dispatch
    mending: Mending
    sorting: Sorting
    submissions: Submissions
    accounts: MailAccounts
    sender_domains: SenderDomains
    pictures: RemotePictures
    uploads: Path
    upload_files: int = 10
    upload_bytes: int = 20 * 1024 * 1024
    health: Callable[[], Awaitable[Sequence[Checked]]] = _unchecked
    dns: Callable[[], Awaitable[Sequence[Verdict]]] = _unasked
    posts_per_minute: int = 120
    undo: timedelta = timedelta(seconds=10)
    find_server: Callable[[str], Awaitable[FoundServer | None]] = _unfound
    egress_addresses: Callable[[], Awaitable[Sequence[str]]] = _nowhere
    sandbox_domain: str = ""
    streams: int = 2000
    draining: Draining = field(default_factory=Draining)
    guesses: Guesses = field(default_factory=usual_guesses)
    unknown_links: Guesses = field(default_factory=usual_guesses)
