"""Forms with files: read within bounds, dangerous kinds refused with the reason."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.flow.drafts import Document
from gateway.flow.refusal import Kind, Refused
from gateway.mail.fields import presentable
from gateway.mail.parameters import content_type
from gateway.ports.reception import Content
from gateway.runtime.http.multipart import Form, read_form

_FORM_OCTETS = 256 * 1024
_MOST_FIELDS = 64
_NAME_CHARS = 150
_PROGRAMS = frozenset(
    {
        "ade", "adp", "apk", "app", "appx", "bat", "chm", "cmd", "com", "command", "cpl", "deb",
        "dll", "dmg", "exe", "gadget", "hta", "img", "inf", "ins", "iso", "isp", "jar", "jnlp",
        "js", "jse", "lnk", "mde", "msc", "msi", "msix", "msp", "mst", "pif", "pkg", "ps1", "psm1",
        "reg", "rpm", "scf", "scr", "sct", "settingcontent-ms", "sh", "shb", "sys", "url", "vb",
        "vbe", "vbs", "vhd", "vhdx", "vxd", "wsc", "wsf", "wsh", "xll",
    }
)  # fmt: skip
_MACROS = frozenset(
    {
        "docm", "dotm", "potm", "ppam", "ppsm", "pptm", "sldm", "xlam", "xlm", "xlsm", "xltm",
        "xlsb",
    }
)  # fmt: skip
_PROGRAM_STARTS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"#!/")
_MACRO_MARKS = (b"vbaProject.bin", "_VBA_PROJECT".encode("utf-16-le"))


@dataclass(frozen=True, slots=True)
class Taken:
    """The fields and files of a form. Empty file fields are left out."""

    fields: dict[str, str]
    documents: tuple[Document, ...]
    form: Form


async def take(request: Request, directory: Path, *, files: int, octets: int) -> Taken:
    """Read a form with files; `discard` its `form` when done with them.

    Raises Refused (too large, too many, a dangerous kind) and BadForm.
    """
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        return Taken(await fields_of(request), (), Form())
    body = _bounded(request, octets + _FORM_OCTETS)
    form = await read_form(kind, body, directory, most=files + 20)
    try:
        return Taken(*await _sorted(form, files=files, octets=octets), form)
    except BaseException:
        form.discard()
        raise


async def given_in(request: Request, directory: Path) -> dict[str, str]:
    """Return the fields of a form without files, however it is encoded.

    Raises Refused (too large, a file in it) and BadForm.
    """
    taken = await take(request, directory, files=0, octets=0)
    taken.form.discard()
    return taken.fields


async def fields_of(request: Request) -> dict[str, str]:
    """Return the fields of a form without files; raises Refused if it is too large."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("application/x-www-form-urlencoded"):
        return {}
    body = b"".join([piece async for piece in _bounded(request, _FORM_OCTETS)])
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Refused(Kind.INVALID, "bad_form", "The form has too many fields.") from error
    return {name: value.replace("\0", "") for name, value in pairs}


async def _sorted(
    form: Form, *, files: int, octets: int
) -> tuple[dict[str, str], tuple[Document, ...]]:
    fields: dict[str, str] = {}
    documents: list[Document] = []
    size = 0
    for part in form.parts:
        content = await part.intake.finish()
        if part.filename is None:
            if content.data is None:
                raise Refused(Kind.TOO_LARGE, "text_too_long", "The text is too long.")
            fields[part.name] = content.data.decode("utf-8", "replace").replace("\0", "")
        elif part.filename or content.size:
            name = clean_name(part.filename)
            await asyncio.to_thread(refuse_dangerous, name, content)
            size += content.size
            documents.append(Document(name, content_type(part.content_type), content))
    if len(documents) > files:
        raise Refused(
            Kind.TOO_LARGE,
            "too_many_files",
            "A message can bring {n} files at most.",
            values={"n": files},
        )
    if size > octets:
        raise _too_large(octets)
    return fields, tuple(documents)


async def _bounded(request: Request, limit: int) -> AsyncIterator[bytes]:
    seen = 0
    async for piece in request.stream():
        seen += len(piece)
        if seen > limit:
            raise _too_large(limit)
        yield piece


def _too_large(octets: int) -> Refused:
    mega = octets // (1024 * 1024)
    if not mega:
        return Refused(Kind.TOO_LARGE, "too_large", "The form is too large.")
    words = "All files together can have {n} MB at most."
    return Refused(Kind.TOO_LARGE, "too_large", words, values={"n": mega})


def clean_name(given: str) -> str:
    """Return a file name without folders and controls, of a sensible length."""
    name = presentable(given.replace("\\", "/").rpartition("/")[2]).strip(". ")
    if len(name) <= _NAME_CHARS:
        return name or "file"
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:_NAME_CHARS]
    return f"{stem[: _NAME_CHARS - len(ending) - 1]}.{ending}"


def refuse_dangerous(name: str, content: Content) -> None:
    """Raise Refused for programs and for documents with macros, whatever they call themselves."""
    ending = name.lower().rpartition(".")[2] if "." in name else ""
    if ending in _PROGRAMS or content.head.startswith(_PROGRAM_STARTS):
        raise Refused(
            Kind.INVALID,
            "dangerous_file",
            "{name} was not sent: programs can't be attached. Nothing was sent yet.",
            values={"name": name},
        )
    if ending in _MACROS or _has_macros(content):
        raise Refused(
            Kind.INVALID,
            "dangerous_file",
            "{name} was not sent: it holds macros. Save it without them, or as PDF.",
            values={"name": name},
        )


def _has_macros(content: Content) -> bool:
    if not content.head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return False
    data = content.data if content.data is not None else Path(content.path or "").read_bytes()
    return any(mark in data for mark in _MACRO_MARKS)
