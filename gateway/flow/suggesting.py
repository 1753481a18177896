"""What the Inbox may suggest beside a message; nothing here changes anything by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gateway.mail.absence import Absence
from gateway.mail.reading import Reading
from gateway.ports.store import Work
from gateway.rules.likeness import sender_warnings
from gateway.rules.model import Participant, Tenant
from gateway.rules.suggestions import ibans_in, possible_numbers


@dataclass(frozen=True, slots=True)
class Hints:
    """What a message speaks of, before the store is asked.

    numbers: words that may be numbers of documents.
    """

    numbers: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()
    absence: Absence | None = None


def hints_of(reading: Reading) -> Hints:
    """Return the hints in subject and visible text; none in reports, which quote our own mail."""
    if reading.report is not None:
        return Hints()
    return Hints(
        possible_numbers(reading.subject, reading.text), ibans_in(reading.text), reading.absence
    )


def warnings_of(
    tenant: Tenant, author: Participant | None, people: Sequence[Participant]
) -> Mapping[str, Any]:
    """Return what is odd about the author, to be kept beside the suggestions; empty if nothing.

    author: None where there is no certain one. people: those of the conversation.
    """
    if author is None:
        return {}
    known = [person.mailbox for person in people if person.approved]
    found = sender_warnings(author.mailbox, known, [tenant.name])
    return {"sender_warnings": [asdict(one) for one in found]} if found else {}


def suggestions_of(work: Work, tenant_id: str, hints: Hints) -> Mapping[str, Any]:
    """Return what is suggested: only numbers that documents of the company have.

    Empty where there is nothing.
    """
    numbers = work.invoices.numbered(tenant_id, hints.numbers) if hints.numbers else ()
    absence = hints.absence or Absence()
    if not (numbers or hints.ibans or hints.absence):
        return {}
    return {
        "invoice_numbers": list(numbers),
        "ibans": list(hints.ibans),
        "returns_on": absence.returns_on,
        "substitute": asdict(absence.substitute) if absence.substitute else None,
    }
