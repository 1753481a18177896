"""The list of the Inbox: a view's conversations, and how many other views hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Listed, Page
from gateway.ports.store import Work
from gateway.rules.model import Conversation, ConversationStatus, Invoice, Tenant
from gateway.rules.search import Query
from gateway.rules.sender_domains import SenderDomain
from gateway.web.bills import chip
from gateway.web.tags import tags_of
from gateway.web.wording import Wording

VIEWS: Mapping[str, str] = {
    "open": "Open",
    "unread": "Unread",
    "not_delivered": "Not delivered",
    "waiting": "Waiting",
    "done": "Done",
}
"""The views in the order in which they stand, and what each is called."""

VIEW = "view"
"""The context of their names: conversations are open in another way than invoices are."""

VIEW_OF = {
    ConversationStatus.OPEN: "open",
    ConversationStatus.WAITING: "waiting",
    ConversationStatus.CLOSED: "done",
    ConversationStatus.SPAM: "done",
}
"""The view in which a conversation lies."""

SUGGESTED = (
    "is:unpaid",
    "is:overdue",
    "is:claimed",
    "is:undelivered",
    "has:file",
    "way:chat",
    "from:",
    "invoice:",
    "tag:",
    "after:2026-01-01",
)
"""Operators that the search field offers; `rules.search` knows more."""

_LONGEST_QUESTION = 500
_COUNTED_VIEWS = ("open", "unread", "not_delivered", "waiting")
ROWS = 50
"""How many conversations a page of the list holds."""
_COUNTED = 100
_TAGS = 2


@dataclass(frozen=True, slots=True)
class Desk:
    """A page of a view. counts: of the views that ask for attention, such as "3" or "99+".

    attention: how many conversations are unread or have a mail that failed, as the title tells.
    position: the number of the company's newest event, which the page shows already.
    is_first_use: the company has no conversation at all. claim: to a domain of its own, or None.
    next_due: the invoice that is due next, where everything is answered.
    """

    listed: Listed[Conversation]
    invoices: Mapping[str, Sequence[Invoice]]
    counts: Mapping[str, str]
    attention: str
    position: int
    is_first_use: bool = False
    claim: SenderDomain | None = None
    next_due: Invoice | None = None

    def row(self, one: Conversation, tenant: Tenant, say: Wording, today: date) -> dict[str, Any]:
        """Return a conversation as a row of the list."""
        invoices = self.invoices.get(one.id, ())
        last = invoices[-1] if invoices else None
        return {
            "id": one.id,
            "name": one.customer.name or one.customer.address,
            "subject": one.subject,
            "time": say.brief(one.last_message_at or one.updated_at, tenant.timezone, today),
            "iso": (one.last_message_at or one.updated_at).isoformat(),
            "text": one.last_message,
            "unread": one.unread,
            "tags": tags_of(one.tags[:_TAGS]),
            "more_tags": max(0, len(one.tags) - _TAGS),
            "failed": one.failed,
            "invoice": f"{last.number} · {say.money(last.amount, last.currency)}" if last else "",
            "chip": chip(last, tenant, say, today, inbox=True) if last else None,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """Which list is asked for. question: what is searched for instead of a view, "" for a view."""

    view: str
    question: str = ""
    cursor: str | None = None

    @property
    def kept(self) -> str:
        """The part of a URL that keeps the list beside a conversation."""
        return urlencode({"q": self.question} if self.question else {"view": self.view})


def asked_of(request: Request, view: str = "") -> Asked:
    """Return which list a page is asked for; view: where none is named."""
    given = request.query_params
    named = given.get("view", "")
    return Asked(
        named if named in VIEWS else view,
        " ".join(given.get("q", "").split())[:_LONGEST_QUESTION],
        given.get("cursor") or None,
    )


def back_to(request: Request) -> str:
    """Return the page that a form of a conversation leads back to, the list beside it kept."""
    path, asked = f"/inbox/conversations/{request.path_params['conversation']}", asked_of(request)
    return f"{path}?{asked.kept}" if asked.view or asked.question else path


def look_over(work: Work, tenant: Tenant, asked: Asked, query: Query | None, today: date) -> Desk:
    """Return a page of a list. query: of its question, None for a view. Raises BadCursor."""
    which = (
        ConversationFilter(view=asked.view)
        if query is None
        else ConversationFilter(query=query, today=today)
    )
    cursor = asked.cursor
    listed = work.conversations.page(tenant.id, which, Page(ROWS, cursor))
    invoices = {
        one.id: work.invoices.of_conversation(tenant.id, one.id)
        for one in listed.items
        if one.invoice_ids
    }
    first = {name: _first(work, tenant, name) for name in _COUNTED_VIEWS}
    counts = {name: _count(found) for name, found in first.items()}
    anything = listed.items or any(counts.values())
    is_first_use = (
        not anything and not work.conversations.page(tenant.id, ConversationFilter(), Page(1)).items
    )
    claim, position = work.sender_domains.get(tenant.id), work.events.last(tenant.id)
    waits = _attention(first["unread"], first["not_delivered"])
    is_done = asked.view == "open" and query is None and not listed.items and not cursor
    next_due = _next_due(work, tenant, today) if is_done else None
    return Desk(listed, invoices, counts, waits, position, is_first_use, claim, next_due)


def _next_due(work: Work, tenant: Tenant, today: date) -> Invoice | None:
    """Return the invoice that is due next, unless its conversation was put away as spam."""
    invoice = work.invoices.next_due(tenant.id, today)
    if invoice is None:
        return None
    place = work.conversations.get(tenant.id, invoice.conversation_id)
    return None if place is None or place.status is ConversationStatus.SPAM else invoice


def _first(work: Work, tenant: Tenant, view: str) -> Listed[Conversation]:
    return work.conversations.page(tenant.id, ConversationFilter(view=view), Page(_COUNTED))


def _attention(unread: Listed[Conversation], failed: Listed[Conversation]) -> str:
    """Return how many conversations wait for somebody: those in both lanes count once."""
    if unread.next_cursor is not None or failed.next_cursor is not None:
        return f"{_COUNTED - 1}+"
    ids = {one.id for listed in (unread, failed) for one in listed.items}
    return f"{_COUNTED - 1}+" if len(ids) >= _COUNTED else str(len(ids) or "")


def _count(listed: Listed[Conversation]) -> str:
    if listed.next_cursor is not None:
        return f"{_COUNTED - 1}+"
    return str(len(listed.items)) if listed.items else ""
