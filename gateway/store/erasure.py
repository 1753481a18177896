"""A person is erased: content goes, accounting facts and tombstones stay (docs/privacy.md).

Tombstones are the rows themselves, emptied: a revoked participant, so that the token is refused
at RCPT; a delivery without its recipient, so that a late report is known and dropped; the digest
of a mail that came, so that the same mail again is no new one; an answered request, so that
its repeat makes nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, delete, or_, select, update

from gateway.ports.correspondence import Kept
from gateway.ports.privacy import Traces
from gateway.rules.erasure import (
    ERASED_ADDRESS,
    ERASED_KIND,
    GONE,
    Erased,
    without_person,
    without_words,
)
from gateway.rules.model import Direction
from gateway.rules.states import FINAL, State
from gateway.store.contents import add_content
from gateway.store.leftovers import NO_ENVELOPE, NO_PEER, content_keys, drop_unused
from gateway.store.message_rows import recipients_of
from gateway.store.messages import Messages
from gateway.store.rows import dict_json, from_dict, key_of
from gateway.store.statements import Statement
from gateway.store.tables import (
    ATTACHMENT,
    CONVERSATION,
    DELIVERY,
    EVENT,
    FACT,
    INBOUND,
    INVOICE,
    MESSAGE,
    MESSAGE_NAME,
    PARTICIPANT,
    PAYMENT,
    REPEAT,
    SUPPRESSION,
    WEBHOOK_ATTEMPT,
)
from gateway.store.traces import chunks, holds
from gateway.store.transaction import Transaction
from gateway.store.words import Words

FURTHER: Sequence[Callable[[Transaction, Traces, Sequence[str]], None]] = ()
"""What else holds copies of messages, and is erased in the same transaction: a search index,
payloads that wait to be posted. Each is given the traces and the ids of the erased messages."""

_EMPTY: Final = hashlib.sha256(b"").hexdigest()
_M, _D, _A = MESSAGE.c, DELIVERY.c, ATTACHMENT.c


class Erasing:
    """One erasure in one transaction."""

    def __init__(self, transaction: Transaction, traces: Traces) -> None:
        self._transaction = transaction
        self._traces = traces
        self._delivery_ids: list[str] = []

    def run(self) -> tuple[Erased, Sequence[str]]:
        """Do it; return how much, and the hashes of blobs to remove."""
        traces = self._traces
        theirs, others = self._messages()
        keys = content_keys(self._transaction, [*theirs, *others])
        counts = self._attachments(theirs), self._deliveries(theirs, keep_going=False)
        self._deliveries(others, keep_going=True)
        self._empty_messages(theirs)
        self._redact_messages(others)
        self._people()
        self._conversations()
        invoices = self._invoices()
        self._events()
        self._repeats(theirs)
        self._facts()
        self._update(
            SUPPRESSION,
            SUPPRESSION.c.key == key_of(traces.tenant_id, traces.address),
            address=ERASED_ADDRESS,
            reason="",
        )
        keys |= self._spool([*theirs, *others])
        self._words([*theirs, *others])
        for erase in FURTHER:
            erase(self._transaction, traces, theirs)
        gone = drop_unused(self._transaction, keys)
        conversations = len(traces.whole) + len(traces.parts)
        erased = Erased(conversations, len(theirs), *counts, invoices)
        return erased, [sha256 for _, sha256 in gone]

    def _messages(self) -> tuple[list[str], list[str]]:
        """Return the ids of messages that go, and of those of others that they are in."""
        traces = self._traces
        theirs: list[str] = []
        others: list[str] = []
        brought = self._brought()
        for place, is_whole in ((traces.whole, True), (traces.parts, False)):
            for ids in chunks(place):
                found = select(
                    _M.id, _M.from_address, _M.author_ref, _M.direction, _M.recipients
                ).where(_among(_M.conversation_id, ids))
                for id_, address, ref, way, recipients in self._rows(found.order_by(_M.position)):
                    is_theirs = address.lower() == traces.address or ref in traces.refs
                    is_ours = way == Direction.OUT.value
                    to_them = id_ in brought or (is_ours and self._only_to_them(recipients))
                    (theirs if is_whole or is_theirs or to_them else others).append(id_)
        return theirs, others

    def _brought(self) -> set[str]:
        """Return the ids of the messages that brought their documents."""
        brought: set[str] = set()
        for ids in chunks(self._traces.documents):
            found = select(INVOICE.c.message_id).where(_among(INVOICE.c.id, ids))
            brought |= {row[0] for row in self._rows(found) if row[0] is not None}
        return brought

    def _only_to_them(self, recipients: str) -> bool:
        to, cc, _ = recipients_of(recipients)
        seen = {one.address.lower() for one in (*to, *cc)}
        return seen == {self._traces.address}

    def _attachments(self, messages: Sequence[str]) -> int:
        count = 0
        for ids in chunks(messages):
            # An invoice's document is the company's own; its facts stay in the invoice.
            documents = [
                row[0] for row in self._rows(select(_A.id).where(_among(_A.message_id, ids)))
            ]
            for some in chunks(documents):
                self._update(
                    INVOICE, _among(INVOICE.c.pdf_attachment_id, some), pdf_attachment_id=None
                )
            self._run(delete(ATTACHMENT).where(_among(_A.message_id, ids)))
            self._run(delete(MESSAGE_NAME).where(_among(MESSAGE_NAME.c.message_id, ids)))
            count += len(documents)
        return count

    def _deliveries(self, messages: Sequence[str], *, keep_going: bool) -> int:
        """Empty the copies of these messages; keep_going: those of others that are under way."""
        traces, count = self._traces, 0
        if messages:
            add_content(self._transaction, Kept(traces.tenant_id, _EMPTY, 0, b""))
        for ids in chunks(messages):
            found = select(_D.id, _D.recipient_key, _D.state).where(_among(_D.message_id, ids))
            for id_, recipient, state in self._rows(found):
                is_theirs = not keep_going or recipient == traces.address
                if not is_theirs and state not in FINAL:
                    continue
                changes: dict[str, Any] = {
                    "raw_sha256": _EMPTY,
                    "raw_size": 0,
                    "raw_key": key_of(traces.tenant_id, _EMPTY),
                    "signature": None,
                    "fence": _D.fence + 1,
                }
                if is_theirs:
                    changes |= {
                        "recipient_name": "",
                        "recipient_address": ERASED_ADDRESS,
                        "recipient_key": ERASED_ADDRESS,
                        "reason": "",
                        "dsn": "",
                        "attempts": "",
                        "due_at": None,
                        "next_attempt_at": None,
                        "state": state if state in FINAL else State.CANCELLED.value,
                    }
                    count += 1
                    self._delivery_ids.append(id_)
                self._update(DELIVERY, _D.id == id_, **changes)
        return count

    def _empty_messages(self, messages: Sequence[str]) -> None:
        for ids in chunks(messages):
            self._update(
                MESSAGE,
                _among(_M.id, ids),
                from_name="",
                from_address=ERASED_ADDRESS,
                subject="",
                recipients="",
                message_id=None,
                submitted_message_id=None,
                refs="",
                text="",
                quoted_text="",
                signature="",
                full_text="",
                html=None,
                details="",
                evidence="",
                visible=False,
                kind=ERASED_KIND,
                raw_sha256=None,
                raw_size=0,
                raw_key=None,
                attachments=0,
            )

    def _redact_messages(self, messages: Sequence[str]) -> None:
        """Take a person out of others' messages: quotations, raw bytes, their name and address."""
        words = self._traces.words
        for ids in chunks(messages):
            found = select(_M.id, _M.subject, _M.text, _M.recipients).where(_among(_M.id, ids))
            for id_, subject, text, recipients in self._rows(found):
                plain = without_words(text, words)
                named = recipients.lower()
                self._update(
                    MESSAGE,
                    _M.id == id_,
                    subject=without_words(subject, words),
                    text=plain,
                    full_text=plain,
                    quoted_text="",
                    html=None,
                    details="",
                    evidence="",
                    recipients="" if any(word in named for word in words) else recipients,
                    raw_sha256=None,
                    raw_size=0,
                    raw_key=None,
                )

    def _words(self, messages: Sequence[str]) -> None:
        """Find these messages by what is left of them; the index itself is merged afterwards."""
        words, kept = Words(self._transaction), Messages(self._transaction)
        for id_ in messages:
            message = kept.get(self._traces.tenant_id, id_)
            if message is not None:
                words.change(message)

    def _people(self) -> None:
        traces, people = self._traces, PARTICIPANT.c
        emptied = {"name": "", "address": ERASED_ADDRESS, "revoked": True}
        for refs in chunks(traces.refs):
            who = (people.tenant_id == traces.tenant_id) & _among(people.ref, refs)
            self._update(PARTICIPANT, who, **emptied)
        for ids in chunks(traces.whole):
            self._update(PARTICIPANT, _among(people.conversation_id, ids), **emptied)

    def _conversations(self) -> None:
        traces, these = self._traces, CONVERSATION.c
        nobody = {
            "customer_name": "",
            "customer_address": ERASED_ADDRESS,
            "customer_key": ERASED_ADDRESS,
        }
        for ids in chunks(traces.whole):
            self._update(
                CONVERSATION,
                _among(these.id, ids),
                **nobody,
                subject="",
                last_message="",
                status="closed",
                unread=0,
                failed=False,
                tags="[]",
                version=these.version + 1,
            )
        for ids in chunks(traces.parts):
            found = select(these.id, these.subject).where(_among(these.id, ids))
            for id_, subject in self._rows(found):
                self._update(
                    CONVERSATION,
                    these.id == id_,
                    **(nobody if id_ in traces.shared else {}),
                    subject=without_words(subject, traces.words),
                    last_message="",
                    version=these.version + 1,
                )

    def _invoices(self) -> int:
        """Keep number, kind, amounts, days and payments; the person, words and lines go."""
        these, nobody = INVOICE.c, dict_json({"name": "", "email": ERASED_ADDRESS})
        for some in chunks(self._traces.documents):
            self._update(
                INVOICE,
                _among(these.id, some),
                customer=nobody,
                message="",
                lines="[]",
                payment="{}",
                version=these.version + 1,
            )
            self._update(PAYMENT, _among(PAYMENT.c.invoice_id, some), note="")
        return len(self._traces.documents)

    def _events(self) -> None:
        """Take the person out of events; bodies of webhooks are made of them when they are sent."""
        traces, these, told = self._traces, EVENT.c, WEBHOOK_ATTEMPT.c
        for positions in chunks(traces.events):
            found = select(these.position, these.id, these.data)
            for position, id_, data in self._rows(found.where(_among(these.position, positions))):
                kept = dict_json(without_person(from_dict(data), traces.words))
                self._update(EVENT, these.position == position, data=kept)
                # A receiver may have answered with what it was sent.
                self._update(WEBHOOK_ATTEMPT, told.event_id == id_, answer="", error="")

    def _repeats(self, messages: Sequence[str]) -> None:
        """Let repeats of requests that made what is erased be answered with 410.

        Answers are sealed; what was made stands in the claim, which has the same hash. What
        was submitted by SMTP has none, and its repeats get the first queue id, as before.
        """
        traces, these = self._traces, REPEAT.c
        hashes: set[str] = set()
        for some in chunks([traces.address, *traces.whole, *messages]):
            told = or_(*[holds(these.body, one) for one in some])
            found = select(these.request_hash).where(
                these.tenant_id == traces.tenant_id, these.request_hash != "", told
            )
            hashes |= {row[0] for row in self._rows(found)}
        for some in chunks(sorted(hashes)):
            which = (these.tenant_id == traces.tenant_id) & _among(these.request_hash, some)
            self._update(REPEAT, which, status=GONE, body="", headers="{}")

    def _facts(self) -> None:
        """Forget wishes that are kept by the address, and what is to be told of its deliveries."""
        traces, these = self._traces, FACT.c
        wishes = holds(these.name, traces.tenant_id) & holds(these.name, traces.address)
        self._run(delete(FACT).where(wishes))
        for ids in chunks(self._delivery_ids):
            self._run(delete(FACT).where(or_(*[holds(these.name, one) for one in ids])))

    def _spool(self, messages: Sequence[str]) -> set[bytes]:
        """Forget envelopes, and mail of the person that was not read yet; return its contents."""
        traces, these = self._traces, INBOUND.c
        waiting = select(these.id, these.raw_sha256).where(
            these.tenant_id == traces.tenant_id,
            these.due_at.is_not(None),
            holds(these.envelope, traces.address),
        )
        unread = self._rows(waiting)
        for ids in chunks([*messages, *(row[0] for row in unread)]):
            self._update(
                INBOUND,
                _among(these.id, ids),
                envelope=NO_ENVELOPE,
                peer=NO_PEER,
                due_at=None,
                verify_at=None,
                fence=these.fence + 1,
            )
        return {key_of(traces.tenant_id, row[1]) for row in unread}

    def _rows(self, clause: Any) -> list[Any]:
        return self._transaction.rows(Statement(clause), {})

    def _run(self, clause: Any) -> None:
        self._transaction.run(Statement(clause), {})

    def _update(self, table: Any, where: ColumnElement[bool], **values: Any) -> None:
        self._run(update(table).where(where).values(**values))


def _among(column: Column[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    return or_(*[column == value for value in values])
