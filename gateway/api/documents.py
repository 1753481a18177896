"""Files of requests as journeys take them."""

import mimetypes
from collections.abc import Sequence

from gateway.api.registry import Call
from gateway.api.schemas.documents import File, PdfFile
from gateway.flow.drafts import Document
from gateway.flow.refusal import Kind, Refused
from gateway.ports.reception import Content

_TYPES = mimetypes.MimeTypes()
_UNKNOWN = "application/octet-stream"


def document(file: File) -> Document:
    """Return a file; its type by its name if it isn't given."""
    guessed, encoding = _TYPES.guess_type(file.filename)
    known = guessed if guessed and encoding is None else _UNKNOWN
    return Document(file.filename, file.content_type or known, file.content)


def pdf_document(file: PdfFile) -> Document:
    """Return the document itself."""
    return Document(file.filename, "application/pdf", file.content)


def attachments(call: Call, files: Sequence[File]) -> tuple[Document, ...]:
    """Return the files of a mail. Raises Refused if no mail can be as large as they are."""
    check_sizes(call, [file.content for file in files])
    return tuple(document(file) for file in files)


def check_sizes(call: Call, files: Sequence[Content]) -> None:
    """Raise Refused if no mail can be as large as these files are."""
    most = call.services.settings.message_bytes
    if sum(content.size for content in files) * 4 // 3 > most:
        raise Refused(
            Kind.TOO_LARGE,
            "too_large",
            f"A mail has at most {most} bytes; the attachments alone need more.",
            param="attachments",
        )
