"""Mail handed to the gateway from the command line."""

import base64
from collections.abc import Mapping
from typing import Any

from gateway.app.office import Office
from gateway.flow.placing import clues_of, find_place
from gateway.mail.address import is_mailbox, sole_author
from gateway.mail.address_list import parse_addresses
from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.fields import mailbox_text
from gateway.mail.headers import Fields, read_head
from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Reading
from gateway.mail.replies import Reply
from gateway.ports.reception import Content, Peer
from gateway.ports.store import Work
from gateway.rules.acceptance import ToCompany, ToDelivery, ToHouse, ToPerson, ToStaff, target_of
from gateway.rules.model import Tenant
from gateway.rules.names import split_address
from gateway.runtime.control import CommandError

_HEADER_OCTETS = 64 * 1024
_FIELDS = 1000


async def send(office: Office, given: Mapping[str, Any]) -> Any:
    """Submit a mail of a company, whose address stands in From.

    given, besides the mail and its recipients: "from_header", whether those of To, Cc and Bcc
    are meant, too; "sender", the envelope's, and with "name" the author where From is missing;
    "notify", "ret", "envid", what reports are wanted (RFC 3461).
    """
    raw = _raw(given)
    fields = _fields(raw)
    sender = str(given.get("sender") or "")
    if sender:
        _check(sender)
    if not fields.all("from") and sender:
        box = Mailbox(str(given.get("name") or ""), sender)
        raw = f"From: {mailbox_text(box)}\r\n".encode("ascii") + raw
        fields = _fields(raw)
    author = sole_author(fields.all("from")) or ""
    local, domain = split_address(author)
    tenant = None
    if domain == office.context.names.sender:
        tenant = await office.directory.by_slug(local.lower())
    if tenant is None:
        raise CommandError(f"From is {author or 'missing'}, which is no company's address here")
    recipients = [str(one) for one in given.get("recipients") or ()]
    if given.get("from_header") or not recipients:
        named = parse_addresses([*fields.all("to"), *fields.all("cc"), *fields.all("bcc")])
        recipients = list(dict.fromkeys([*recipients, *(box.address for box in named)]))
    if not recipients:
        raise CommandError("the mail names no recipient; give one with --rcpt", "usage")
    peer = Peer("127.0.0.1", 0, "localhost", tenant_id=tenant.id)
    for address in recipients:
        _check(address)
        refusal = await office.submission.judge(author, (), address, peer)
        _raise(refusal)
    notify = tuple(str(word) for word in given.get("notify") or ())
    ret, envid = given.get("ret"), given.get("envid")
    envelope = Envelope(
        sender or author,
        tuple(Recipient(address, notify) for address in recipients),
        str(ret) if ret else None,
        str(envid) if envid else None,
    )
    reply = await office.submission.accept(envelope, _content(raw), peer)
    _raise(reply)
    return {"id": reply.text.rpartition(" ")[2], "recipients": recipients, "reply": str(reply)}


async def receive(office: Office, given: Mapping[str, Any]) -> Any:
    """Feed a mail as if it had come by mx."""
    raw = _raw(given)
    recipients = [str(one) for one in given.get("recipients") or ()]
    if not recipients:
        raise CommandError("say to whom it came, with --rcpt", "usage")
    sender = str(given.get("sender") or "")
    peer = Peer("127.0.0.1", 0, "localhost")
    accepted: list[str] = []
    for address in recipients:
        _check(address)
        _raise(await office.reception.judge(sender, accepted, address, peer))
        accepted.append(address)
    envelope = Envelope(sender, tuple(Recipient(address) for address in accepted))
    reply = await office.reception.accept(envelope, _content(raw), peer)
    _raise(reply)
    return {"id": reply.text.rpartition(" ")[2], "reply": str(reply)}


async def place(office: Office, given: Mapping[str, Any]) -> Any:
    """Say where a mail would be placed; stores nothing."""
    raw = _raw(given)
    reading = await office.parser.read(raw, null_sender=False)
    recipients = [str(one) for one in given.get("recipients") or ()] or list(reading.addressees)
    tenant = await _owner(office, recipients)
    if tenant is None:
        return {"rule": "new", "evidence": "no address in it is ours", "conversation_id": None}
    return await _place(office, tenant, reading, recipients)


async def _place(
    office: Office, tenant: Tenant, reading: Reading, recipients: list[str]
) -> dict[str, Any]:
    seen = clues_of(office.context, reading, recipients)

    def look(work: Work) -> dict[str, Any]:
        placed = find_place(office.context, work, tenant, reading, recipients, seen=seen)
        return {
            "rule": placed.place.rule,
            "evidence": placed.place.evidence,
            "conversation_id": placed.conversation.id if placed.conversation else None,
            "tenant": tenant.slug,
        }

    return await office.context.store.read(look)


async def _owner(office: Office, recipients: list[str]) -> Tenant | None:
    for address in recipients:
        match target_of(office.context.names, office.context.keys, address):
            case ToPerson(person):
                return await office.directory.by_number(person.tenant_number)
            case ToStaff(item) | ToDelivery(item):
                return await office.directory.by_number(item.tenant_number)
            case ToCompany(slug):
                return await office.directory.by_slug(slug)
            case ToHouse():
                return await office.directory.by_number(0)
            case _:
                continue
    return None


def _fields(raw: bytes) -> Fields:
    return read_head(raw, 0, len(raw), octets=_HEADER_OCTETS, fields=_FIELDS).fields


def _raw(given: Mapping[str, Any]) -> bytes:
    return as_by_smtp(base64.b64decode(str(given["raw"])))


def as_by_smtp(raw: bytes) -> bytes:
    """Return a mail with CRLF line ends, as SMTP would have brought it."""
    if b"\r\n" in raw and raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r"):
        return raw
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _content(raw: bytes) -> Content:
    return Content(len(raw), raw[:_HEADER_OCTETS], raw)


def _check(address: str) -> None:
    if not is_mailbox(address):
        raise CommandError(f"{address} is no mail address", "usage")


def _raise(reply: Reply | None) -> None:
    if reply is not None and not reply.is_positive:
        raise CommandError(str(reply))
