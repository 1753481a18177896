"""MTA-STS: the record and the policy of a domain that wants verified TLS (RFC 8461)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateway.mail.errors import MailError

LONGEST_AGE = timedelta(seconds=31_557_600)
MOST_OCTETS = 64 * 1024
PUBLISHED_AGE = timedelta(days=7)
"""The max_age of our own policy."""
_RECORD = re.compile(r"v=STSv1[ \t]*;")
_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*)[ \t]*:[ \t]*([!-~](?:[ -~]*[!-~])?)[ \t]*")
_MX = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_MOST_MXS = 200


class Mode(StrEnum):
    """What a failure means: no delivery, a report, nothing."""

    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as published. mx: patterns in lower case; max_age: how long it may be kept."""

    mode: Mode
    mx: tuple[str, ...]
    max_age: timedelta

    def covers(self, host: str) -> bool:
        """Return whether mail may go to this MX; "*" stands for one label (RFC 8461, 4.1)."""
        name = host.lower().rstrip(".")
        return name in self.mx or f"*.{name.partition('.')[2]}" in self.mx

    @property
    def lines(self) -> tuple[str, ...]:
        """The policy, line by line, as it would be published."""
        return (
            "version: STSv1",
            f"mode: {self.mode}",
            *(f"mx: {pattern}" for pattern in self.mx),
            f"max_age: {int(self.max_age.total_seconds())}",
        )


def policy_id(records: Sequence[str]) -> str | None:
    """Return the id that a domain's `_mta-sts` TXT records name, or None if none is good.

    Several records for MTA-STS are as good as none (RFC 8461, 3.1).
    """
    ours = [record for record in records if _RECORD.match(record)]
    if len(ours) != 1:
        return None
    fields = [part.partition("=") for part in ours[0].split(";")]
    ids = [value.strip() for name, _, value in fields if name.strip().lower() == "id"]
    if len(ids) == 1 and ids[0].isascii() and ids[0].isalnum() and len(ids[0]) <= 32:
        return ids[0]
    return None


def read_policy(content: bytes) -> Policy:
    """Return the policy of a file; raises MailError for what is none.

    Of a field that stands there twice the first counts, `mx` apart (RFC 8461, 3.2).
    """
    if len(content) > MOST_OCTETS:
        raise MailError("the policy is longer than 64 KiB")
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise MailError("the policy isn't ASCII") from error
    fields: dict[str, str] = {}
    mxs: list[str] = []
    for line in re.split(r"\r?\n", text):
        if not line.strip():
            continue
        found = _FIELD.fullmatch(line)
        if found is None:
            raise MailError(f"no field of a policy: {line[:60]!r}")
        name, value = found[1].lower(), found[2]
        if name == "mx":
            mxs.append(value.lower().rstrip("."))
        else:
            fields.setdefault(name, value)
    if fields.get("version") != "STSv1":
        raise MailError("the policy isn't of version STSv1")
    mode, age = fields.get("mode", ""), fields.get("max_age", "")
    if mode not in set(Mode):
        raise MailError(f"no mode of a policy: {mode[:20]!r}")
    if not (age.isdecimal() and len(age) <= 10):
        raise MailError(f"no max_age of a policy: {age[:20]!r}")
    if len(mxs) > _MOST_MXS or not all(_MX.fullmatch(pattern) for pattern in mxs):
        raise MailError("the policy names an mx that is no host name, or too many")
    if not mxs and mode != Mode.NONE:
        raise MailError("the policy names no mx")
    return Policy(Mode(mode), tuple(mxs), min(timedelta(seconds=int(age)), LONGEST_AGE))


def policy_file(mode: Mode, mxs: Sequence[str], max_age: timedelta) -> bytes:
    """Return the file to publish for a domain of ours."""
    lines = Policy(mode, tuple(mxs), max_age).lines
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
