"""Names of attachments that are safe to show, to store under and to download as.

A sender chooses the name; it comes with paths, line breaks, devices and characters that
turn the text around.
"""

import re

from gateway.mail.encoded_words import one_line

NAME_OCTETS = 200

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_EXTENSION = re.compile(r"\.[^.\s]{1,16}\Z")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|\Z)", re.IGNORECASE)
_SHORT_SUBTYPE = re.compile(r"(?:audio|image|video)/(?:x-)?([a-z0-9]{2,4})")
_EXTENSIONS = {
    "application/gzip": ".gz",
    "application/ics": ".ics",
    "application/json": ".json",
    "application/msword": ".doc",
    "application/octet-stream": ".bin",
    "application/pdf": ".pdf",
    "application/pgp-encrypted": ".asc",
    "application/pgp-keys": ".asc",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/rtf": ".rtf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-pkcs7-mime": ".p7m",
    "application/x-pkcs7-signature": ".p7s",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "audio/mpeg": ".mp3",
    "image/jpeg": ".jpg",
    "image/svg+xml": ".svg",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
    "message/global": ".eml",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
    "text/vcard": ".vcf",
    "text/xml": ".xml",
}
_TYPES = {extension: kind for kind, extension in _EXTENSIONS.items()} | {
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".htm": "text/html",
    ".jpeg": "image/jpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".eml": "message/rfc822",
    ".p7m": "application/pkcs7-mime",
    ".p7s": "application/pkcs7-signature",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".xml": "application/xml",
}


def safe_name(name: str, content_type: str, *, otherwise: str = "attachment") -> str:
    """Return a file name without path and oddities, at most 200 octets of UTF-8.

    name: as the sender gave it, "" if not at all.
    otherwise: the name, without extension, of a file that has none.
    """
    name = one_line(name).replace("\\", "/").rpartition("/")[2]
    name = _FORBIDDEN.sub("_", name).strip(" .")
    if not name:
        stem = _FORBIDDEN.sub("_", one_line(otherwise).replace("/", "_").replace("\\", "_"))
        name = (stem.strip(" .") or "attachment") + extension_of(content_type)
    if _DEVICES.match(name):
        name = f"_{name}"
    return _shortened(name)


def extension_of(content_type: str) -> str:
    """Return the usual extension of a media type, with its dot, "" if we know none."""
    known = _EXTENSIONS.get(content_type)
    if known is None and (found := _SHORT_SUBTYPE.fullmatch(content_type)) is not None:
        known = f".{found[1]}"
    return known or ""


def type_of(name: str) -> str:
    """Return the media type that a name's extension stands for."""
    found = _EXTENSION.search(name)
    return _TYPES.get(found[0].lower() if found else "", "application/octet-stream")


def _shortened(name: str) -> str:
    """Return the name within its octets, the extension kept."""
    octets = name.encode("utf-8", "replace")
    if len(octets) <= NAME_OCTETS:
        return octets.decode("utf-8")
    found = _EXTENSION.search(name)
    extension = found[0].encode("utf-8", "replace") if found else b""
    stem = octets[: len(octets) - len(extension)][: NAME_OCTETS - len(extension)]
    return (stem.decode("utf-8", "ignore").rstrip() + extension.decode("utf-8")) or name[:40]
