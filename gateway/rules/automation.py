"""Mail that we send of ourselves, and machines that answer it: no chain goes on (RFC 3834)."""

from datetime import datetime, timedelta

from gateway.rules.names import Names, split_address
from gateway.rules.tokens import Keyring, Label, read_item_token

ECHO = "echo"
"""The kind of a message in that is a mail of our own, come back."""

OWN_FIELDS = (
    ("Auto-Submitted", "auto-generated"),
    ("X-Auto-Response-Suppress", "All"),
)
"""What each of our automatic mails says of itself."""

ONE_A = timedelta(days=1)
"""One automatic mail in so long, to one peer in one conversation."""

MOST_ROBOT_MAILS, ROBOT_WINDOW = 20, timedelta(hours=2)
"""What robots may send to one conversation; more is deferred, and they give up or calm down."""


def is_echo(names: Names, keys: Keyring, tenant_number: int, message_id: str) -> bool:
    """Say whether a mail that came in bears a Message-ID that we gave to one of the company's.

    message_id: its own, without brackets. Nobody but us can make one.
    """
    local, domain = split_address(message_id)
    if domain != names.sender:
        return False
    item = read_item_token(keys, Label.MESSAGE_ID, local)
    return item is not None and item.tenant_number == tenant_number


def automatic_fact(tenant_id: str, ref: int) -> str:
    """Return under which name it is remembered when a participant last had an automatic mail."""
    return f"automatic:{tenant_id}:{ref}"


def may_send(last: str | None, now: datetime) -> bool:
    """Say whether another automatic mail may go. last: when one went, ISO 8601, None for never."""
    return last is None or datetime.fromisoformat(last) <= now - ONE_A
