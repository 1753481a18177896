"""Mail handed over as Mailgun takes it."""

import json

from starlette.responses import Response

from gateway.api.documents import check_sizes
from gateway.api.handed_over import check_field, check_number, ignored, labels_of, mailboxes
from gateway.api.mailgun.schemas import FilePart, Form, Given, given
from gateway.api.registry import Call
from gateway.flow.drafts import Document
from gateway.flow.handing_over import MailDraft
from gateway.flow.refusal import Kind, Refused, invalid
from gateway.ports.store import Work
from gateway.rules.model import Message, Tenant
from gateway.rules.names import split_address
from gateway.rules.testing import mirror_id_of

_UNKNOWN_TYPE = "application/octet-stream"


async def send(call: Call) -> Response:
    """Queue a mail."""
    form = call.body(Form)
    _check_domain(call, call.company)
    said = given(form)
    draft, unheeded = _draft(call, form, said)
    tenant = call.company
    if said.is_test:
        tenant = await call.services.companies.mirror(tenant)
    message_id = await call.services.handing_over.hand_over(tenant, draft)
    call.services.meters.accepted("http")
    message = await call.services.context.store.read(
        lambda work: work.messages.get(tenant.id, message_id)
    )
    return _said(message, ignored([*said.unheeded, *unheeded]))


async def sent_before(call: Call, kind: str, stored_id: str) -> Response | None:
    """Return the answer to a mail that was queued before."""
    tenant_id = call.company.id

    def look(work: Work) -> Message | None:
        mirrored = work.messages.get(mirror_id_of(tenant_id), stored_id)
        return work.messages.get(tenant_id, stored_id) or mirrored

    message = await call.services.context.store.read(look)
    return None if kind != "Message" or message is None else _said(message)


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
    check_number(people["to"], "to")
    draft = MailDraft(
        from_=froms[0],
        subject=said.one.get("subject", ""),
        text=text,
        html=html,
        headers=tuple(said.headers),
        attachments=tuple(_document(file) for file in others),
        pictures=tuple((file.filename, _document(file)) for file in pictures),
        labels=labels_of(said.tags, said.variables, "v:"),
        **people,
    )
    check_number(draft.recipients, "to")
    return draft, unheeded


def _document(file: FilePart) -> Document:
    return Document(file.filename, file.content_type or _UNKNOWN_TYPE, file.content)


def _said(message: Message | None, headers: dict[str, str] | None = None) -> Response:
    shown = message.message_id if message else ""
    body = json.dumps({"id": f"<{shown}>", "message": "Queued. Thank you."})
    return Response(body, headers=headers, media_type="application/json")
