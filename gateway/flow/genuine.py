"""Is this mail genuine? What we sent, for whoever holds it; nothing for whoever guesses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.flow.context import Context
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.model import Direction, Invoice, Message, Tenant
from gateway.rules.tokens import (
    Label,
    LinkRef,
    find_marked,
    read_chat_token,
    read_pdf_token,
)

_WORD = re.compile(r"[a-zA-Z0-9]{20,120}")
_MOST_CHARS = 4000
_MOST_WORDS = 50


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that we sent."""

    message: Message
    invoice: Invoice | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is ours in a text. mail: None where only a link of the company was recognised."""

    tenant: Tenant
    mail: Sent | None


async def evidence_in(context: Context, text: str) -> Evidence | None:
    """Return what the tokens in a text, the reference of a mail or a link, vouch for.

    None: nothing in it is ours. It tells no more than the mail itself that holds the token.
    """
    words = _WORD.findall(text[:_MOST_CHARS])[:_MOST_WORDS]
    marked = find_marked(context.keys, Label.BODY_MARKER, [word.lower() for word in words])
    if marked is not None:
        message_id = ids.from_body(ids.MESSAGE, marked.body)
        number = marked.tenant_number
        return await context.store.read(lambda work: _mail(work, number, message_id))
    link = _link(context, words)
    if link is None:
        return None
    now = context.clock.now()
    return await context.store.read(lambda work: _company(work, link, now))


def _link(context: Context, words: Sequence[str]) -> LinkRef | None:
    for word in words:
        chat = read_chat_token(context.keys, word)
        if chat is not None:
            return chat
        pdf = read_pdf_token(context.keys, word)
        if pdf is not None:
            return pdf.link
    return None


def _mail(work: Work, number: int, message_id: str) -> Evidence | None:
    tenant = work.tenants.by_number(number)
    message = work.messages.get(tenant.id, message_id) if tenant else None
    if tenant is None or message is None or message.direction is not Direction.OUT:
        return None
    invoice = work.invoices.get(tenant.id, message.invoice_id) if message.invoice_id else None
    return Evidence(tenant, Sent(message, invoice))


def _company(work: Work, link: LinkRef, now: datetime) -> Evidence | None:
    tenant = work.tenants.by_number(link.person.tenant_number)
    person = work.conversations.participant(tenant.id, link.person.ref) if tenant else None
    if tenant is None or person is None or person.revoked:
        return None
    past = person.link_expires_at is not None and person.link_expires_at <= now
    return None if past else Evidence(tenant, None)
