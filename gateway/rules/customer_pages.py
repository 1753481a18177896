"""What a company lets its customers' pages offer and notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BY_LINK = "by_link"
"""The kind of messages that somebody wrote to whom the customer passed the link on."""

PAY_ONLINE, MARK_PAID, CASH_RECEIPT = "pay_online", "mark_paid", "cash_receipt"
ACTIONS = (PAY_ONLINE, MARK_PAID, CASH_RECEIPT)


@dataclass(frozen=True, slots=True)
class CustomerPages:
    """actions: those of `ACTIONS` that are offered; what is not is hidden, not disabled.

    track_views: whether the company is told that a person opened an invoice; the page says so.
    phrase: whether mails and pages show the customer's two words (`rules.phrases`).
    """

    actions: tuple[str, ...] = ACTIONS
    track_views: bool = False
    phrase: bool = True


def pages_of(kept: Mapping[str, Any]) -> CustomerPages:
    """Return the settings that a company's record keeps; all is offered where none are kept."""
    wanted: Sequence[str] = kept.get("actions", ACTIONS)
    actions = tuple(action for action in ACTIONS if action in wanted)
    return CustomerPages(actions, kept.get("track_views") is True, kept.get("phrase") is not False)
