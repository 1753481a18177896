"""Records as the API shows them: conversations, messages, deliveries, suppressions, events."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.api.schemas.conversations import ConversationBegun, ConversationShown
from gateway.api.schemas.deliveries import (
    AttemptShown,
    DeliveryShown,
    ReasonShown,
    SuppressionShown,
)
from gateway.api.schemas.documents import AttachmentShown, EInvoiceShown
from gateway.api.schemas.events import EventShown
from gateway.api.schemas.messages import (
    ArcShown,
    AuthenticationShown,
    BounceShown,
    DkimShown,
    DmarcShown,
    ForwardedShown,
    MessageShown,
    SpfShown,
    SuggestionsShown,
    ThreadingShown,
    WarningShown,
)
from gateway.api.schemas.people import CustomerShown, MailboxShown
from gateway.api.schemas.tenants import BrandShown, NotifyShown, TenantShown
from gateway.flow.context import Context
from gateway.mail.mailbox import Mailbox
from gateway.rules.customer_pages import pages_of
from gateway.rules.misspelt import suggested_for
from gateway.rules.model import (
    Attachment,
    Conversation,
    Delivery,
    Event,
    Message,
    Suppression,
    Tenant,
)
from gateway.rules.testing import is_test


def tenant_shown(context: Context, tenant: Tenant) -> TenantShown:
    """Return a company."""
    pages = pages_of(tenant.pages)
    return TenantShown(
        id=tenant.id,
        name=tenant.name,
        slug=tenant.slug,
        sender_address=context.names.sender_address(tenant),
        locale=tenant.locale,
        timezone=tenant.timezone,
        brand=BrandShown(color=tenant.brand.get("color"), logo=tenant.brand.get("logo")),
        attach_pdf=tenant.attach_pdf,
        notify=NotifyShown(address=tenant.notify_address),
        track_views=pages.track_views,
        customer_actions=list(pages.actions),
        customer_phrase=pages.phrase,
        managed_by_file=tenant.managed_by_file,
        test=is_test(tenant.id),
        created_at=tenant.created_at,
        updated_at=tenant.updated_at,
    )


def mailbox_shown(mailbox: Mailbox) -> MailboxShown:
    """Return a name and an address."""
    return MailboxShown(name=mailbox.name, address=mailbox.address)


def _mailboxes(mailboxes: Sequence[Mailbox]) -> list[MailboxShown]:
    return [mailbox_shown(mailbox) for mailbox in mailboxes]


def _conversation(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "tenant_id": conversation.tenant_id,
        "subject": conversation.subject,
        "customer": CustomerShown(
            name=conversation.customer.name, email=conversation.customer.address
        ),
        "status": conversation.status.value,
        "unread": conversation.unread,
        "failed": conversation.failed,
        "last_message": conversation.last_message,
        "last_message_at": conversation.last_message_at,
        "invoice_ids": list(conversation.invoice_ids),
        "tags": list(conversation.tags),
        "assignee": conversation.assignee,
        "merged_into": conversation.merged_into,
        "split_from": conversation.split_from,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
    }


def conversation_shown(conversation: Conversation) -> ConversationShown:
    """Return a conversation."""
    return ConversationShown(**_conversation(conversation))


def conversation_begun(conversation: Conversation, message_id: str) -> ConversationBegun:
    """Return a new conversation with the id of its first message."""
    return ConversationBegun(**_conversation(conversation), message_id=message_id)


def attachment_shown(context: Context, attachment: Attachment) -> AttachmentShown:
    """Return an attachment."""
    return AttachmentShown(
        id=attachment.id,
        filename=attachment.filename,
        content_type=attachment.content_type,
        size=attachment.size,
        sha256=attachment.sha256,
        inline=attachment.inline,
        content_id=attachment.content_id,
        document=EInvoiceShown(**attachment.document) if attachment.document else None,
        url=f"{context.names.public_url}/v1/attachments/{attachment.id}",
    )


def authentication_shown(told: Mapping[str, Any]) -> AuthenticationShown:
    """Return what is known of a sender; what was not looked at is "none"."""
    spf, dmarc, arc = told.get("spf") or {}, told.get("dmarc") or {}, told.get("arc") or {}
    return AuthenticationShown(
        spf=SpfShown(result=spf.get("result", "none"), domain=spf.get("domain")),
        dkim=[
            DkimShown(
                result=one.get("result", "none"),
                domain=one.get("domain"),
                selector=one.get("selector"),
            )
            for one in told.get("dkim") or ()
        ],
        dmarc=DmarcShown(
            result=dmarc.get("result", "none"),
            policy=dmarc.get("policy"),
            domain=dmarc.get("domain"),
        ),
        arc=ArcShown(result=arc.get("result", "none")),
        verdict=told.get("verdict", "none"),
    )


def _forwarded(told: Mapping[str, Any]) -> ForwardedShown:
    author = told.get("from")
    return ForwardedShown(
        from_=MailboxShown(**author) if author else None,
        to=[MailboxShown(**one) for one in told.get("to") or ()],
        cc=[MailboxShown(**one) for one in told.get("cc") or ()],
        subject=told.get("subject"),
        date=told.get("date"),
        text=told.get("text") or "",
    )


def _bounce(told: Mapping[str, Any]) -> BounceShown:
    return BounceShown(
        recipient=told.get("recipient") or "",
        action=told.get("action") or "",
        status=told.get("status"),
        kind=told.get("kind") or "",
        reason=told.get("reason"),
        diagnostic=told.get("diagnostic"),
    )


def _suggestions(told: Mapping[str, Any]) -> SuggestionsShown:
    substitute = told.get("substitute")
    return SuggestionsShown(
        invoice_numbers=list(told.get("invoice_numbers") or ()),
        ibans=list(told.get("ibans") or ()),
        returns_on=told.get("returns_on"),
        substitute=MailboxShown(**substitute) if substitute else None,
    )


def message_shown(
    context: Context, message: Message, deliveries: Sequence[Delivery]
) -> MessageShown:
    """Return a message; deliveries: its own."""
    return MessageShown(
        id=message.id,
        tenant_id=message.tenant_id,
        conversation_id=message.conversation_id,
        direction=message.direction.value,
        channel=message.channel.value,
        from_=mailbox_shown(message.from_),
        to=_mailboxes(message.to),
        cc=_mailboxes(message.cc),
        reply_to=_mailboxes(message.reply_to),
        subject=message.subject,
        date=message.date,
        received_at=message.received_at,
        message_id=message.message_id,
        submitted_message_id=message.submitted_message_id,
        in_reply_to=list(message.in_reply_to),
        references=list(message.references),
        text=message.text,
        quoted_text=message.quoted_text,
        signature=message.signature,
        full_text=message.full_text,
        forwarded=_forwarded(message.forwarded) if message.forwarded else None,
        html=message.html,
        attachments=[attachment_shown(context, one) for one in message.attachments],
        authentication=authentication_shown(message.authentication),
        sender_expected=message.sender_expected,
        automatic=message.automatic,
        bounces=[_bounce(one) for one in message.bounces],
        suggestions=_suggestions(message.suggestions),
        sender_warnings=[
            WarningShown(**one) for one in message.suggestions.get("sender_warnings", ())
        ],
        threading=ThreadingShown(rule=message.threading.rule, evidence=message.threading.evidence),
        readable=message.readable,
        tags=list(message.labels.tags),
        metadata=dict(message.labels.metadata),
        deliveries=[delivery_shown(one) for one in deliveries],
    )


def delivery_shown(delivery: Delivery) -> DeliveryShown:
    """Return a delivery with its attempts."""
    reason = delivery.reason
    return DeliveryShown(
        id=delivery.id,
        tenant_id=delivery.tenant_id,
        message_id=delivery.message_id,
        conversation_id=delivery.conversation_id,
        recipient=delivery.recipient.address,
        suggested_recipient=suggested_for(
            delivery.recipient.address, reason.key if reason else None
        ),
        state=delivery.state,
        complained=delivery.complained,
        reason=None
        if reason is None
        else ReasonShown(
            key=reason.key,
            plain=reason.plain,
            code=reason.code,
            enhanced=reason.enhanced,
            verbatim=reason.verbatim,
            permanent=reason.permanent,
        ),
        attempts=[
            AttemptShown(
                at=one.at,
                next_hop=one.next_hop,
                tls=one.tls,
                stage=one.stage,
                reply=one.reply,
                ms=one.ms,
            )
            for one in delivery.attempts
        ],
        queued_at=delivery.queued_at,
        next_attempt_at=delivery.next_attempt_at,
    )


def suppression_shown(suppression: Suppression) -> SuppressionShown:
    """Return a suppressed address."""
    return SuppressionShown(
        address=suppression.address,
        kind=suppression.kind,
        reason=suppression.reason,
        created_at=suppression.created_at,
    )


def event_shown(event: Event) -> EventShown:
    """Return an event."""
    return EventShown(
        id=event.id,
        type=event.type,
        timestamp=event.timestamp,
        tenant_id=event.tenant_id,
        sequence=event.sequence,
        data=dict(event.data),
    )
