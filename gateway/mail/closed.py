"""Mail that only its reader's own key opens: kept closed, and said so (RFC 3156, RFC 8551).

Nothing is decrypted here, and nothing that claims to be the content of an encrypted mail is shown:
its parts are attachments.
"""

from collections.abc import Iterable

from gateway.mail.parts import Part

_OPENPGP = "application/pgp-encrypted"
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})


def closed_text(parts: Iterable[Part]) -> str:
    """Return what to show in place of a text that is encrypted, "" if none of the parts is.

    parts: the attachments.
    """
    for part in parts:
        if part.content_type == _OPENPGP:
            return _said("encrypted with OpenPGP")
        if part.content_type in _SMIME:
            kind = part.parameters.get("smime-type", "").lower()
            if kind in {"signed-data", "compressed-data"} or kind == "certs-only":
                return _said("wrapped with S/MIME")
            return _said("encrypted with S/MIME")
    return ""


def _said(how: str) -> str:
    return f"This message is {how}. It is kept closed, as it came, in its attachments."
