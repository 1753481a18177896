"""Reports about TLS: what we tell others, and what others tell us (RFC 8460). Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from gateway.rules.outcome import Obstacle, Stage, Trouble

SUCCESS: Final = "success"
MOST_DETAILS: Final = 100
MOST_POLICIES: Final = 50
_WORDS_CHARS: Final = 200
# What the words of a failure speak of (RFC 8460, section 4.3); the first that fits.
_FAILURES: Final = (
    ("dane", "tlsa-invalid"),
    ("expired", "certificate-expired"),
    ("hostname mismatch", "certificate-host-mismatch"),
    ("doesn't match", "certificate-host-mismatch"),
    ("not valid for", "certificate-host-mismatch"),
    ("self-signed", "certificate-not-trusted"),
    ("self signed", "certificate-not-trusted"),
    ("issuer", "certificate-not-trusted"),
)


@dataclass(frozen=True, slots=True)
class Session:
    """One connection to an MX. policy: "tlsa" | "sts" | "no-policy-found"; lines: the policy.

    result: `SUCCESS`, or a word of RFC 8460, section 4.3. words: of a failure, in short.
    """

    policy: str
    lines: tuple[str, ...]
    host: str
    address: str
    result: str
    words: str = ""


def result_of(stage: Stage, answer: object, tls: str, failure: str) -> tuple[str, str] | None:
    """Return how TLS of a session went, and words; None if it never came to TLS.

    tls, failure: as in `ports.relay.Attempted`.
    """
    if failure:
        return _failure_of(failure), failure[:_WORDS_CHARS]
    if stage is Stage.TLS and isinstance(answer, Trouble):
        if answer.obstacle is Obstacle.NO_TLS:
            return "starttls-not-supported", answer.text[:_WORDS_CHARS]
        return _failure_of(answer.text), answer.text[:_WORDS_CHARS]
    if stage in {Stage.DNS, Stage.CONNECT, Stage.EHLO, Stage.TLS}:
        return None
    return (SUCCESS, "") if tls != "none" else ("starttls-not-supported", "")


def _failure_of(words: str) -> str:
    lowered = words.lower()
    return next((kind for part, kind in _FAILURES if part in lowered), "validation-failure")


def added(kept: Mapping[str, Any], sessions: Iterable[tuple[Session, int]]) -> dict[str, Any]:
    """Return the tally of a domain's day with more sessions in it, JSON values."""
    policies = {key: dict(value) for key, value in kept.items()}
    for session, count in sessions:
        key = json.dumps([session.policy, *session.lines])
        if key not in policies and len(policies) >= MOST_POLICIES:
            continue
        policy = policies.setdefault(key, {SUCCESS: 0, "failure": 0, "details": {}})
        if session.result == SUCCESS:
            policy[SUCCESS] += count
            continue
        policy["failure"] += count
        details = dict(policy["details"])
        detail = json.dumps([session.result, session.host, session.address, session.words])
        if detail in details or len(details) < MOST_DETAILS:
            details[detail] = details.get(detail, 0) + count
        policy["details"] = details
    return policies


def report(
    domain: str, day: date, tally: Mapping[str, Any], *, host: str, contact: str, report_id: str
) -> Mapping[str, Any]:
    """Return the report about a domain's day, JSON values (RFC 8460, section 4.4)."""
    return {
        "organization-name": host,
        "date-range": {
            "start-datetime": f"{day.isoformat()}T00:00:00Z",
            "end-datetime": f"{day.isoformat()}T23:59:59Z",
        },
        "contact-info": contact,
        "report-id": report_id,
        "policies": [_policy(domain, key, value) for key, value in tally.items()],
    }


def _policy(domain: str, key: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    kind, *lines = json.loads(key)
    about: dict[str, Any] = {"policy-type": kind, "policy-domain": domain}
    if lines:
        about["policy-string"] = lines
    shown: dict[str, Any] = {
        "policy": about,
        "summary": {
            "total-successful-session-count": told[SUCCESS],
            "total-failure-session-count": told["failure"],
        },
    }
    details = []
    for detail, count in told["details"].items():
        result, host, address, words = json.loads(detail)
        entry = {
            "result-type": result,
            "receiving-mx-hostname": host,
            "receiving-ip": address,
            "failed-session-count": count,
        }
        details.append({**entry, "failure-reason-code": words} if words else entry)
    return {**shown, "failure-details": details} if details else shown


def destinations(texts: Iterable[str]) -> tuple[str, ...]:
    """Return where a domain wants reports: the URIs of its one TLSRPT record (section 3)."""
    records = [text for text in texts if text.replace(" ", "").startswith("v=TLSRPTv1;")]
    if len(records) != 1:
        return ()
    for part in records[0].split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "rua":
            return tuple(uri.strip() for uri in value.split(",") if uri.strip())
    return ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What somebody tells us of the sessions that they had with us.

    failures: result types and how often.
    """

    organization: str
    domain: str
    ends: str
    success: int
    failure: int
    failures: Mapping[str, int]


def summary_of(told: object) -> Summary | None:
    """Return the sum of a report, None if it is none."""
    if not isinstance(told, dict) or not isinstance(told.get("policies"), list):
        return None
    success = failure = 0
    failures: dict[str, int] = {}
    domains: dict[str, None] = {}
    for one in told["policies"][:MOST_POLICIES]:
        if not isinstance(one, dict):
            return None
        summary, policy = one.get("summary"), one.get("policy")
        if not isinstance(summary, dict) or not isinstance(policy, dict):
            return None
        success += _count(summary.get("total-successful-session-count"))
        failure += _count(summary.get("total-failure-session-count"))
        domains[_word(policy.get("policy-domain"))] = None
        details = one.get("failure-details")
        for detail in details[:MOST_DETAILS] if isinstance(details, list) else ():
            if isinstance(detail, dict):
                kind = _word(detail.get("result-type"))
                count = _count(detail.get("failed-session-count"))
                failures[kind] = failures.get(kind, 0) + count
    span = told.get("date-range")
    ends = _word(span.get("end-datetime")) if isinstance(span, dict) else ""
    return Summary(
        _word(told.get("organization-name")),
        ", ".join(filter(None, domains))[:_WORDS_CHARS],
        _day(ends),
        success,
        failure,
        failures,
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**12 else 0


def _word(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(char for char in text if char.isprintable())[:_WORDS_CHARS]


def _day(text: str) -> str:
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return ""
