"""Files in requests: base64 in JSON, or parts of a form."""

from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema

from gateway.api.base64text import BadBase64, decoded
from gateway.api.lifting import Lifted
from gateway.api.schemas.base import Given, Taken
from gateway.api.schemas.fields import Filename, mistake
from gateway.ports.reception import Content

_MEDIA_TYPE = r"^[A-Za-z0-9!#$&^_.+\-]{1,64}/[A-Za-z0-9!#$&^_.+\-]{1,64}$"


def _content(given: Any, info: ValidationInfo) -> Content:
    lifted = info.context
    if isinstance(given, str) and isinstance(lifted, Lifted):
        taken = lifted.take(given)
        if taken is not None:
            return taken
    if not isinstance(given, str):
        raise mistake("invalid_base64", "Write the file's bytes as a string in base64.")
    try:
        data = decoded(given.encode("utf-8", "replace"))
    except BadBase64:
        detail = "This is not base64 (RFC 4648, section 4)."
        raise mistake("invalid_base64", detail) from None
    if not data:
        raise mistake("empty_file", "The file is empty.")
    return Content(len(data), data[:4096], data=data)


Base64 = Annotated[
    Content,
    PlainValidator(_content),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
MediaType = Annotated[str, Field(pattern=_MEDIA_TYPE, max_length=129)]


class PdfFile(Taken):
    """The document itself."""

    filename: Filename
    content: Base64


class File(Taken):
    """A file that goes along. content_type: by the name's ending if it isn't given."""

    filename: Filename
    content: Base64
    content_type: MediaType | None = None


Files = Annotated[tuple[File, ...], Field(max_length=100)]


class EInvoiceShown(Given):
    """What an electronic invoice says of itself; null where it doesn't. Nothing was validated.

    `kind`: "factur-x" within a PDF (ZUGFeRD too), "cii" or "ubl" as XML.
    """

    kind: str
    number: str | None
    total: str | None
    currency: str | None
    due: str | None


class AttachmentShown(Given):
    """A file of a message; `url` gives its bytes to the same key."""

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    content_id: str | None
    document: EInvoiceShown | None
    url: str
