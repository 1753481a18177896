"""Customers' links: whom one lets in, and what of its place it opens."""

from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.people import latest
from gateway.flow.refusal import Kind, Refused, not_found
from gateway.flow.sorting import descends
from gateway.flow.taking_back import is_shown
from gateway.ports.store import Work
from gateway.rules.model import Attachment, Conversation, Invoice, Participant, Tenant
from gateway.rules.tokens import LinkRef, PdfRef, read_chat_token, read_pdf_token, read_reader_token

_LAST_ISSUE = 255


def unknown_link() -> Refused:
    """Return the refusal of a link that is none of ours."""
    return not_found("link")


def link_gone() -> Refused:
    """Return the refusal of a link that opens nothing any more."""
    return Refused(Kind.GONE, "link_gone", "This link has expired.")


def link_of(context: Context, token: str) -> LinkRef:
    """Return whose chat window a token opens; raises Refused NOT_FOUND."""
    link = read_chat_token(context.keys, token)
    if link is None:
        raise unknown_link()
    return link


def pdf_of(context: Context, token: str) -> PdfRef:
    """Return which document a token downloads; raises Refused NOT_FOUND."""
    ref = read_pdf_token(context.keys, token)
    if ref is None:
        raise unknown_link()
    return ref


def glance_of(context: Context, token: str) -> PdfRef:
    """Return which document a token shows to others; raises Refused NOT_FOUND."""
    ref = read_reader_token(context.keys, token)
    if ref is None:
        raise unknown_link()
    return ref


def enter(
    work: Work, link: LinkRef, now: datetime, *, any_issue: bool = False
) -> tuple[Tenant, Participant, Conversation]:
    """Return whose link it is and where it leads.

    any_issue: a link that a newer one took the place of opens, too; documents that were mailed
        stay where they are while their person may have them.

    Raises Refused: NOT_FOUND, GONE.
    """
    tenant = work.tenants.by_number(link.person.tenant_number)
    if tenant is None:
        raise unknown_link()
    person = work.conversations.participant(tenant.id, link.person.ref)
    if person is None:
        raise unknown_link()
    past = person.link_expires_at is not None and person.link_expires_at <= now
    older = person.link_issue != link.issue and not any_issue
    if person.revoked or older or past:
        raise link_gone()
    conversation = work.conversations.get(tenant.id, person.conversation_id)
    if conversation is None:
        raise unknown_link()
    return tenant, person, latest(work, conversation)


def attachment_in(
    work: Work, conversation: Conversation, person: Participant, attachment_id: str, now: datetime
) -> Attachment:
    """Return a document that a person may see: of the conversation, or of one split from it.

    A link that was copied before a split goes on working, for as long as its person is in the
    new conversation too. Raises Refused NOT_FOUND.
    """
    found = work.messages.attachment(conversation.tenant_id, attachment_id)
    message = work.messages.get(conversation.tenant_id, found.message_id) if found else None
    if found is None or message is None or not is_shown(message, now):
        raise not_found("attachment")
    if message.conversation_id != conversation.id:
        home = work.conversations.get(message.tenant_id, message.conversation_id)
        if home is None or not descends(work, home, conversation.id):
            raise not_found("attachment")
        address = person.mailbox.address.lower()
        people = work.conversations.participants(home.tenant_id, home.id)
        if not any(one.mailbox.address.lower() == address and not one.revoked for one in people):
            raise not_found("attachment")
    return found


def invoice_in(work: Work, conversation: Conversation, invoice_id: str) -> Invoice:
    """Return an invoice of the conversation, or of one that was split from it.

    Raises Refused NOT_FOUND.
    """
    invoice = work.invoices.get(conversation.tenant_id, invoice_id)
    if invoice is None:
        raise not_found("invoice")
    if invoice.conversation_id != conversation.id:
        home = work.conversations.get(invoice.tenant_id, invoice.conversation_id)
        if home is None or not descends(work, home, conversation.id):
            raise not_found("invoice")
    return invoice


def next_issue(person: Participant) -> int:
    """Return the number of a person's next link; the last one, one octet's, stays."""
    return min(person.link_issue + 1, _LAST_ISSUE)


def pdf_in(work: Work, invoice: Invoice) -> Attachment:
    """Return an invoice's PDF; raises Refused NOT_FOUND if it has none."""
    found = work.messages.attachment(invoice.tenant_id, invoice.pdf_attachment_id or "")
    if found is None:
        raise not_found("document")
    return found
