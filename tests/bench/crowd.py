"""Very many conversations, stored by the store's own statements, for measurements."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from gateway.mail.mailbox import Mailbox
from gateway.rules.model import Channel, ConversationStatus, Direction, InvoiceStatus
from gateway.store.opening import open_store
from tests.store import make

TOGETHER = 500
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = ("Jana", "Peter", "Eva", "Martin", "Lucia", "Tomáš", "Zuzana", "Pavol")
FAMILIES = ("Malá", "Novák", "Horváth", "Kováč", "Varga", "Tóth", "Nagy", "Baláž")
WORDS = (
    "oak", "table", "delivery", "invoice", "order", "number", "address", "company",
    "branch", "reminder", "payment", "transfer", "account", "receipt", "colour", "sample",
    "Friday", "Monday", "please", "thank", "question", "copy", "accountant", "missing",
)  # fmt: skip
RARE = "quetzalcoatl"
"""A word of one conversation in ten thousand."""
EACH_CUSTOMER = 5
"""How many conversations a customer has."""


def text_of(number):
    """Forty words that differ from conversation to conversation."""
    words = [WORDS[(number * 7 + place * (number % 11 + 1)) % len(WORDS)] for place in range(40)]
    if number % 10_000 == 17:
        words.append(RARE)
    return " ".join(words)


def status_of(number):
    """One in fifty is open, one in twenty waits; the rest is done: an Inbox after some years."""
    if number % 50 == 0:
        return ConversationStatus.OPEN
    return ConversationStatus.WAITING if number % 20 == 1 else ConversationStatus.CLOSED


def add(work, tenant_id, number):
    """Store a conversation with an invoice, its mail, and the customer's answer."""
    customer = number // EACH_CUSTOMER
    name = f"{NAMES[customer % 8]} {FAMILIES[customer // 8 % 8]}"
    mailbox = Mailbox(name, f"customer{customer}@client{customer % 500}.example")
    at = BEGAN + timedelta(minutes=7 * number)
    ids = {kind: f"{kind}_{number:024d}" for kind in ("cnv", "msg", "inv", "dlv")}
    said = text_of(number)
    work.conversations.add(
        make.conversation(
            ids["cnv"],
            tenant_id,
            subject=f"Invoice 2025-{number:06d}",
            customer=mailbox,
            created_at=at,
            updated_at=at,
            status=status_of(number),
            unread=int(number % 500 == 0),
            failed=number % 2000 == 3,
            last_message=said[:120],
            last_message_at=at,
        )
    )
    person = make.person(number, ids["cnv"], tenant_id, mailbox=mailbox, created_at=at)
    work.conversations.add_participant(person)
    invoice = make.invoice(
        ids["inv"],
        f"2025-{number:06d}",
        ids["cnv"],
        tenant_id,
        amount=Decimal(number % 5000) + Decimal("0.90"),
        created_at=at,
        updated_at=at,
        due_on=date(2025, 1, 15) + timedelta(days=number // 205),
        status=InvoiceStatus.PAID if number % 25 else InvoiceStatus.OPEN,
    )
    work.invoices.add(invoice)
    sent = make.message(
        ids["msg"],
        ids["cnv"],
        tenant_id,
        direction=Direction.OUT,
        channel=Channel.API,
        kind="invoice",
        subject=f"Invoice 2025-{number:06d}",
        to=(mailbox,),
        received_at=at,
        text=said,
        full_text=said,
        invoice_id=ids["inv"],
    )
    answer = replace(
        sent,
        id=f"msg_a{number:023d}",
        direction=Direction.IN,
        channel=Channel.EMAIL,
        kind="message",
        from_=mailbox,
        author_ref=number,
    )
    work.messages.add(sent)
    work.messages.add(answer)
    failed = number % 2000 == 3
    delivery = make.delivery(
        ids["dlv"],
        ids["msg"],
        make.kept(tenant_id=tenant_id),
        conversation_id=ids["cnv"],
        recipient=mailbox,
        queued_at=at,
        state="bounced" if failed else "delivered",
        next_attempt_at=None,
    )
    work.deliveries.add(delivery)


async def settle(where, tenant_id, count):
    """Store so many conversations of a company; the gateway must not run meanwhile."""

    def job(first):
        def run(work):
            for number in range(first, min(first + TOGETHER, count)):
                add(work, tenant_id, number)

        return run

    async with open_store(where) as store:
        await store.write(lambda work: work.contents.add(make.kept(tenant_id=tenant_id)))
        for first in range(0, count, TOGETHER):
            await store.write(job(first))
