"""Why a journey says no to its caller."""

from enum import Enum


class Kind(Enum):
    """What sort of no: it decides the HTTP status or the SMTP reply."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"
    FORBIDDEN = "forbidden"
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    GONE = "gone"


class Refused(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """The caller asked for what can't be done.

    code: a stable word for programs. detail: one sentence for people, without secrets.
    param: the field at fault, nested as `customer.email`. hint: what would be right.
    retry_after: seconds, for TOO_MANY.
    """

    def __init__(
        self,
        kind: Kind,
        code: str,
        detail: str,
        *,
        param: str | None = None,
        hint: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Keep the parts."""
        super().__init__(detail)
        self.kind = kind
        self.code = code
        self.detail = detail
        self.param = param
        self.hint = hint
        self.retry_after = retry_after


def not_found(what: str) -> Refused:
    """Return the same answer for what is unknown and for what is another company's."""
    return Refused(Kind.NOT_FOUND, "not_found", f"There is no such {what}.")


def invalid(param: str, detail: str, *, code: str = "invalid", hint: str | None = None) -> Refused:
    """Return a refusal of one field."""
    return Refused(Kind.INVALID, code, detail, param=param, hint=hint)


def conflict(code: str, detail: str, *, param: str | None = None) -> Refused:
    """Return a refusal because of the state that something is in."""
    return Refused(Kind.CONFLICT, code, detail, param=param)
