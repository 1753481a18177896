"""A person is erased from every table; what others have, and accounting facts, stay."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from gateway.mail.mailbox import Mailbox
from gateway.ports.directory import Answered
from gateway.ports.lists import Page
from gateway.rules.erasure import ERASED_ADDRESS, ERASED_KIND, Erased
from gateway.rules.model import IMPORTED, Direction, Event, Suppression
from gateway.store.tables import METADATA
from gateway.store.verify import findings
from tests.store.make import (
    ACME,
    BOLT,
    DAY,
    JANA,
    NINE,
    attachment,
    conversation,
    delivery,
    inbound,
    invoice,
    kept,
    lease,
    message,
    payment,
    person,
    tenant,
)

SECRETS = ("jana@example.com", "jana nov", "whisper", "hush.pdf", "pssst")
PETER = Mailbox("Peter", "peter@example.com")


def everything(store):
    """Return all that the tables hold, as text in lower case."""
    found = []
    for table in METADATA.sorted_tables:
        for row in store.rows(f"SELECT * FROM {table.name}"):
            found += [
                bytes(one).decode("latin-1") if isinstance(one, bytes | memoryview) else str(one)
                for one in row
            ]
    return "\n".join(found).lower().replace("\\u00e1", "á")


def fill(work, *, company=ACME, tag="1", customer=JANA):
    """A conversation with an invoice, an answer with a document, a copy that was sent."""
    raw, document = kept(f"whisper raw {tag}".encode(), company), kept(b"pssst", company)
    copy = kept(f"whisper copy {tag}".encode(), company)
    for one in (raw, document, copy):
        work.contents.add(one)
    here = f"cnv_{tag}"
    work.conversations.add(
        conversation(here, company, customer=customer, last_message="whisper", subject="whisper")
    )
    ref = 100 + int(tag)
    work.conversations.add_participant(person(ref, here, company, mailbox=customer))
    work.messages.add(
        message(
            f"msg_in_{tag}",
            here,
            company,
            from_=customer,
            text="whisper",
            author_ref=ref,
            raw_sha256=raw.sha256,
            raw_size=raw.size,
            message_id="whisper@example.com",
            attachments=(attachment(f"att_{tag}", f"msg_in_{tag}", document, filename="hush.pdf"),),
        )
    )
    work.messages.add(
        message(
            f"msg_out_{tag}",
            here,
            company,
            direction=Direction.OUT,
            from_=Mailbox("Acme", "acme@mail.example.com"),
            to=(customer,),
            text="Hello, whisper",
        )
    )
    sent = delivery(f"dlv_{tag}", f"msg_out_{tag}", copy, conversation_id=here, recipient=customer)
    work.deliveries.add(replace(sent, tenant_id=company))
    work.invoices.add(
        invoice(
            f"inv_{tag}",
            f"2026-{tag}",
            here,
            company,
            customer={"name": customer.name, "email": customer.address},
            message="whisper",
            pdf_attachment_id=f"att_{tag}",
        )
    )
    work.invoices.add_payment(company, payment(f"pay_{tag}", f"inv_{tag}", note="whisper"))
    data = {"conversation_id": here, "from": {"name": "x", "address": customer.address}}
    work.events.add(Event(f"evt_{tag}", company, "message.received", NINE, data))


def erase(store, address="Jana@Example.com", company=ACME):
    traces = store.read(lambda work: work.privacy.traces(company, address))
    return store.write(lambda work: work.privacy.erase(traces))


def test_a151_nothing_of_a_person_stays_but_accounting_facts(store):
    store.write(lambda work: work.tenants.add(tenant()))
    store.write(fill)
    suppressed = Suppression(ACME, JANA.address, "bounce", "whisper", NINE)
    store.write(lambda work: work.suppressions.add(suppressed))
    wish = f"no reminders:{ACME}:{JANA.address}"
    store.write(lambda work: work.facts.put(wish, "2026-03-02"))
    store.write(lambda work: work.facts.put("report:dlv_1:failed", '{"to": "jana@example.com"}'))
    answered = Answered("h", 202, "sealed", {})
    store.write(lambda work: work.repeats.put(ACME, "answer", answered, NINE + DAY))
    answered = Answered("h", 0, '{"customer": "jana@example.com"}', {})
    store.write(lambda work: work.repeats.put(ACME, "key", answered, NINE + DAY))
    assert all(secret in everything(store) for secret in SECRETS)

    erased, blobs = erase(store)

    assert (erased, blobs) == (Erased(1, 2, 1, 1, 1), [])
    left = everything(store)
    assert [secret for secret in SECRETS if secret in left] == []
    found = store.read(lambda work: work.invoices.get(ACME, "inv_1"))
    before = invoice()
    facts = ("number", "kind", "amount", "currency", "issued_on", "due_on", "status")
    assert [getattr(found, name) for name in facts] == [getattr(before, name) for name in facts]
    assert [one.amount for one in found.payments] == [payment().amount]
    assert found.customer == {"name": "", "email": ERASED_ADDRESS}
    assert store.run(findings(store.store, NoBlobs())) == []


class NoBlobs:
    def listed(self):
        return ()


def _put(key, answered, work):
    return work.repeats.put(ACME, key, answered, NINE + DAY)


def test_a151_tombstones_stop_a_return(store):
    store.write(lambda work: work.tenants.add(tenant()))
    store.write(fill)
    mail = inbound("msg_in_1", kept(b"whisper raw 1"), dedupe="same")
    store.write(lambda work: work.spool.add(mail, kept(b"whisper raw 1"), again_since=NINE - DAY))
    (claimed,) = store.write(lambda work: work.spool.claim(lease(), 1))
    store.write(lambda work: work.spool.finish(claimed.id, claimed.fence))
    for key, body in (("claim", '{"id": "msg_out_1"}'), ("answer", "sealed")):
        answered = Answered("h", 202, body, {"Location": "/v1/x"})
        put = partial(_put, key, answered)
        store.write(put)

    erase(store)

    again = inbound("msg_2", kept(b"whisper raw 1"), dedupe="same")
    assert (
        store.write(
            lambda work: work.spool.add(again, kept(b"whisper raw 1"), again_since=NINE - DAY)
        )
        == "msg_in_1"
    )
    assert store.read(lambda work: work.conversations.revoked()) == [(ACME, 101)]
    for key in ("claim", "answer"):
        repeat = store.read(lambda work, key=key: work.repeats.get(ACME, key, NINE))
        assert (repeat.status, repeat.body, repeat.headers) == (410, "", {})
    shown = store.read(lambda work: work.messages.get(ACME, "msg_in_1"))
    assert (shown.kind, shown.text, shown.attachments) == (ERASED_KIND, "", ())
    copy = store.read(lambda work: work.deliveries.get(ACME, "dlv_1"))
    assert (copy.state, copy.recipient.address) == ("cancelled", ERASED_ADDRESS)
    assert store.write(lambda work: work.deliveries.claim(lease(), 10)) == []


def test_mail_that_waits_to_be_read_is_forgotten_and_its_reader_loses_the_lease(store):
    store.write(lambda work: work.tenants.add(tenant()))
    store.write(lambda work: work.spool.add(inbound(), kept(), again_since=NINE - DAY))
    (claimed,) = store.write(lambda work: work.spool.claim(lease(), 1))
    erase(store)
    assert "jana" not in everything(store)
    assert store.read(lambda work: work.spool.waiting()) == 0
    (error,) = store.writes(lambda work: work.spool.finish(claimed.id, claimed.fence))
    assert type(error).__name__ == "Stale"


def test_the_same_bytes_of_somebody_else_stay(store):
    store.write(lambda work: work.tenants.add(tenant()))
    store.write(fill)
    store.write(lambda work: fill(work, tag="2", customer=PETER))
    erase(store)
    document = store.read(lambda work: work.contents.get(ACME, kept(b"pssst").sha256))
    assert document.data == b"pssst"
    peters = store.read(lambda work: work.messages.get(ACME, "msg_in_2"))
    assert (peters.text, len(peters.attachments)) == ("whisper", 1)
    erase(store, "peter@example.com")
    assert store.read(lambda work: work.contents.get(ACME, document.sha256)) is None


def test_another_company_keeps_what_it_has(store):
    for one in (tenant(), tenant(BOLT, "bolt")):
        store.write(lambda work, one=one: work.tenants.add(one))
    store.write(fill)
    store.write(lambda work: fill(work, company=BOLT, tag="2"))
    erase(store)
    theirs = store.read(lambda work: work.messages.get(BOLT, "msg_in_2"))
    assert (theirs.text, theirs.from_) == ("whisper", JANA)
    (event,) = store.read(lambda work: work.events.after(BOLT, 0))
    assert event.data["from"]["address"] == JANA.address


def test_in_a_conversation_of_others_only_what_a_person_wrote_goes(store):
    store.write(lambda work: work.tenants.add(tenant()))
    store.write(lambda work: fill(work, customer=PETER))

    def join(work):
        ivan = Mailbox("Ivan Ivanov", "ivan@example.com")
        work.conversations.add_participant(person(9, mailbox=ivan, role="other"))
        work.messages.add(message("msg_third", from_=ivan, text="pssst secret", author_ref=9))
        work.messages.add(
            message(
                "msg_last",
                from_=PETER,
                text="Ivan Ivanov wrote it (ivan@example.com), fine by me",
                quoted_text="> pssst secret",
                full_text="fine\n> pssst secret",
                cc=(ivan,),
            )
        )

    store.write(join)
    erased, _ = erase(store, "ivan@example.com")
    assert (erased.messages, erased.invoices) == (1, 0)
    left = everything(store)
    assert [one for one in ("ivan", "pssst secret") if one in left] == []
    last = store.read(lambda work: work.messages.get(ACME, "msg_last"))
    assert (last.from_, last.text) == (PETER, "… wrote it (…), fine by me")
    first = store.read(lambda work: work.messages.get(ACME, "msg_in_1"))
    assert (first.text, len(first.attachments)) == ("whisper", 1)
    people = store.read(lambda work: work.conversations.participants(ACME, "cnv_1"))
    assert [(one.mailbox.address, one.revoked) for one in people] == [
        (PETER.address, False),
        (ERASED_ADDRESS, True),
    ]


def test_somebody_who_was_never_here_is_erased_at_once(store):
    store.write(lambda work: work.tenants.add(tenant()))
    assert erase(store, "nobody@example.com") == (Erased(), [])


def test_raw_mail_is_dropped_when_its_time_is_over(store):
    store.write(lambda work: work.tenants.add(tenant()))

    def fill_in(work):
        work.conversations.add(conversation())
        for name, age, kind in (("old", 10, "message"), ("past", 10, IMPORTED), ("new", 1, "x")):
            raw = kept(name.encode())
            work.contents.add(raw)
            at = NINE - timedelta(days=age)
            work.messages.add(
                message(f"msg_{name}", raw_sha256=raw.sha256, received_at=at, kind=kind)
            )

    store.write(fill_in)
    dropped = [
        store.write(lambda work: work.privacy.drop_raw(NINE - timedelta(days=5), 10))
        for _ in range(2)
    ]
    assert dropped == [(2, []), (0, [])]
    raws = [
        store.read(lambda work, one=one: work.messages.get(ACME, f"msg_{one}")).raw_sha256
        for one in ("old", "past", "new")
    ]
    assert [raw is None for raw in raws] == [True, False, False]
    assert store.read(lambda work: work.contents.get(ACME, kept(b"old").sha256)) is None
    shown = store.read(lambda work: work.messages.page(ACME, Page(10))).items
    assert len(shown) == 3
