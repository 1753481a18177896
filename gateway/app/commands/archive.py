"""Mail of archives, brought in batch by batch; what is large comes in pieces first."""

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.app.office import Office
from gateway.flow.import_archive import Brought, FromArchive, Importing
from gateway.mail.address import is_mailbox
from gateway.ports.reception import Content
from gateway.rules import archive
from gateway.rules.model import Tenant
from gateway.runtime.control import CommandError

_HEAD_OCTETS = 64 * 1024
_AT_ONCE = 4
_LEFT_AFTER = 24 * 3600
_UPLOAD = re.compile(r"[0-9a-f]{32}")
_TIES = frozenset({archive.FIRST, archive.HEADERS, "series", "quotes", "answer", "list"})


async def check(office: Office, given: Mapping[str, Any]) -> Any:
    """Say whose mail it is going to be; refuses unknown companies and what is no address."""
    tenant = await _tenant(office, given)
    own = sorted(_own(tenant, given))
    for address in own:
        if not is_mailbox(address if not address.startswith("@") else f"x{address}"):
            raise CommandError(f"{address} is no mail address", "usage")
    await asyncio.to_thread(_sweep, office.scratch, office.context.clock.now().timestamp())
    return {"tenant_id": tenant.id, "tenant": tenant.slug, "own": own}


async def piece(office: Office, given: Mapping[str, Any]) -> Any:
    """Keep a piece of a large mail until the batch comes that names it."""
    path = _upload(office, str(given["upload"]))
    octets = base64.b64decode(str(given["octets"]))
    await asyncio.to_thread(_write, path, int(given["at"]), octets)
    return {"size": int(given["at"]) + len(octets)}


async def mails(office: Office, given: Mapping[str, Any]) -> Any:
    """Store mails, thread by thread; return what became of each, in their order."""
    tenant = await _tenant(office, given)
    importing = Importing(office.context, office.parser, tenant, _own(tenant, given))
    threads: Sequence[Mapping[str, Any]] = given["threads"]
    limit = asyncio.Semaphore(_AT_ONCE)

    async def bring(thread: Mapping[str, Any]) -> list[Brought]:
        async with limit:
            return await _thread(office, importing, thread)

    brought = await asyncio.gather(*map(bring, threads))
    return [
        {
            "conversation_id": found[-1].conversation_id,
            "mails": [
                {"state": one.state, "id": one.message_id, "is_new": one.is_new_conversation}
                for one in found
            ],
        }
        for found in brought
    ]


async def _thread(office: Office, importing: Importing, thread: Mapping[str, Any]) -> list[Brought]:
    found: list[Brought] = []
    conversation_id = thread.get("conversation_id")
    names = [str(name) for name in thread["names"]]
    for mail in thread["mails"]:
        content = await _content(office, mail)
        tie = str(mail["tie"])
        if tie not in _TIES:
            raise CommandError(f"{tie} ties no mail to another one", "usage")
        try:
            one = await importing.bring(FromArchive(content, tie, names, conversation_id))
        finally:
            if content.path is not None:
                await asyncio.to_thread(Path(content.path).unlink, missing_ok=True)
        conversation_id = one.conversation_id
        found.append(one)
    return found


async def _content(office: Office, mail: Mapping[str, Any]) -> Content:
    if "upload" not in mail:
        octets = base64.b64decode(str(mail["raw"]))
        return Content(len(octets), octets[:_HEAD_OCTETS], octets)
    path = _upload(office, str(mail["upload"]))
    try:
        head, size = await asyncio.to_thread(_look, path)
    except FileNotFoundError as error:
        raise CommandError("a large mail was not handed over whole") from error
    return Content(size, head, path=str(path))


def _upload(office: Office, name: str) -> Path:
    if _UPLOAD.fullmatch(name) is None:
        raise CommandError("a large mail has no such name", "usage")
    return office.scratch / f"import-{name}"


def _write(path: Path, at: int, octets: bytes) -> None:
    with path.open("r+b" if at else "wb") as file:
        file.seek(at)
        file.write(octets)


def _sweep(scratch: Path, now: float) -> None:
    """Remove what imports that were cut short left behind."""
    for path in scratch.glob("import-*"):
        if now - path.stat().st_mtime > _LEFT_AFTER:
            path.unlink(missing_ok=True)


def _look(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        return file.read(_HEAD_OCTETS), path.stat().st_size


async def _tenant(office: Office, given: Mapping[str, Any]) -> Tenant:
    name = str(given.get("tenant") or "")
    tenant = await office.context.store.read(
        lambda work: work.tenants.get(name) or work.tenants.by_slug(name)
    )
    if tenant is None:
        raise CommandError(f"there is no company {name or 'without a name'}")
    return tenant


def _own(tenant: Tenant, given: Mapping[str, Any]) -> frozenset[str]:
    """Return the addresses that are the company's: its own account's, and those given."""
    smtp = tenant.email.get("smtp")
    account = smtp if isinstance(smtp, Mapping) else {}
    known = (tenant.notify_address, account.get("from_address"))
    addresses = [*(str(one) for one in given.get("own") or ()), *(str(one) for one in known if one)]
    return frozenset(address.strip().lower() for address in addresses)
