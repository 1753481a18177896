"""What an answer quotes of ours although nothing in it says so: told by the copies that we sent.

A client that marks no quotation, or announces it in a language of no table, is no obstacle: we
have the mail that is answered. Only mail in which the reader found no quotation is looked at.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from gateway.flow.context import Context
from gateway.flow.people import latest
from gateway.mail.bodies import Bodies, sort_parts
from gateway.mail.parts import walk
from gateway.mail.quote_sent import mark_sent
from gateway.mail.quoting import trim
from gateway.mail.reading import Reading, ReadLimits
from gateway.mail.texts import read_texts
from gateway.ports.queues import Inbound
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.acceptance import ToPerson, target_of
from gateway.rules.ladder import clues
from gateway.rules.model import Tenant

_UNFOUND = frozenset({"whole", "signature"})
_SHORTEST_CHARS = 60
_LONGEST_CHARS = 64 * 1024
_AT_ONCE_CHARS = 4 * 1024
_COPIES = 3
_LIMITS = ReadLimits(text_chars=_LONGEST_CHARS)


async def recognised(context: Context, inbound: Inbound, reading: Reading) -> Reading:
    """Return the reading, the words of ours in it folded away.

    Costs nothing where the reader found a quotation, or the text is too short or too long to
    be one with a quotation; raises Fault if the store is away.
    """
    length = len(reading.full_text)
    is_open = reading.trim_method in _UNFOUND and reading.report is None
    if not is_open or not _SHORTEST_CHARS <= length <= _LONGEST_CHARS:
        return reading
    copies = await context.store.read(lambda work: _copies(context, work, inbound, reading))
    if not copies:
        return reading
    if length > _AT_ONCE_CHARS or sum(map(len, copies)) > _AT_ONCE_CHARS:
        return await asyncio.to_thread(_compared, reading, copies)
    return _compared(reading, copies)


def _compared(reading: Reading, copies: Sequence[bytes]) -> Reading:
    sent = [_words_of(copy) for copy in copies]
    if not any(mark_sent([line.strip() for line in reading.full_text.split("\n")], sent)):
        return reading
    trimmed = trim(reading.full_text, sent=sent)
    if trimmed.method != "sent":
        return reading
    return replace(
        reading,
        text=trimmed.text,
        quoted_text=trimmed.quoted_text,
        signature=trimmed.signature,
        trim_method=trimmed.method,
    )


def _words_of(copy: bytes) -> str:
    """Return the plain text of a mail that we composed ourselves."""
    bodies = sort_parts(walk(copy, _LIMITS).root)
    return read_texts(copy, Bodies(text=bodies.text), _LIMITS).full


def _copies(context: Context, work: Work, inbound: Inbound, reading: Reading) -> Sequence[bytes]:
    """Return the mails of ours that this one may answer, the likeliest first."""
    tenant = work.tenants.get(inbound.tenant_id)
    if tenant is None:
        return ()
    recipients = [recipient.address for recipient in inbound.envelope.recipients]
    targets = [target_of(context.names, context.keys, address) for address in recipients]
    refs = [
        target.person.ref
        for target in targets
        if isinstance(target, ToPerson) and target.person.tenant_number == tenant.number
    ]
    named = _named(context, work, tenant, reading) or _latest(work, tenant, refs)
    found = []
    sent = work.deliveries.of_messages(named)
    for message_id in named:
        deliveries = [one for one in sent.get(message_id, ()) if one.tenant_id == tenant.id]
        deliveries.sort(key=lambda one: one.participant_ref not in refs)
        kept = work.contents.get(tenant.id, deliveries[0].raw_sha256) if deliveries else None
        if kept is not None and kept.data is not None:
            found.append(kept.data)
    return found


def _named(context: Context, work: Work, tenant: Tenant, reading: Reading) -> list[str]:
    """Return the ids of our messages that In-Reply-To and References name."""
    seen = clues(
        context.names,
        context.keys,
        recipients=(),
        header_addresses=(),
        in_reply_to=reading.in_reply_to,
        references=reading.references,
        body="",
    )
    own = [
        ids.from_body(ids.MESSAGE, item.body)
        for item in seen.own
        if item.tenant_number == tenant.number
    ]
    if len(own) < _COPIES and seen.named:
        known = work.messages.known(tenant.id, seen.named)
        own += [one.id for one in known if one.is_ours]
    return list(dict.fromkeys(own))[:_COPIES]


def _latest(work: Work, tenant: Tenant, refs: Sequence[int]) -> Sequence[str]:
    """Return the ids of what the person of a token was sent last."""
    for ref in refs:
        person = work.conversations.participant(tenant.id, ref)
        home = work.conversations.get(tenant.id, person.conversation_id) if person else None
        if home is not None:
            return work.messages.last_sent(tenant.id, latest(work, home).id, _COPIES)
    return ()
