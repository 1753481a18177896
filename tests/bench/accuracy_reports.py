"""How right reports and automatic mail are read.

`python -m tests.bench.accuracy_reports [SETS] [--misses]`. Peers are measured where they are
installed: flufl.bounce.

Measures: `found` (is it a bounce), `exact` (the set of recipients), `count` (their number),
`delay`, `complaint`, `status` and `permanent` (of each recipient); `automatic` (is an automatic
reply told as one) and `personal` (is none taken for one). `no bounce` asks for none where there is
none, in the sets of other kinds too.
"""

import email
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import Message
from functools import cache
from importlib.util import find_spec
from typing import Any

from gateway.mail.automatic import judge_automatic
from gateway.mail.report import Report, ReportedRecipient
from gateway.mail.reports import read_report
from gateway.rules.bounces import Verdict, classify
from tests.bench.rows import Row, Score, table
from tests.corpora import Line, lines_of, set_names

_FAILED = {"failed", "delayed"}
_PERSONAL = ("parse", "thread")
Judgement = Iterator[tuple[str, bool]]


@cache
def _report(line_id: str, raw: bytes) -> Report | None:
    del line_id
    return read_report(email.message_from_bytes(raw))


def _failed(report: Report) -> list[ReportedRecipient]:
    return [one for one in report.recipients if one.action in _FAILED]


def _verdict(one: ReportedRecipient) -> Verdict:
    return classify(enhanced=one.status, code=one.smtp_code, text=one.diagnostic, action=one.action)


def _recipients(expect: Mapping[str, Any]) -> set[str]:
    named = expect.get("recipients") or [
        one["recipient"]
        for one in expect.get("dsn", ())
        if (one["action"] or "failed").lower() in _FAILED | {"failure"}
    ]
    return {address.lower() for address in named}


def _judge_bounce(line: Line) -> Judgement:
    """Yield each measure of a bounce line and whether it is right."""
    expect, report = line.expect, _report(line.id, line.octets())
    is_bounce = report is not None and report.kind in {"bounce", "delay"}
    yield "found" if expect["is_bounce"] else "no bounce", is_bounce == expect["is_bounce"]
    if expect.get("is_feedback_report"):
        yield "complaint", report is not None and report.kind == "complaint"
    if not expect["is_bounce"] or report is None:
        return
    found = _failed(report)
    wanted = _recipients(expect)
    if wanted:
        yield "exact", {one.recipient.lower() for one in found} == wanted
    elif "count" in expect:
        yield "count", len(found) == expect["count"]
    if "temporary" in expect:
        yield "delay", (report.kind == "delay") == expect["temporary"]
    entries = expect.get("entries", ())
    if len(entries) == len(found):
        for entry, one in zip(entries, found, strict=True):
            verdict = _verdict(one)
            if "status" in entry:
                yield "status", verdict.enhanced == entry["status"]
            yield "permanent", verdict.permanent == entry["permanent"]


def _judge_automatic(line: Line) -> Judgement:
    message = email.message_from_bytes(line.octets())
    kind = judge_automatic(
        [(name, str(value)) for name, value in message.items()],
        null_sender=str(message.get("Return-Path", "")).strip() == "<>",
        report=_report(line.id, line.octets()),
        subject=str(message.get("Subject", "")),
        text=_text(message),
    ).kind
    is_reply, wanted = kind in {"auto_reply", "challenge"}, line.expect["is_auto_reply"]
    yield "automatic" if wanted else "personal", is_reply == wanted


def _text(message: Message) -> str:
    for part in message.walk():
        octets = part.get_payload(decode=True)
        if part.get_content_type() == "text/plain" and isinstance(octets, bytes):
            return octets.decode("utf-8", "replace")
    return ""


def _judge_person(line: Line) -> Judgement:
    raw = line.octets()
    if b"delivery-status" not in raw and b"multipart/report" not in raw.lower():
        yield "no bounce", _report(line.id, raw) is None


_JUDGES: Mapping[str, Callable[[Line], Judgement]] = {
    "bounce": _judge_bounce,
    "auto": _judge_automatic,
    **dict.fromkeys(_PERSONAL, _judge_person),
}


def _judged(name: str) -> Iterator[tuple[Line, str, bool]]:
    for line in lines_of(name):
        judge = _JUDGES.get(line.line["kind"])
        if judge is not None and line.path.is_file():
            yield from ((line, measure, is_right) for measure, is_right in judge(line))


def misses(sets: Sequence[str]) -> Iterator[tuple[Line, str]]:
    """Yield the lines that we get wrong, each with its measure."""
    for name in sets:
        yield from ((line, measure) for line, measure, is_right in _judged(name) if not is_right)


def _peer_scores(name: str) -> dict[str, dict[str, Score]]:
    """Return by measure what flufl.bounce reaches."""
    if not find_spec("flufl"):
        return {}
    from flufl.bounce import all_failures

    scores: dict[str, list[bool]] = {"found": [], "no bounce": [], "exact": []}
    for line in lines_of(name):
        if line.line["kind"] != "bounce":
            continue
        try:
            temporary, permanent = all_failures(email.message_from_bytes(line.octets()))
        except Exception:  # noqa: BLE001 (whatever a peer throws is a miss)
            temporary, permanent = set(), set()
        named = {address.decode("utf-8", "replace").lower() for address in temporary | permanent}
        measure = "found" if line.expect["is_bounce"] else "no bounce"
        scores[measure].append(bool(named) == line.expect["is_bounce"])
        if line.expect["is_bounce"] and _recipients(line.expect):
            scores["exact"].append(named == _recipients(line.expect))
    return {
        measure: {"flufl.bounce": Score(sum(right), len(right))}
        for measure, right in scores.items()
        if right
    }


def rows(sets: Sequence[str]) -> list[Row]:
    """Return the scores of each set."""
    found = []
    for name in sets:
        rights: dict[str, list[bool]] = {}
        for _, measure, is_right in _judged(name):
            rights.setdefault(measure, []).append(is_right)
        peers = _peer_scores(name) if name.startswith("bounce_") else {}
        found += [
            Row(name, measure, Score(sum(right), len(right)), peers.get(measure, {}))
            for measure, right in rights.items()
        ]
    return found


def main(arguments: Sequence[str]) -> None:
    """Print the table, and with --misses what we got wrong."""
    sets = [name for name in arguments if not name.startswith("-")] or set_names()
    print(table(rows(sets)))
    if "--misses" in arguments:
        for line, measure in misses(sets):
            print(measure, line.id, line.path)


if __name__ == "__main__":
    main(sys.argv[1:])
