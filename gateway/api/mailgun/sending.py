"""Mail handed over as Mailgun takes it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from starlette.responses import Response

from gateway.api.documents import check_sizes
from gateway.api.handed_over import check_field, check_number, ignored, labels_of, mailboxes
from gateway.api.idempotency import Finished, Repeated, checked_key
from gateway.api.mailgun.filling import filled, variables_of
from gateway.api.mailgun.schemas import DELIVERY_TIME, VARIABLES, FilePart, Form, Given, given
from gateway.api.registry import Call
from gateway.flow.drafts import Document
from gateway.flow.handing_over import MailDraft, in_memory
from gateway.flow.refusal import Kind, Refused, invalid
from gateway.ports.store import Work
from gateway.rules.model import Message, Tenant
from gateway.rules.names import split_address
from gateway.rules.testing import mirror_id_of

_LATEST = timedelta(days=7)
_UNKNOWN_TYPE = "application/octet-stream"


async def send(call: Call) -> Response:
    """Queue a mail, or with `recipient-variables` one for each recipient."""
    form = call.body(Form)
    _check_domain(call, call.company)
    said = given(form)
    draft, unheeded = _draft(call, form, said)
    tenant = call.company
    if said.is_test:
        tenant = await call.services.companies.mirror(tenant)
    variables = said.one.get(VARIABLES)
    if not variables:
        check_number(draft.recipients, "to")
        message_id = await _sent(call, tenant, draft)
    else:
        mails = filled(draft, variables_of(variables))
        files = await in_memory(draft.attachments)
        contents = await in_memory([file for _, file in draft.pictures])
        names = [name for name, _ in draft.pictures]
        pictures = tuple(zip(names, contents, strict=True))
        mails = [replace(one, attachments=files, pictures=pictures) for one in mails]
        message_id = await _sent_each(call, tenant, mails)
    message = await call.services.context.store.read(
        lambda work: work.messages.get(tenant.id, message_id)
    )
    return _said(message, ignored([*said.unheeded, *unheeded]))


async def sent_before(call: Call, kind: str, stored_id: str) -> Response | None:
    """Return the answer to a mail that was queued before; go on where several broke off."""
    tenant_id = call.company.id
    if given(call.body(Form)).one.get(VARIABLES):
        return await send(call)

    def look(work: Work) -> Message | None:
        mirrored = work.messages.get(mirror_id_of(tenant_id), stored_id)
        return work.messages.get(tenant_id, stored_id) or mirrored

    message = await call.services.context.store.read(look)
    return None if kind != "Message" or message is None else _said(message)


async def _sent(call: Call, tenant: Tenant, draft: MailDraft) -> str:
    message_id = await call.services.handing_over.hand_over(tenant, draft)
    call.services.meters.accepted("http")
    return message_id


async def _sent_each(call: Call, tenant: Tenant, mails: Sequence[MailDraft]) -> str:
    """Queue mails one after the other; return the id of the first one.

    With an Idempotency-Key each has a part of it, so that a repeat goes on where the first
    request broke off.
    """
    asked = call.request.headers.get("idempotency-key")
    key = None if asked is None else checked_key(asked)
    sent = []
    for at, draft in enumerate(mails):
        try:
            sent.append(await _sent_once(call, tenant, draft, key, at))
        except Refused as refused:
            raise _after(refused, at, len(mails)) from None
    return sent[0]


def _after(refused: Refused, done: int, wanted: int) -> Refused:
    """Return the refusal of one mail of several, those before it queued."""
    return Refused(
        refused.kind,
        refused.code,
        f"{refused.detail} Before it {done} of {wanted} mails were queued; the others are not.",
        param=refused.param,
        hint=refused.hint,
        retry_after=refused.retry_after,
    )


async def _sent_once(call: Call, tenant: Tenant, draft: MailDraft, key: str | None, at: int) -> str:
    if key is None:
        return await _sent(call, tenant, draft)

    async def perform() -> Finished:
        return Finished(200, (await _sent(call, tenant, draft)).encode(), {})

    async def recovered(_kind: str, stored_id: str) -> Finished:
        return Finished(200, stored_id.encode(), {})

    repeated, request = Repeated(call.services.context), f"{call.fingerprint} {at}"
    part = f"{key}\n{at}"
    done = await repeated.once(call.company.id, part, request, perform, recovered)
    return done.body.decode()


def _check_domain(call: Call, tenant: Tenant) -> None:
    """Raise Refused unless the path names a domain that the company sends from."""
    names = call.services.context.names
    own = {split_address(names.author_address(tenant))[1], names.sender}
    domain = call.path["domain"]
    if domain.lower() not in {one.lower() for one in own}:
        detail = f"Domain not found: {domain[:80]}"
        raise Refused(Kind.NOT_FOUND, "not_found", detail)


def _draft(call: Call, form: Form, said: Given) -> tuple[MailDraft, list[str]]:
    """Return the mail as the gateway takes it, and the names of files without a use."""
    for name in ("from", "to"):
        if not (said.one.get(name) or said.people.get(name)):
            raise invalid(name, "A mail needs it.", code="missing")
    text, html = said.one.get("text", ""), said.one.get("html") or None
    if not (text or html):
        detail = "Need at least one of 'text', 'html' parameters specified"
        raise Refused(Kind.INVALID, "missing", detail)
    froms = mailboxes([said.one["from"]], "from")
    if len(froms) != 1:
        raise invalid("from", "One address has to stand here.", code="invalid_address")
    for name, value in said.headers:
        check_field(name, value, f"h:{name[:76]}")
    check_sizes(call, [file.content for file in form.files])
    pictures = [file for file in form.files if file.name == "inline" and html]
    attached = [file for file in form.files if file.name in {"attachment", "inline"}]
    others = [file for file in attached if file not in pictures]
    unheeded = [file.name for file in form.files if file not in attached]
    people = {name: mailboxes(said.people.get(name, ()), name) for name in ("to", "cc", "bcc")}
    if not people["to"]:
        check_number((), "to")
    leaves_at = _moment(said.one.get(DELIVERY_TIME), call.services.context.clock.now())
    return MailDraft(
        from_=froms[0],
        subject=said.one.get("subject", ""),
        text=text,
        html=html,
        headers=tuple(said.headers),
        attachments=tuple(_document(file) for file in others),
        pictures=tuple((file.filename, _document(file)) for file in pictures),
        labels=labels_of(said.tags, said.variables, "v:"),
        leaves_at=leaves_at,
        **people,
    ), unheeded


def _moment(text: str | None, now: datetime) -> datetime | None:
    """Return when the mail is to leave, None for at once. Raises Refused."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        detail = "A date as in mail has to stand here: Fri, 14 Oct 2011 23:10:10 +0000."
        raise invalid(DELIVERY_TIME, detail) from None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    if moment > now + _LATEST:
        raise invalid(DELIVERY_TIME, f"At most {_LATEST.days} days ahead.")
    return moment if moment > now else None


def _document(file: FilePart) -> Document:
    return Document(file.filename, file.content_type or _UNKNOWN_TYPE, file.content)


def _said(message: Message | None, headers: dict[str, str] | None = None) -> Response:
    shown = message.message_id if message else ""
    body = json.dumps({"id": f"<{shown}>", "message": "Queued. Thank you."})
    return Response(body, headers=headers, media_type="application/json")
