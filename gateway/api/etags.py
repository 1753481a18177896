"""Versions of items as ETag and If-Match (RFC 9110, sections 8.8.3 and 13.1.1)."""

from starlette.datastructures import Headers

from gateway.flow.refusal import Kind, Refused


def etag(version: int) -> dict[str, str]:
    """Return the header that names a version."""
    return {"ETag": f'"{version}"'}


def is_known(headers: Headers, tag: str | None) -> bool:
    """Say whether the caller has this version already: If-None-Match (RFC 9110, section 13.1.2)."""
    asked = headers.get("if-none-match", "")
    known = {one.strip().removeprefix("W/") for one in asked.split(",")}
    return tag is not None and (tag in known or asked.strip() == "*")


def wanted_version(headers: Headers) -> int | None:
    """Return the version that the caller saw; None: any will do.

    Raises Refused, stale: no version of ours has such a tag.
    """
    text = headers.get("if-match")
    if text is None or text.strip() == "*":
        return None
    tag = text.strip()
    number = tag[1:-1]
    quoted = len(tag) > 2 and tag.startswith('"') and tag.endswith('"')
    if not quoted or not (number.isascii() and number.isdigit() and len(number) <= 15):
        raise Refused(Kind.STALE, "stale", "If-Match does not name the present version.")
    return int(number)
