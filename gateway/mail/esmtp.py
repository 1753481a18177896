"""Parameters of MAIL and RCPT, and what they ask for (RFC 1870, 3461, 4954, 6152, 6531)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.mail.paths import PathError
from gateway.mail.replies import Reply

ENVID_OCTETS = 100
ORCPT_OCTETS = 500
BODIES = ("7BIT", "8BITMIME")

_UNKNOWN = Reply(555, "5.5.4", "Parameter not recognised or not implemented")
_XTEXT = re.compile(r"(?:[^+=\x00-\x20\x7f]|\+[0-9A-Fa-f]{2})*+")
_XTEXT_PAIR = re.compile(r"\+([0-9A-Fa-f]{2})")
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9-]++")
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})


@dataclass(frozen=True, slots=True)
class MailParameters:
    """What MAIL asks for.

    size: octets that the client means to send, 0 if it does not say.
    ret, envid: as in `Envelope`.
    """

    size: int = 0
    smtputf8: bool = False
    ret: str | None = None
    envid: str | None = None


NO_PARAMETERS = MailParameters()


def mail_parameters(given: Mapping[str, str | None]) -> MailParameters:
    """Return what the parameters of MAIL ask for.

    BODY is checked and then of no matter, since content is kept as it came; so is AUTH,
    which only a server that trusts its clients could believe (RFC 4954, section 5).

    Raises PathError: 501 for a bad value, 555 for an unknown parameter.
    """
    if not given:
        return NO_PARAMETERS
    size, smtputf8, ret, envid = 0, False, None, None
    for keyword, value in given.items():
        match keyword:
            case "SIZE":
                size = _size(value)
            case "BODY":
                if (value or "").upper() not in BODIES:
                    raise _bad(keyword)
            case "SMTPUTF8":
                if value is not None:
                    raise _bad(keyword)
                smtputf8 = True
            case "AUTH":
                if value is None or (value != "<>" and not _XTEXT.fullmatch(value)):
                    raise _bad(keyword)
            case "RET":
                ret = (value or "").upper()
                if ret not in {"FULL", "HDRS"}:
                    raise _bad(keyword)
            case "ENVID":
                if value is None or len(value) > ENVID_OCTETS:
                    raise _bad(keyword)
                envid = _xtext(keyword, value)
            case _:
                raise PathError(_UNKNOWN)
    return MailParameters(size, smtputf8, ret, envid)


def recipient_parameters(given: Mapping[str, str | None]) -> tuple[tuple[str, ...], str | None]:
    """Return NOTIFY and ORCPT as a `Recipient` keeps them.

    Raises PathError: 501 for a bad value, 555 for an unknown parameter.
    RFC 3461, sections 4.1 and 4.2.
    """
    notify: tuple[str, ...] = ()
    orcpt = None
    for keyword, value in given.items():
        match keyword:
            case "NOTIFY":
                notify = tuple((value or "").upper().split(","))
                if notify != ("NEVER",) and not _NOTIFY.issuperset(notify):
                    raise _bad(keyword)
            case "ORCPT":
                orcpt = _original_recipient(value or "")
            case _:
                raise PathError(_UNKNOWN)
    return tuple(dict.fromkeys(notify)), orcpt


def _size(value: str | None) -> int:
    if value is None or len(value) > 20 or not value.isascii() or not value.isdigit():
        raise _bad("SIZE")
    return int(value)


def _original_recipient(value: str) -> str:
    kind, semicolon, address = value.partition(";")
    if (
        len(value.encode()) > ORCPT_OCTETS
        or not semicolon
        or not address
        or not _ADDRESS_TYPE.fullmatch(kind)
        or not (address.isascii() or kind.lower() == "utf-8")
    ):
        raise _bad("ORCPT")
    return f"{kind};{_xtext('ORCPT', address)}"


def _xtext(keyword: str, text: str) -> str:
    """Return xtext decoded; only printable text may be hidden in it (RFC 3461, section 4)."""
    if not _XTEXT.fullmatch(text):
        raise _bad(keyword)
    plain = _XTEXT_PAIR.sub(lambda pair: chr(int(pair[1], 16)), text)
    if not plain.isprintable() or (text.isascii() and not plain.isascii()):
        raise _bad(keyword)
    return plain


def _bad(keyword: str) -> PathError:
    return PathError(Reply(501, "5.5.4", f"{keyword} has a value that is not valid"))
