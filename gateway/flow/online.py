"""Paying online: a page at the provider, and the provider's word that it was paid.

That word alone marks an invoice as paid; who comes back from the provider's page has said nothing.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.flow.audit import pen_of
from gateway.flow.context import Context
from gateway.flow.links import enter, invoice_in, link_of
from gateway.flow.refusal import Kind, Refused, conflict, not_found
from gateway.ports.payments import Account, Declined, Forged, Order, Paid, Provider
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.audit import Changed
from gateway.rules.model import Invoice, Payment, Tenant
from gateway.rules.payments import ZERO, amount_open, day_of, pending_claims, with_payments

log = structlog.get_logger()

_FIELDS = ("secret_key", "webhook_secret")


@dataclass(frozen=True, slots=True)
class Held:
    """Which of a company's secrets are stored."""

    secret_key: bool = False
    webhook_secret: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether customers can pay: the company could not be told of a payment otherwise."""
        return self.secret_key and self.webhook_secret


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the payer is led by. title: of the document, in the payer's language."""

    title: str
    locale: str
    done_url: str
    back_url: str


class OnlinePayments:
    """Keeps companies' accounts at a provider, begins payments, and hears how they ended."""

    def __init__(self, context: Context, provider: Provider) -> None:
        """Work on these ports."""
        self._context = context
        self.provider = provider

    async def held(self, tenant: Tenant) -> Held:
        """Return which secrets are stored; none is ever shown."""
        return await self._context.store.read(lambda work: held(work, tenant.id))

    async def configure(self, tenant: Tenant, secrets: Mapping[str, str]) -> Held:
        """Store secrets, sealed; an empty one forgets the stored one, what is left out stays."""
        vault = self._context.vault
        sealed = {
            name: vault.seal(value.encode(), _label(name, tenant.id)) if value else ""
            for name, value in secrets.items()
            if name in _FIELDS
        }

        context, now = self._context, self._context.clock.now()
        pen = pen_of(context, now)
        named = Changed(tuple(sorted(sealed)))

        def store(work: Work) -> Held:
            pen.note(work, tenant.id, "payment_settings.changed", tenant.id, named)
            work.facts.put(_fact(tenant.id), json.dumps({**_stored(work, tenant.id), **sealed}))
            return held(work, tenant.id)

        stands = await self._context.store.write(store)
        log.info("payment_settings.changed", tenant=tenant.id, complete=stands.is_complete)
        return stands

    async def begin(self, token: str, invoice_id: str, checkout: Checkout) -> str:
        """Return the address of the page on which what is open of an invoice is paid.

        Raises Refused: for the link; conflict if nothing can be paid online. Raises Fault.
        """
        context, now = self._context, self._context.clock.now()
        link = link_of(context, token)

        def look(work: Work) -> tuple[Tenant, Invoice, str, dict[str, str]]:
            tenant, person, conversation = enter(work, link, now)
            invoice = invoice_in(work, conversation, invoice_id)
            return tenant, invoice, person.mailbox.address, _stored(work, tenant.id)

        tenant, invoice, address, stored = await context.store.read(look)
        account = self._account(tenant.id, stored)
        due = amount_open(invoice)
        barred = due <= ZERO or pending_claims(invoice) or invoice.replaced_by is not None
        if account is None or barred:
            raise conflict("not_payable", "This can't be paid online.")
        order = Order(
            tenant_id=tenant.id,
            invoice_id=invoice.id,
            title=checkout.title,
            amount=due,
            currency=invoice.currency,
            email=address,
            locale=checkout.locale,
            done_url=checkout.done_url,
            back_url=checkout.back_url,
        )
        try:
            return await self.provider.begin(account, order, now)
        except Declined as declined:
            log.warning("payment.declined", tenant=tenant.id, reason=str(declined))
            raise conflict("not_payable", "This can't be paid online right now.") from declined

    async def told(self, tenant_id: str, headers: Mapping[str, str], body: bytes) -> None:
        """Take a notice of the provider; the same payment is noted once.

        Raises Refused: NOT_FOUND without an account, FORBIDDEN for what the provider did not sign.
        """
        context, now = self._context, self._context.clock.now()

        def look(work: Work) -> tuple[Tenant | None, dict[str, str]]:
            return work.tenants.get(tenant_id), _stored(work, tenant_id)

        tenant, stored = await context.store.read(look)
        account = self._account(tenant_id, stored)
        if tenant is None or account is None:
            raise not_found("account")
        try:
            paid = self.provider.read(account, headers, body, now)
        except Forged as forged:
            log.warning("payment.notice_refused", tenant=tenant_id, reason=str(forged))
            raise Refused(Kind.FORBIDDEN, "forged", "The signature is not right.") from forged
        if paid is None:
            return
        if paid.tenant_id != tenant_id or paid.amount <= ZERO:
            log.warning("payment.notice_strange", tenant=tenant_id, reference=paid.reference)
            return
        await context.store.write(lambda work: self._note(work, tenant, paid, now))

    def _note(self, work: Work, tenant: Tenant, paid: Paid, now: datetime) -> None:
        fact = f"paid:{tenant.id}:{paid.reference}"
        invoice = work.invoices.get(tenant.id, paid.invoice_id)
        if work.facts.get(fact) is not None:
            return
        if invoice is None or invoice.currency != paid.currency:
            log.warning("payment.notice_strange", tenant=tenant.id, reference=paid.reference)
            return
        # What came has come, even if the invoice was cancelled or paid otherwise meanwhile.
        payment = Payment(
            id=self._context.new_id(ids.PAYMENT, now),
            invoice_id=invoice.id,
            amount=paid.amount,
            method="card",
            on=day_of(now, tenant.timezone),
            by="provider",
            confirmed=True,
            note=self.provider.name,
            created_at=now,
        )
        work.facts.put(fact, payment.id)
        work.invoices.add_payment(tenant.id, payment)
        work.invoices.change(with_payments(invoice, (*invoice.payments, payment)))
        about = events.about_payment(invoice, payment)
        work.events.add(self._context.event(tenant.id, events.PAYMENT_CONFIRMED, now, about))
        work.wake("events")

    def _account(self, tenant_id: str, stored: Mapping[str, str]) -> Account | None:
        vault = self._context.vault
        opened = [vault.open(stored.get(one, ""), _label(one, tenant_id)) for one in _FIELDS]
        key, secret = opened
        return Account(key.decode(), secret.decode()) if key and secret else None


def held(work: Work, tenant_id: str) -> Held:
    """Return which of a company's secrets are stored, in the caller's transaction."""
    stored = _stored(work, tenant_id)
    return Held(bool(stored.get("secret_key")), bool(stored.get("webhook_secret")))


def sealed_anew(work: Work, tenant_id: str, again: Callable[[str, str], str]) -> None:
    """Seal a company's keys by `again`, given what is sealed and its label."""
    stored = _stored(work, tenant_id)
    anew = {name: again(sealed, _label(name, tenant_id)) for name, sealed in stored.items()}
    if anew != stored:
        work.facts.put(_fact(tenant_id), json.dumps(anew))


def _stored(work: Work, tenant_id: str) -> dict[str, str]:
    found = work.facts.get(_fact(tenant_id))
    return dict(json.loads(found)) if found else {}


def _fact(tenant_id: str) -> str:
    return f"payments:{tenant_id}"


def _label(name: str, tenant_id: str) -> str:
    return f"payments {name} of {tenant_id}"
