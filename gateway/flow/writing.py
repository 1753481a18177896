"""The bytes of our own mails: a letter, addressed to one person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.flow.context import Context
from gateway.mail.compose import Outgoing, compose
from gateway.mail.html_clean import clean
from gateway.ports.letters import AnswerFacts, Circumstances, InvoiceFacts, Letter
from gateway.rules.model import Invoice, Message, Participant, Tenant
from gateway.rules.phrases import phrase_of

File = tuple[str, str, bytes]
"""File name, content type, bytes."""

DEFAULT_LOCALE = "en"


def locale_of(tenant: Tenant, *wishes: str | None) -> str:
    """Return the language of a letter: the first wish that was spoken, else the company's."""
    return next((wish for wish in wishes if wish), tenant.locale or DEFAULT_LOCALE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outside of a copy: what stands in its header besides the letter's subject."""

    context: Context
    tenant: Tenant
    message: Message
    files: tuple[File, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()

    def seal(self, person: Participant, letter: Letter) -> bytes:
        """Return the whole mail for one person."""
        context, message = self.context, self.message
        return compose(
            Outgoing(
                from_=message.from_,
                to=message.to,
                cc=message.cc,
                reply_to=(context.names.answers_mailbox(context.keys, self.tenant, person.ref),),
                subject=letter.subject,
                date=message.date or message.received_at,
                message_id=message.message_id or "",
                in_reply_to=message.in_reply_to,
                references=message.references,
                extra=self.extra,
                text=letter.text,
                html=letter.html,
                images=letter.images,
                attachments=self.files,
            )
        )


def invoice_letter(
    envelope: Envelope,
    invoice: Invoice,
    person: Participant,
    *,
    pdf_size: int,
    subject: str | None,
    circumstances: Circumstances,
) -> Letter:
    """Return the letter that brings an invoice to a person."""
    context, tenant = envelope.context, envelope.tenant
    return context.letters.invoice(
        InvoiceFacts(
            tenant=tenant,
            sender_address=context.names.author_address(tenant),
            invoice=invoice,
            view_url=context.names.chat_url(context.keys, tenant, person),
            pdf_url=context.names.pdf_url(context.keys, tenant, person, invoice),
            pdf_size=pdf_size,
            marker=context.names.marker(context.keys, tenant, envelope.message.id),
            locale=locale_of(tenant, invoice.locale),
            subject=subject,
            host=context.names.hostname,
            circumstances=circumstances,
            phrase=phrase_of(context.keys, tenant, person.mailbox.address),
        )
    )


def answer_copies(
    envelope: Envelope,
    *,
    html: str | None,
    locale: str | None,
    quoted: tuple[str, datetime, str] | None,
) -> Callable[[Participant], bytes]:
    """Return what composes a person's copy of a company's message."""
    context, tenant, message = envelope.context, envelope.tenant, envelope.message

    def build(person: Participant) -> bytes:
        facts = AnswerFacts(
            tenant=tenant,
            subject=message.subject,
            text=message.text,
            html=html,
            view_url=context.names.chat_url(context.keys, tenant, person),
            marker=context.names.marker(context.keys, tenant, message.id),
            locale=locale_of(tenant, locale),
            quoted=quoted,
            host=context.names.hostname,
            phrase=phrase_of(context.keys, tenant, person.mailbox.address),
        )
        return envelope.seal(person, context.letters.answer(facts))

    return build


def plain_copies(
    envelope: Envelope, *, text: str, html: str | None
) -> Callable[[Participant], bytes]:
    """Return what composes a person's copy of a mail whose words are the service's own."""

    def build(person: Participant) -> bytes:
        return envelope.seal(person, Letter(envelope.message.subject, text, html))

    return build


def size_of(files: Sequence[File]) -> int:
    """Return how many bytes the files have together."""
    return sum(len(data) for _, _, data in files)


def shown_html(html: str | None) -> str | None:
    """Return a service's HTML as it may be shown: harmless, None if nothing is left."""
    cleaned = clean(html) if html else None
    return cleaned.html if cleaned else None
