from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from gateway.ports.lists import Page, Stale, Taken
from gateway.rules.model import InvoiceStatus, Suppression
from tests.store.make import (
    ACME,
    BOLT,
    DAY,
    NINE,
    conversation,
    event,
    invoice,
    payment,
    receipt,
)

FIRST = Page()


@pytest.fixture
def book(store):
    """A conversation to put invoices in."""
    store.write(
        lambda work: (
            work.conversations.add(conversation()),
            work.conversations.add(conversation("cnv_2")),
            work.conversations.add(conversation("cnv_b", BOLT)),
        )
    )
    return store


def test_an_invoice_comes_back_as_it_was_with_payments_and_receipts(book):
    full = invoice(
        kind="proforma",
        issued_on=date(2026, 3, 1),
        due_on=date(2026, 3, 15),
        status=InvoiceStatus.CLAIMED,
        message_id="msg_1",
        lines=({"text": "Work", "amount": "1.00"},),
        payment={"iban": "SK00"},
        message="Hello",
        locale="sk",
        replaces="inv_0",
        pdf_attachment_id="att_1",
    )

    def job(work):
        work.invoices.add(full)
        work.invoices.add_payment(ACME, payment())
        work.invoices.add_receipt(ACME, receipt())
        work.invoices.add_receipt(ACME, receipt("rcp_2", state="draft"))

    book.write(job)
    expected = replace(
        full,
        payments=(payment(),),
        receipts=(receipt(number=1), receipt("rcp_2", state="draft")),
    )
    assert book.read(lambda work: work.invoices.get(ACME, "inv_1")) == expected
    assert book.read(lambda work: work.invoices.get(BOLT, "inv_1")) is None
    assert book.read(lambda work: work.invoices.of_conversation(ACME, "cnv_1")) == [expected]
    assert list(book.read(lambda work: work.invoices.of_conversation(BOLT, "cnv_1"))) == []
    assert book.read(lambda work: work.invoices.page(ACME, Page()).items) == (expected,)


def test_a_number_is_in_use_within_company_and_kind_until_it_is_replaced(book):
    book.write(lambda work: work.invoices.add(invoice()))
    with pytest.raises(Taken) as taken:
        book.write(lambda work: work.invoices.add(invoice("inv_2")))
    assert (taken.value.field, taken.value.holder) == ("number", "inv_1")
    book.write(lambda work: work.invoices.add(invoice("inv_3", kind="quote")))
    book.write(lambda work: work.invoices.add(invoice("inv_4", "2026-1", "cnv_b", BOLT)))

    def replacing(work):
        old = work.invoices.get(ACME, "inv_1")
        work.invoices.change(replace(old, replaced_by="inv_5"))
        work.invoices.add(invoice("inv_5", replaces="inv_1"))

    book.write(replacing)
    newest = book.read(lambda work: work.invoices.by_number(ACME, "invoice", "2026-1"))
    assert newest.id == "inv_5"
    assert book.read(lambda work: work.invoices.by_number(ACME, "order", "2026-1")) is None


def test_a_conversation_knows_its_invoices(book):
    for number in (1, 2):
        book.write(
            lambda work, number=number: work.invoices.add(invoice(f"inv_{number}", str(number)))
        )

    def ids(conversation_id):
        return book.read(lambda work: work.conversations.get(ACME, conversation_id).invoice_ids)

    assert ids("cnv_1") == ("inv_1", "inv_2")
    book.write(
        lambda work: work.conversations.change(
            replace(work.conversations.get(ACME, "cnv_1"), invoice_ids=(), subject="x")
        )
    )
    assert ids("cnv_1") == ("inv_1", "inv_2")
    book.write(
        lambda work: work.invoices.change(
            replace(work.invoices.get(ACME, "inv_1"), conversation_id="cnv_2")
        )
    )
    assert (ids("cnv_1"), ids("cnv_2")) == (("inv_2",), ("inv_1",))


def test_a_change_of_an_old_version_is_stale_if_asked_to_check(book):
    first = invoice()
    book.write(lambda work: work.invoices.add(first))
    paid = replace(first, status=InvoiceStatus.PAID)
    second = book.write(lambda work: work.invoices.change(paid))
    assert second == replace(paid, version=2)
    with pytest.raises(Stale):
        book.write(lambda work: work.invoices.change(first, check_version=True))
    with pytest.raises(Stale):
        book.write(lambda work: work.invoices.change(invoice("inv_9")))
    with pytest.raises(Stale):
        book.write(lambda work: work.invoices.change(replace(second, tenant_id=BOLT)))


def test_invoices_are_listed_newest_first_by_status(book):
    for number in range(4):
        status = InvoiceStatus.PAID if number == 2 else InvoiceStatus.OPEN
        book.write(
            lambda work, number=number, status=status: work.invoices.add(
                invoice(f"inv_{number}", str(number), status=status)
            )
        )
    book.write(lambda work: work.invoices.add(invoice("inv_b", "9", "cnv_b", BOLT)))

    def ids(tenant_id, page=FIRST, **which):
        listed = book.read(lambda work: work.invoices.page(tenant_id, page, **which))
        return [each.id[4:] for each in listed.items]

    assert ids(ACME) == ["3", "2", "1", "0"]
    assert ids(None) == ["b", "3", "2", "1", "0"]
    assert ids(ACME, status="open") == ["3", "1", "0"]
    assert ids(None, status="paid") == ["2"]
    first = book.read(lambda work: work.invoices.page(ACME, Page(3)))
    assert ids(ACME, Page(3, first.next_cursor)) == ["0"]


def test_payments_change_and_are_listed_with_their_invoices(book):
    def job(work):
        work.invoices.add(invoice())
        work.invoices.add(invoice("inv_b", "1", "cnv_b", BOLT))
        for number in range(3):
            work.invoices.add_payment(ACME, payment(f"pay_{number}"))
        work.invoices.add_payment(BOLT, payment("pay_b", "inv_b"))
        changed = payment("pay_1", amount=Decimal("9.90"), confirmed=True, withdrawn=True)
        work.invoices.change_payment(ACME, changed)
        work.invoices.change_payment(BOLT, payment("pay_2", note="not yours"))

    book.write(job)
    first = book.read(lambda work: work.invoices.payments(ACME, Page(2)))
    second = book.read(lambda work: work.invoices.payments(ACME, Page(2, first.next_cursor)))
    whole = book.read(lambda work: work.invoices.get(ACME, "inv_1"))
    changed = payment("pay_1", amount=Decimal("9.90"), confirmed=True, withdrawn=True)
    assert (*first.items, *second.items) == (
        (whole, payment("pay_2")),
        (whole, changed),
        (whole, payment("pay_0")),
    )


def test_receipt_numbers_have_no_gaps_though_jobs_fail(book):
    book.write(lambda work: work.invoices.add(invoice()))

    def issue(number):
        def job(work):
            made = work.invoices.add_receipt(ACME, receipt(f"rcp_{number}"))
            if number % 3 == 0:
                raise RuntimeError("no paper")
            return made.number

        return job

    results = book.writes(*[issue(number) for number in range(30)])
    numbers = [result for result in results if isinstance(result, int)]
    assert sorted(numbers) == list(range(1, 21))


def test_a_draft_becomes_a_receipt_once(book):
    def job(work):
        work.invoices.add(invoice())
        work.invoices.add_receipt(ACME, receipt(state="draft"))
        first = work.invoices.add_receipt(ACME, receipt())
        return first, work.invoices.add_receipt(ACME, receipt())

    first, again = book.write(job)
    assert first == again == receipt(number=1)
    assert book.read(lambda work: work.invoices.get(ACME, "inv_1").receipts) == (first,)


def test_a_suppression_stays_unless_it_is_a_complaint(store):
    bounce = Suppression(ACME, "jana@example.com", "bounce", "no_such_mailbox", NINE)
    complaint = replace(bounce, kind="complaint", reason="spam", created_at=NINE + DAY)

    def add(suppression):
        return store.write(lambda work: work.suppressions.add(suppression))

    def get(tenant_id=ACME):
        return store.read(lambda work: work.suppressions.get(tenant_id, "JANA@example.com"))

    assert add(bounce) is True
    assert add(replace(bounce, kind="manual")) is False
    assert get() == bounce
    assert add(complaint) is False
    assert get() == complaint
    assert add(bounce) is False
    assert get() == complaint
    assert get(BOLT) is None
    assert store.write(lambda work: work.suppressions.remove(BOLT, bounce.address)) is False
    assert store.write(lambda work: work.suppressions.remove(ACME, "Jana@example.com")) is True
    assert store.write(lambda work: work.suppressions.remove(ACME, bounce.address)) is False
    assert get() is None


def test_suppressions_are_listed_newest_first(store):
    items = [Suppression(ACME, f"a{n}@x.test", "manual", "manual", NINE) for n in range(3)]
    store.write(lambda work: [work.suppressions.add(item) for item in items])
    first = store.read(lambda work: work.suppressions.page(ACME, Page(2)))
    second = store.read(lambda work: work.suppressions.page(ACME, Page(2, first.next_cursor)))
    assert (*first.items, *second.items) == tuple(reversed(items))
    assert store.read(lambda work: work.suppressions.page(BOLT, Page()).items) == ()


def test_events_are_numbered_per_company_and_seen_after_the_commit(store):
    def job(work):
        for number in range(3):
            work.events.add(event(f"evt_{number}"))
        work.events.add(event("evt_b", BOLT, data={"x": "\0é"}))
        return work.events.get(ACME, "evt_0"), work.events.last(ACME)

    assert store.write(job) == (None, 0)
    store.write(lambda work: work.events.add(event("evt_3", type_="invoice.sent")))
    events = store.read(lambda work: work.events.after(ACME, 0))
    assert [(each.id, each.sequence) for each in events] == [
        ("evt_0", 1),
        ("evt_1", 2),
        ("evt_2", 3),
        ("evt_3", 4),
    ]
    assert store.read(lambda work: work.events.get(BOLT, "evt_b")) == event(
        "evt_b", BOLT, data={"x": "\0é"}, sequence=1
    )
    assert store.read(lambda work: work.events.get(ACME, "evt_b")) is None
    assert store.read(lambda work: (work.events.last(ACME), work.events.last("ten_x"))) == (4, 0)


def test_events_are_given_after_a_number_by_type_and_up_to_a_limit(store):
    types = ["a", "b", "a", "c", "a"]

    def job(work):
        for number, type_ in enumerate(types):
            work.events.add(event(f"evt_{number}", type_=type_))

    store.write(job)

    def numbers(after, **which):
        found = store.read(lambda work: work.events.after(ACME, after, **which))
        return [each.sequence for each in found]

    assert numbers(2) == [3, 4, 5]
    assert numbers(0, limit=2) == [1, 2]
    assert numbers(1, types=["a", "c", "z"]) == [3, 4, 5]
    assert numbers(9) == []


def test_a_job_that_only_reads_tells_of_nothing(store):
    with pytest.raises(TypeError):
        store.read(lambda work: work.events.add(event()))


def test_the_accounts_of_a_companys_newest_documents_are_told_once_each(book):
    def job(work):
        for number, iban in enumerate(("SK1", "SK2", "SK2", ""), 1):
            details = {"iban": iban} if iban else {}
            work.invoices.add(invoice(f"inv_{number}", number=str(number), payment=details))
        return (
            work.invoices.accounts(ACME),
            work.invoices.accounts(ACME, 2),
            (work.invoices.accounts(BOLT)),
        )

    assert book.write(job) == (["SK2", "SK1"], ["SK2"], [])
