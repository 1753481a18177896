"""What the API is given: journeys, ports and plain values; `app` puts them together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gateway.api.streams import Streams
from gateway.flow.billing import Billing
from gateway.flow.companies import Companies
from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.dispatch import Dispatch
from gateway.flow.handing_over import HandingOver
from gateway.flow.link_keeping import LinkKeeping
from gateway.flow.mail_accounts import MailAccounts
from gateway.flow.online import OnlinePayments
from gateway.flow.privacy import Privacy
from gateway.flow.receipts import Receipts
from gateway.flow.sender_domains import SenderDomains
from gateway.flow.sorting import Sorting
from gateway.flow.submit import Submissions
from gateway.ports.hooks import HookDesk
from gateway.runtime.http.draining import Draining
from gateway.runtime.http.guesses import Guesses, usual_guesses
from gateway.runtime.metrics import Meters


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Plain values from the configuration.

    uploads: an existing directory on the file system of the blobs, for files on their way in.
    message_bytes: `limits.message`, for the attachments of a mail.
    requests: so many per `requests_per` and key, then 429.
    own_metrics: /metrics has a listener of its own, so it is not served here.
    """

    uploads: Path
    message_bytes: int = 25 * 1024 * 1024
    requests: int = 20_000
    requests_per: timedelta = timedelta(minutes=1)
    own_metrics: bool = False
    version: str = "0"


def _nothing() -> str:
    return ""


async def _nowhere() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that routes work with.

    egress_addresses: returns the addresses that the gateway connects from, as far as known.
    admin_key: returns the fixed admin key, "" if there is none; asked each time, since a
    reload may change it. draining: set once a stop begins. guesses: slows who tries keys.
    """

    context: Context
    submissions: Submissions
    handing_over: HandingOver
    conversing: Conversing
    billing: Billing
    companies: Companies
    dispatch: Dispatch
    links: LinkKeeping
    online: OnlinePayments
    accounts: MailAccounts
    sender_domains: SenderDomains
    hooks: HookDesk
    receipts: Receipts
    sorting: Sorting
    streams: Streams
    privacy: Privacy
    meters: Meters
    settings: ApiSettings
    egress_addresses: Callable[[], Awaitable[Sequence[str]]] = _nowhere
    admin_key: Callable[[], str] = _nothing
    draining: Draining = field(default_factory=Draining)
    guesses: Guesses = field(default_factory=usual_guesses)
