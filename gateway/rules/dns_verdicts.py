"""Whether DNS answers with what an installation should publish. Pure.

A record counts as published where the answer does what ours would do: an SPF record may allow
more senders, a DMARC policy may be of either strict kind, other MX hosts may stand beside ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_STRICT: Final = frozenset({"reject", "quarantine"})


class Published(StrEnum):
    """What DNS says of a record."""

    OK = "ok"
    MISSING = "missing"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Record:
    """One record to publish; names without a final dot, TXT as one text.

    purpose: for the admin, one line.
    """

    name: str
    type: str
    value: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """found: the answers as text. remedy: what to do, "" if all is well."""

    record: Record
    state: Published
    found: tuple[str, ...] = ()
    remedy: str = ""


def judge(record: Record, found: Sequence[str]) -> Verdict:
    """Compare a record with the answers of its name and type; none at all: `MISSING`."""
    answers = tuple(found)
    if record.type == "TXT":
        answers = tuple(one for one in found if _is_of_kind(record.value, one))
    if not answers:
        remedy = f"publish {record.type} {record.value}"
        return Verdict(record, Published.MISSING, tuple(found), remedy)
    wrong = _JUDGES.get(record.type, _any_equal)(record.value, answers)
    if wrong:
        return Verdict(record, Published.DIFFERS, answers, wrong)
    return Verdict(record, Published.OK, answers)


def unanswered(record: Record, why: str) -> Verdict:
    """Return the verdict where DNS gave no answer."""
    return Verdict(record, Published.UNKNOWN, (), f"DNS could not be asked: {why}")


def _is_of_kind(ours: str, other: str) -> bool:
    """Return whether a TXT record is of the same protocol, by its first tag or word."""
    if _version(ours) == "v=dkim1":
        return True  # v= may be left out there (RFC 6376, 3.6.1)
    return _version(ours) == _version(other)


def _version(text: str) -> str:
    first = text.replace(";", " ").split(maxsplit=1)
    return first[0].lower() if first else ""


def _txt(ours: str, answers: Sequence[str]) -> str:
    version = _version(ours)
    if version != "v=dkim1" and len(answers) > 1:
        return f"keep one {version} record: several at once count as none"
    return _TXT[version](ours, answers)


def _spf(ours: str, answers: Sequence[str]) -> str:
    terms = {term.lower().lstrip("+") for term in answers[0].split()}
    wanted = [term for term in ours.lower().split()[1:] if not term.endswith("all")]
    missing = [term for term in wanted if term not in terms]
    if missing:
        return f"add {' '.join(missing)} to it: mail of this machine fails SPF without"
    if "all" in terms or "?all" in terms:
        return "end it with -all or ~all: as it is, everyone may send in this name"
    return ""


def _dkim(ours: str, answers: Sequence[str]) -> str:
    wanted = _tags(ours)
    for answer in answers:
        tags = _tags(answer)
        if tags.get("p") == wanted["p"] and tags.get("k", "rsa") == wanted.get("k", "rsa"):
            return ""
    if all(not _tags(answer).get("p") for answer in answers):
        return f"the key stands there as revoked: publish TXT {ours}"
    return f"another key stands there: publish TXT {ours}"


def _dmarc(_ours: str, answers: Sequence[str]) -> str:
    policy = _tags(answers[0]).get("p", "none").lower()
    if policy not in _STRICT:
        return f"p={policy} lets others send in this name: p=reject once reports show no loss"
    return ""


def _sts(_ours: str, answers: Sequence[str]) -> str:
    return "" if _tags(answers[0]).get("id") else "give it an id=, or nobody fetches the policy"


def _tls_reports(_ours: str, answers: Sequence[str]) -> str:
    return "" if _tags(answers[0]).get("rua") else "give it rua=mailto:…, where reports go"


def _mx(ours: str, answers: Sequence[str]) -> str:
    host = ours.rsplit(maxsplit=1)[-1].lower()
    if host in {answer.split()[-1].lower().rstrip(".") for answer in answers}:
        return ""
    return f"mail goes elsewhere: publish MX {ours}"


def _any_equal(ours: str, answers: Sequence[str]) -> str:
    if _folded(ours) in {_folded(answer) for answer in answers}:
        return ""
    return f"should be {ours}"


def _folded(value: str) -> str:
    return " ".join(value.lower().rstrip(".").split())


def _tags(text: str) -> Mapping[str, str]:
    """Return tag=value pairs (RFC 6376, 3.2); blanks in values don't count."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs if name}


_TXT: Final[Mapping[str, Callable[[str, Sequence[str]], str]]] = {
    "v=spf1": _spf,
    "v=dkim1": _dkim,
    "v=dmarc1": _dmarc,
    "v=stsv1": _sts,
    "v=tlsrptv1": _tls_reports,
}
_JUDGES: Final[Mapping[str, Callable[[str, Sequence[str]], str]]] = {"TXT": _txt, "MX": _mx}
