"""Random sequences of API calls do to conversations and invoices what a simple model says.

Longer: POSTROOM_EXAMPLES=300 pytest tests/properties/test_api_walks.py
"""

import asyncio
import os
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gateway.blobs.files import FileBlobs
from gateway.flow.drafts import PaymentDraft
from gateway.flow.refusal import Refused
from gateway.flow.visit import Visits
from gateway.store.verify import findings
from tests.api.kit import opened, problem
from tests.properties.correspondence_model import Bill, Model, Talk

MORE = os.environ.get("POSTROOM_EXAMPLES")
WALKS = settings(
    max_examples=int(MORE or 6),
    stateful_step_count=20,
    derandomize=MORE is None,
    database=None,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CUSTOMERS = ("jana@one.test", "jan@two.test", "eva@three.test")
CENTS = st.integers(1, 20_000).map(lambda cents: Decimal(cents) / 100)
TEXT = {"text": "We look it up."}


class Walk(RuleBasedStateMachine):
    """api, run, blobs: the API on a store, what runs a coroutine, no blobs; set by the test."""

    api = run = blobs = None
    count = 0

    @initialize()
    def enrol(self):
        Walk.count += 1
        self.company = self.run(self.api.company(f"Company {Walk.count}"))
        self.tenant = self.run(self.api.store.read(lambda work: work.tenants.get(self.company.id)))
        self.model = Model()
        self.numbers = 0
        self.erased = []
        self.gone = []

    # What is asked.

    def ask(self, method, path, status, **more):
        answer = self.run(self.api.ask(method, path, self.company.key, **more))
        assert answer.status_code == status, (method, path, more, answer.text)
        return answer

    def get(self, path):
        return self.ask("GET", path, 200).json()

    def post(self, path, body=None, status=200, **more):
        return self.ask("POST", path, status, json=body or {}, **more).json()

    def all(self, path):
        found, cursor = [], ""
        while cursor is not None:
            page = self.get(f"{path}?limit=20{cursor and '&cursor=' + cursor}")
            found += page["data"]
            cursor = page["next_cursor"]
        return found

    def a_talk(self, data):
        return self.model.talks[data.draw(st.sampled_from(sorted(self.model.talks)))]

    def a_bill(self, data):
        return self.model.bills[data.draw(st.sampled_from(sorted(self.model.bills)))]

    def visit(self, talk):
        """Return the customer's pages, and the token that opens a conversation to them."""
        context = self.api.services.context
        people = self.run(
            self.api.store.read(
                lambda work: work.conversations.participants(self.tenant.id, talk.id)
            )
        )
        (person, *_) = [one for one in people if one.mailbox.address == talk.customer]
        url = context.names.chat_url(context.keys, self.tenant, person)
        return Visits(context, self.api.services.billing), url.rpartition("/")[2]

    # What happens.

    @rule(customer=st.sampled_from(CUSTOMERS))
    def begin(self, customer):
        body = {"subject": "Hello", "customer": {"email": customer}, "text": "Hello"}
        begun = self.post("/v1/conversations", body, 201)
        talk = Talk(begun["id"], customer, "waiting", {customer}, [begun["message_id"]])
        self.model.talks[talk.id] = talk

    @rule(customer=st.sampled_from(CUSTOMERS), amount=CENTS, data=st.data())
    def send_invoice(self, customer, amount, data):
        mine = sorted(one.id for one in self.model.talks.values() if one.customer == customer)
        where = data.draw(st.sampled_from([None, *mine]))
        self.numbers += 1
        body = {
            "number": str(self.numbers),
            "amount": str(amount),
            "currency": "EUR",
            "customer": {"name": "A customer", "email": customer},
            **({"conversation_id": where} if where else {}),
        }
        key = {"Idempotency-Key": f"invoice {self.numbers}"}
        sent = self.post("/v1/invoices", body, 202, headers=key)
        assert self.post("/v1/invoices", body, 202, headers=key) == sent
        self.post("/v1/invoices", body, 409)
        new = Talk(sent["conversation_id"], customer, "waiting", {customer})
        talk = self.model.talks.setdefault(sent["conversation_id"], new)
        assert where in {None, talk.id}
        talk.messages.append(sent["message_id"])
        talk.invoices.append(sent["id"])
        talk.wait()
        bill = Bill(sent["id"], body["number"], amount, sent["message_id"])
        self.model.bills[bill.id] = bill

    @precondition(lambda self: self.model.talks)
    @rule(data=st.data(), note=st.booleans())
    def answer(self, data, note):
        talk = self.a_talk(data)
        path = f"/v1/conversations/{talk.id}/messages"
        talk.messages.append(self.post(path, {**TEXT, "note": note}, 202)["id"])
        if not note:
            talk.wait()

    @precondition(lambda self: self.model.talks)
    @rule(data=st.data())
    def write_in_the_chat(self, data):
        talk = self.a_talk(data)
        visits, token = self.visit(talk)
        self.numbers += 1
        word = f"word{self.numbers}x{Walk.count}"
        message = self.run(visits.write(token, f"Is it {word}?"))
        self.model.words.setdefault(talk.customer, []).append(word)
        talk.messages.append(message.id)
        talk.came.add(message.id)
        talk.unread += 1
        talk.status = "open"

    @precondition(lambda self: self.model.bills)
    @rule(data=st.data(), whole=st.booleans(), amount=CENTS)
    def pay(self, data, whole, amount):
        bill = self.a_bill(data)
        final = bill.status in {"paid", "cancelled"}
        body = {} if whole else {"amount": str(amount)}
        path = f"/v1/invoices/{bill.id}/mark-paid"
        if final:
            assert self.post(path, body, 409)["code"] == bill.status
            return
        part = bill.open if whole else amount
        shown = self.post(path, body)
        (new,) = {one["id"] for one in shown["payments"]} - bill.payments.keys()
        bill.payments[new] = [part, True]

    @precondition(lambda self: self.model.bills)
    @rule(data=st.data(), amount=CENTS)
    def claim_and_maybe_confirm(self, data, amount):
        bill = self.a_bill(data)
        talk = self.model.bill_home(bill)
        if talk is None or bill.status in {"paid", "cancelled"}:
            return
        visits, token = self.visit(talk)
        if bill.status == "claimed":
            with pytest.raises(Refused):
                self.run(visits.claim(token, bill.id, PaymentDraft(amount=amount)))
            return
        payment = self.run(visits.claim(token, bill.id, PaymentDraft(amount=amount)))
        bill.payments[payment.id] = [amount, False]
        talk.status = "open"
        self.learn(talk)
        if data.draw(st.booleans()):
            body = {"payment_id": payment.id}
            self.post(f"/v1/invoices/{bill.id}/confirm-payment", body)
            self.post(f"/v1/invoices/{bill.id}/confirm-payment", body, 409)
            bill.payments[payment.id][1] = True

    @precondition(lambda self: self.model.bills)
    @rule(data=st.data())
    def take_back(self, data):
        bill = self.a_bill(data)
        path = f"/v1/invoices/{bill.id}/mark-unpaid"
        if not bill.payments:
            assert self.post(path, {}, 409)["code"] == "no_payment"
            return
        gone = data.draw(st.sampled_from(sorted(bill.payments)))
        self.post(path, {"payment_id": gone})
        del bill.payments[gone]

    @precondition(lambda self: self.model.bills)
    @rule(data=st.data())
    def cancel(self, data):
        bill = self.a_bill(data)
        final = bill.status in {"paid", "cancelled"}
        self.post(f"/v1/invoices/{bill.id}/cancel", {}, 409 if final else 200)
        bill.cancelled |= not final

    @precondition(lambda self: self.model.talks)
    @rule(data=st.data(), status=st.sampled_from(["open", "waiting", "closed"]))
    def change_status(self, data, status):
        talk = self.a_talk(data)
        path = f"/v1/conversations/{talk.id}"
        version = self.ask("GET", path, 200).headers["etag"]
        headers = {"If-Match": version}
        changed = self.ask("PATCH", path, 200, json={"status": status}, headers=headers)
        if changed.headers["etag"] != version:
            stale = self.run(
                self.api.ask("PATCH", path, self.company.key, json={}, headers=headers)
            )
            assert problem(stale)[0] == 412
        talk.status = status

    @precondition(lambda self: self.model.talks)
    @rule(data=st.data())
    def read(self, data):
        talk = self.a_talk(data)
        self.post(f"/v1/conversations/{talk.id}/read")
        talk.unread = 0

    @precondition(lambda self: len(self.model.talks) > 1)
    @rule(data=st.data())
    def merge(self, data):
        old, new = self.a_talk(data), self.a_talk(data)
        path = f"/v1/conversations/{old.id}/merge"
        if old is new:
            self.post(path, {"into": new.id}, 422)
            return
        self.post(path, {"into": new.id})
        self.post(path, {"into": new.id}, 409)
        self.model.merge(old.id, new.id)
        self.gone.append((old.id, new.id))

    @precondition(lambda self: self.model.talks)
    @rule(data=st.data())
    def split(self, data):
        talk = self.a_talk(data)
        some = st.lists(st.sampled_from(talk.messages), min_size=1, max_size=3, unique=True)
        going = data.draw(some)
        path = f"/v1/conversations/{talk.id}/split"
        if len(going) == len(talk.messages):
            assert self.post(path, {"message_ids": going}, 409)["code"] == "nothing_left"
            return
        new = self.post(path, {"message_ids": going}, 201)
        assert new["split_from"] == talk.id
        self.model.split(talk.id, new["id"], going)

    @precondition(lambda self: self.model.talks)
    @rule(customer=st.sampled_from(CUSTOMERS))
    def erase(self, customer):
        self.ask("DELETE", f"/v1/people/{customer}", 200)
        self.erased += self.model.erase(customer)

    def learn(self, talk):
        """Take over the lines that the gateway itself writes into a conversation."""
        shown = [one["id"] for one in self.all(f"/v1/conversations/{talk.id}/messages")]
        assert [one for one in shown if one in talk.messages] == talk.messages
        talk.messages = shown

    # What holds at any time.

    @invariant()
    def conversations_are_as_the_model_says(self):
        shown = {one["id"]: one for one in self.all("/v1/conversations")}
        assert self.model.talks.keys() <= shown.keys()
        for talk in self.model.talks.values():
            one = shown[talk.id]
            told = (one["customer"]["email"], one["status"], one["unread"], one["invoice_ids"])
            assert told == (talk.customer, talk.status, talk.unread, talk.invoices), talk
            messages = [m["id"] for m in self.all(f"/v1/conversations/{talk.id}/messages")]
            assert messages == talk.messages, talk

    @invariant()
    def invoices_are_as_the_model_says(self):
        shown = {one["id"]: one for one in self.all("/v1/invoices")}
        assert shown.keys() == self.model.bills.keys()
        for bill in self.model.bills.values():
            one = shown[bill.id]
            told = (one["number"], one["status"], Decimal(one["amount_open"]))
            assert told == (bill.number, bill.status, bill.open), bill
            payments = {p["id"]: [Decimal(p["amount"]), p["confirmed"]] for p in one["payments"]}
            assert payments == bill.payments, bill

    @invariant()
    def events_are_numbered_without_a_gap(self):
        events, after = [], 0
        while page := self.get(f"/v1/events?after={after}&limit=100")["data"]:
            events += [one["sequence"] for one in page]
            after = events[-1]
        assert events == list(range(1, len(events) + 1))

    @invariant()
    def nothing_of_erased_people_is_found(self):
        for word in self.erased[-3:]:
            assert self.get(f"/v1/search?q={word}")["data"] == []
        for words in self.model.words.values():
            assert len(self.get(f"/v1/search?q={words[-1]}")["data"]) == 1

    @invariant()
    def what_was_merged_leads_on(self):
        for old, _ in self.gone[-2:]:
            assert self.get(f"/v1/conversations/{old}")["merged_into"] is not None

    def teardown(self):
        assert self.run(findings(self.api.store, self.blobs)) == []


def test_random_calls_do_what_a_simple_model_says(tmp_path):
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        Walk.blobs = FileBlobs(tmp_path / "no blobs")
        Walk.run = staticmethod(runner.run)
        Walk.api = runner.run(stack.enter_async_context(opened(tmp_path, requests=10**9)))
        try:
            run_state_machine_as_test(Walk, settings=WALKS)
        finally:
            runner.run(stack.aclose())
