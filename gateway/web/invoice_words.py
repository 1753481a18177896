"""The sentences of an invoice mail, by what it is about (ux.md, 2.1)."""

from dataclasses import dataclass

from gateway.ports.letters import InvoiceFacts
from gateway.rules.occasions import Occasion
from gateway.rules.payments import amount_open
from gateway.web.kinds import UNDATED, KindWords
from gateway.web.wording import Wording


@dataclass(frozen=True, slots=True)
class Case:
    """A document on its occasion, and its names. days: until it is due, for reminders."""

    facts: InvoiceFacts
    say: Wording
    kind: KindWords
    occasion: Occasion
    title: str
    low: str
    days: int | None

    @property
    def open(self) -> str:
        """What is still to be paid."""
        invoice = self.facts.invoice
        return self.say.money(amount_open(invoice), invoice.currency)


def heading(case: Case) -> str:
    """Return the h1."""
    invoice, say, title, days = case.facts.invoice, case.say, case.title, case.days or 0
    match case.occasion:
        case Occasion.CANCELLED:
            return say.text("{title} was cancelled. Nothing to pay", title=title)
        case Occasion.PAID:
            return say.text("{title} is paid. Thank you", title=title)
        case Occasion.CORRECTED:
            return say.text("New version of {low}", low=case.low)
        case Occasion.PART_PAID:
            whole = say.money(invoice.amount, invoice.currency)
            return say.text("{open} of {amount} still open", open=case.open, amount=whole)
        case Occasion.OVERDUE:
            one, other = "{title} is {n} day overdue", "{title} is {n} days overdue"
            return say.many(one, other, -days, title=title)
        case Occasion.DUE_SOON if days == 0:
            return say.text("{title} is due today", title=title)
        case Occasion.DUE_SOON:
            one, other = "{title} is due in {n} day", "{title} is due in {n} days"
            return say.many(one, other, days, title=title)
        case Occasion.NEW:
            return title


def subject(case: Case) -> str:
    """Return the subject, the number first: what lists cut is the end."""
    invoice, say, days = case.facts.invoice, case.say, case.days
    if case.occasion is Occasion.CANCELLED:
        return say.text("Cancelled: {low} · nothing to pay", low=case.low)
    if case.occasion is Occasion.PAID:
        return say.text("Paid: {low} · thank you", low=case.low)
    parts = [case.title, case.open]
    if case.occasion is Occasion.CORRECTED:
        parts[0] = say.text("New version of {low}", low=case.low)
    elif days is not None:
        parts[0] = say.text("Reminder: {low}", low=case.low)
    if days is not None and days < 0:
        parts.append(say.many("{n} day overdue", "{n} days overdue", -days))
    elif (
        invoice.due_on is not None
        and case.kind.due_short
        and case.occasion is not Occasion.CORRECTED
    ):
        parts.append(say.text(case.kind.due_short, date=say.short_day(invoice.due_on)))
    return " · ".join(parts)


def preheader(case: Case) -> str:
    """Return the line that lists show beside the subject."""
    invoice, say = case.facts.invoice, case.say
    if case.occasion in {Occasion.CANCELLED, Occasion.PAID}:
        return f"{heading(case)}. {say.text('View it online or just reply.')}"
    if invoice.due_on is not None and case.kind.due:
        return say.text(case.kind.preheader, amount=case.open, date=say.day(invoice.due_on))
    return say.text(UNDATED, title=case.title, amount=case.open)


def due(case: Case) -> str:
    """Return when it is due, "" where nothing is or nobody asks."""
    due_on = case.facts.invoice.due_on
    is_over = case.occasion in {Occasion.CANCELLED, Occasion.PAID}
    if is_over or due_on is None or not case.kind.due:
        return ""
    return case.say.text(case.kind.due, date=case.say.day(due_on))


def message(case: Case) -> str:
    """Return the company's words, or ours where it gave none."""
    invoice, say = case.facts.invoice, case.say
    is_reminder = case.facts.circumstances.today is not None
    given = invoice.message.strip()
    if given and not is_reminder and case.occasion is not Occasion.PAID:
        return given
    name = " ".join(str(invoice.customer.get("name") or "").split())
    hello = say.text("Hello {name},", name=name) if name else say.text("Hello,")
    match case.occasion:
        case Occasion.PAID:
            words = "we have received your payment. There is nothing more to do."
        case Occasion.CANCELLED:
            words = "we have cancelled {low}. Please don't pay it."
        case Occasion.CORRECTED:
            words = "here is a new version of {low}. Please use it instead of the earlier one."
        case Occasion.OVERDUE:
            words = "perhaps {low} has slipped your mind. We would be glad if you paid it soon."
        case Occasion.PART_PAID:
            words = "thank you for what you have paid. A part of {low} is still open."
        case Occasion.NEW if not is_reminder:
            words = "here is {low}. Thank you."
        case Occasion.NEW | Occasion.DUE_SOON:
            words = "a short reminder of {low}."
    return hello + "\n" + say.text(words, low=case.low)
