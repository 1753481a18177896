"""Why a journey says no to its caller."""

from collections.abc import Mapping
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
    words, values: the same sentence for whoever says it in another language: `{name}` in the
        words stands for the value of that name.
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
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Keep the parts; detail: its words, if there are values."""
        self.words = detail
        self.values = values or {}
        self.detail = detail.format_map(self.values) if values else detail
        super().__init__(self.detail)
        self.kind = kind
        self.code = code
        self.param = param
        self.hint = hint
        self.retry_after = retry_after


def not_found(what: str) -> Refused:
    """Return the same answer for what is unknown and for what is another company's."""
    return Refused(Kind.NOT_FOUND, "not_found", f"There is no such {what}.")


def invalid(
    param: str,
    detail: str,
    *,
    code: str = "invalid",
    hint: str | None = None,
    values: Mapping[str, object] | None = None,
) -> Refused:
    """Return a refusal of one field."""
    return Refused(Kind.INVALID, code, detail, param=param, hint=hint, values=values)


def conflict(
    code: str,
    detail: str,
    *,
    param: str | None = None,
    values: Mapping[str, object] | None = None,
) -> Refused:
    """Return a refusal because of the state that something is in."""
    return Refused(Kind.CONFLICT, code, detail, param=param, values=values)
