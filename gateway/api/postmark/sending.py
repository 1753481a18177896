"""Mail handed over as Postmark takes it: one, or up to 500 of them."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from gateway.api.documents import check_sizes
from gateway.api.handed_over import check_field, check_number, ignored, labels_of, mailboxes
from gateway.api.idempotency import Finished, Repeated, checked_key
from gateway.api.postmark.dialect import INACTIVE, error_of
from gateway.api.postmark.schemas import MOST, Batch, Email, FileGiven
from gateway.api.problems import Refusal, invalid, refusal_of
from gateway.api.registry import Call
from gateway.api.schemas.invoice_batch import Unfit
from gateway.flow import refusal
from gateway.flow.drafts import Document
from gateway.flow.handing_over import MailDraft
from gateway.flow.refusal import Refused
from gateway.mail.errors import Fault
from gateway.rules.model import Tenant

_ABOUT_KEYS = "idempotency_"
_CID = "cid:"


async def send(call: Call) -> Response:
    """Queue a mail."""
    email = call.body(Email)
    return _said(await _sent(call, email), ignored(unheeded(email)))


async def sent_before(call: Call, kind: str, stored_id: str) -> Response | None:
    """Return the answer to a mail that was queued before."""
    context, tenant_id = call.services.context, call.company.id
    message = await context.store.read(lambda work: work.messages.get(tenant_id, stored_id))
    if kind != "Message" or message is None:
        return None
    return _said(_ok(call.body(Email), message.id, message.received_at))


async def send_batch(call: Call) -> Response:
    """Queue mails one after the other; each is taken or refused for itself.

    With an Idempotency-Key each of them has a part of it, noted in its own transaction, so that
    a repeat goes on where the first request broke off.
    """
    mails: tuple[Email | Unfit, ...] = call.body(Batch).mails
    if len(mails) > MOST:
        raise refusal.invalid("Messages", f"At most {MOST} mails fit.", code="too_many")
    given = call.request.headers.get("idempotency-key")
    key = None if given is None else checked_key(given)
    names = [name for mail in mails if isinstance(mail, Email) for name in unheeded(mail)]
    results = [await _result(call, one, key, at) for at, one in enumerate(mails)]
    return _said(results, ignored(names))


async def batch_again(call: Call, _kind: str, _stored_id: str) -> Response | None:
    """Return the answer to a request that was carried out before, in part or as a whole."""
    return await send_batch(call)


def unheeded(email: Email) -> list[str]:
    """Return the fields that are given and have no effect."""
    names = email.unknown()
    if email.reply_to:
        names.append("ReplyTo")
    if email.track_opens:
        names.append("TrackOpens")
    if email.track_links not in {None, "", "None"}:
        names.append("TrackLinks")
    if email.message_stream not in {None, "", "outbound"}:
        names.append("MessageStream")
    return names


def draft_of(call: Call, email: Email) -> MailDraft:
    """Return the mail as the gateway takes it. Raises Refused."""
    if email.template_id or email.template_alias:
        raise refusal.invalid("TemplateId", "There are no templates here; send the text itself.")
    if not (email.text_body or email.html_body):
        detail = "Provide either email TextBody or HtmlBody or both."
        raise refusal.invalid("TextBody", detail, code="missing")
    froms = mailboxes([email.from_], "From")
    if len(froms) != 1:
        raise refusal.invalid("From", "One address has to stand here.", code="invalid_address")
    to = mailboxes([email.to or ""], "To")
    check_number(to, "To")
    headers = [(one.name, one.value) for one in email.headers or ()]
    for name, value in headers:
        check_field(name, value, "Headers")
    files = email.attachments or []
    check_sizes(call, [file.content for file in files])
    pictures = [file for file in files if file.content_id and email.html_body]
    draft = MailDraft(
        from_=froms[0],
        to=to,
        subject=email.subject or "",
        text=email.text_body or "",
        html=email.html_body or None,
        cc=mailboxes([email.cc or ""], "Cc"),
        bcc=mailboxes([email.bcc or ""], "Bcc"),
        headers=tuple(headers),
        attachments=tuple(_document(file) for file in files if file not in pictures),
        pictures=tuple((_content_id(file), _document(file)) for file in pictures),
        labels=labels_of([email.tag or ""], email.metadata or {}, "Metadata"),
    )
    check_number(draft.recipients, "To")
    return draft


async def _sent(call: Call, email: Email) -> dict[str, Any]:
    draft = draft_of(call, email)
    await _refuse_inactive(call, call.company, draft)
    message_id = await call.services.handing_over.hand_over(call.company, draft)
    call.services.meters.accepted("http")
    return _ok(email, message_id, call.services.context.clock.now())


async def _refuse_inactive(call: Call, tenant: Tenant, draft: MailDraft) -> None:
    """Raise Refused if nobody of the recipients would get the mail."""
    stopped = await call.services.handing_over.stopped(tenant, draft.recipients)
    if len(stopped) == len(draft.recipients):
        detail = (
            "You tried to send to recipient(s) that have been marked as inactive. "
            f"Found inactive addresses: {', '.join(stopped)}. Inactive recipients are ones that "
            "have generated a hard bounce, a spam complaint, or a manual suppression."
        )
        raise Refused(refusal.Kind.INVALID, INACTIVE, detail)


async def _result(call: Call, mail: Email | Unfit, key: str | None, at: int) -> dict[str, Any]:
    # Hundreds of refusals in a row would hold the loop up.
    await asyncio.sleep(0)
    if isinstance(mail, Unfit):
        why = invalid(mail.error) if mail.error else Refusal(422, "invalid", mail.detail)
        return error_of(why)
    try:
        if key is None:
            return await _sent(call, mail)
        return await _sent_once(call, mail, f"{key}\n{at}", at)
    except (Refusal, Refused, Fault) as error:
        why = refusal_of(error)
        if key and (isinstance(error, Fault) or why.code.startswith(_ABOUT_KEYS)):
            raise
        return error_of(why)


async def _sent_once(call: Call, mail: Email, key: str, at: int) -> dict[str, Any]:
    alone = replace(call, payload=mail)

    async def perform() -> Finished:
        return Finished(200, json.dumps(await _sent(alone, mail)).encode(), {})

    async def recovered(kind: str, stored_id: str) -> Finished | None:
        before = await sent_before(alone, kind, stored_id)
        return None if before is None else Finished(200, bytes(before.body), {})

    repeated = Repeated(call.services.context)
    request = f"{call.fingerprint} {at}"
    done = await repeated.once(call.company.id, key, request, perform, recovered)
    found: dict[str, Any] = json.loads(done.body)
    return found


def _document(file: FileGiven) -> Document:
    return Document(file.name, file.content_type, file.content)


def _content_id(file: FileGiven) -> str:
    return (file.content_id or "").removeprefix(_CID).strip("<>")


def _ok(email: Email, message_id: str, at: datetime) -> dict[str, Any]:
    return {
        "To": email.to or "",
        "SubmittedAt": at.astimezone(UTC).isoformat(),
        "MessageID": message_id,
        "ErrorCode": 0,
        "Message": "OK",
    }


def _said(body: object, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, headers=headers, media_type="application/json")
