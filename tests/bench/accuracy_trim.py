"""How right trimming and the reading of forwards are, by the sets' own rule score.

`python -m tests.bench.accuracy_trim [SETS] [--misses]`. Peers are measured where they are
installed: mail-parser-reply, email-reply-parser, quotequail.

Measures: `trim`, and `trim html` where HTML is given; of forwards `forward` (all that is asked),
`recognised` (whether it is one) and `inner` (its sender and subject).
"""

import email
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import Message
from importlib.util import find_spec
from typing import Any

from gateway.mail.charsets import decode
from gateway.mail.forwards import Forwarded, read_forward
from gateway.mail.html_text import html_to_text
from gateway.mail.mailbox import Mailbox
from gateway.mail.quoting import trim
from tests.bench.rows import Row, Score, table
from tests.corpora import Line, lines_of, set_names

_RULES = ("visible", "visible_starts", "contains", "not_contains", "elided")
_PEER_CHARS = 20_000  # one of them takes minutes over more
Trim = Callable[[str], str]


def body_of(line: Line) -> tuple[str, str | None]:
    """Return the plain text that a line is about, and its HTML if it has any."""
    raw, form = line.octets(), line.line.get("input", "text")
    if form == "eml":
        bodies: dict[str, str] = {}
        for part in email.message_from_bytes(raw).walk():
            bodies.setdefault(part.get_content_type(), _text(part))
        return bodies["text/plain"], bodies.get("text/html")
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    return (html_to_text(text), text) if form == "html" else (text, None)


def _text(part: Message) -> str:
    octets = part.get_payload(decode=True)
    label = part.get_content_charset()
    return decode(octets, label).replace("\r\n", "\n") if isinstance(octets, bytes) else ""


def _ours(line: Line) -> str:
    text, html = body_of(line)
    trimmed = trim(text, html=html)
    if line.line.get("policy", {}).get("signature") == "kept":
        return "".join(piece.content for piece in trimmed.slices if piece.kind != "quoted")
    return trimmed.text


def is_judged(line: Line) -> bool:
    """Say whether a line names something that the rule score knows."""
    return line.line["kind"] == "trim" and any(line.expect.get(rule) for rule in _RULES)


def holds(line: Line, visible: str) -> bool:
    """Say whether all that a line names holds of the visible text."""
    squeeze = line.line.get("compare") == "nospace"

    def fold(text: str) -> str:
        return ("" if squeeze else " ").join(text.split())

    wanted, shown = line.expect, fold(visible)
    return (
        ("visible" not in wanted or shown == fold(wanted["visible"]))
        and shown.startswith(fold(wanted.get("visible_starts", "")))
        and all(fold(part) in shown for part in wanted.get("contains", ()))
        and not any(fold(part) in shown for part in wanted.get("not_contains", ()))
        and not (wanted.get("elided") and fold(wanted["elided"]) in shown)
    )


def _peers() -> dict[str, Trim]:
    peers: dict[str, Trim] = {}
    if find_spec("mailparser_reply"):
        from mailparser_reply import EmailReplyParser as MailParserReply

        parser = MailParserReply(languages=["en", "de", "fr", "it", "es", "nl", "pl", "da", "sv"])
        peers["mail-parser-reply"] = lambda text: parser.parse_reply(text=text) or ""
    if find_spec("email_reply_parser"):
        from email_reply_parser import EmailReplyParser

        peers["email-reply-parser"] = lambda text: EmailReplyParser.parse_reply(text)
    if find_spec("quotequail"):
        import quotequail

        peers["quotequail"] = lambda text: "\n".join(
            part for is_own, part in quotequail.quote(text, quote_intro_line=True) if is_own
        )
    return peers


def _peer_score(lines: Sequence[Line], peer: Trim) -> Score:
    right = 0
    for line in lines:
        try:
            right += holds(line, peer(body_of(line)[0][:_PEER_CHARS]))
        except Exception:  # noqa: BLE001 (whatever a peer throws is a miss)
            continue
    return Score(right, len(lines))


def _box(box: Mailbox | None) -> Mapping[str, str | None]:
    return {"name": box.name or None, "address": box.address} if box else {}


def _agrees(wanted: Mapping[str, Any], box: Mailbox | None) -> bool:
    found = _box(box)
    return all(found.get(name) == value for name, value in wanted.items())


def _forwarding(line: Line) -> tuple[str, str]:
    """Return text and subject of a mail that may forward another."""
    text = line.octets().decode("utf-8", "replace").replace("\r\n", "\n")
    subject_file = line.line.get("subject_file")
    folder = line.path.parents[len(line.line["file"].split("/")) - 1]
    return text, (folder / subject_file).read_text("utf-8").strip() if subject_file else ""


def is_recognised(line: Line) -> bool:
    """Say whether a forward is told from what is none."""
    wanted = line.expect
    is_one = "embedded" in wanted or wanted["forwarded"]
    return (read_forward(*_forwarding(line)) is not None) == is_one


def knows_inner(line: Line) -> bool:
    """Say whether sender and subject of the inner mail are right."""
    forwarded, wanted = read_forward(*_forwarding(line)), line.expect.get("email", {})
    return forwarded is not None and _has(
        forwarded, {name: wanted[name] for name in ("from", "subject") if name in wanted}
    )


def is_read(line: Line) -> bool:
    """Say whether a forward is read as the line expects."""
    text, subject = _forwarding(line)
    forwarded = read_forward(text, subject)
    wanted = line.expect
    if "embedded" in wanted:
        return (
            forwarded is not None
            and _folded(forwarded.text) in _folded(wanted["embedded"])
            and _folded(trim(text).text) == _folded(wanted["before"])
        )
    if (forwarded is not None) != wanted["forwarded"]:
        return False
    return forwarded is None or _has(forwarded, wanted["email"])


def _has(forwarded: Forwarded, wanted: Mapping[str, Any]) -> bool:
    people = {"to": forwarded.to, "cc": forwarded.cc}
    return (
        ("from" not in wanted or _agrees(wanted["from"], forwarded.from_))
        and all(
            len(found) == len(wanted[name])
            and all(_agrees(one, box) for one, box in zip(wanted[name], found, strict=True))
            for name, found in people.items()
            if name in wanted
        )
        and _folded(wanted.get("subject", forwarded.subject)) == _folded(forwarded.subject)
        and _folded(wanted.get("body", forwarded.text)) == _folded(forwarded.text)
        and wanted.get("date_raw", forwarded.date) == forwarded.date
    )


def _folded(text: str) -> str:
    return " ".join(text.split())


def _judge(line: Line) -> Iterator[tuple[str, bool]]:
    """Yield each measure of a line and whether it is right."""
    if is_judged(line):
        yield _trim_measure(line), holds(line, _ours(line))
    elif line.line["kind"] == "forward":
        yield "forward", is_read(line)
        yield "recognised", is_recognised(line)
        if "email" in line.expect:
            yield "inner", knows_inner(line)


def _trim_measure(line: Line) -> str:
    return "trim html" if line.line.get("input") == "html" else "trim"


def _judged(name: str) -> Iterator[tuple[Line, str, bool]]:
    for line in lines_of(name):
        yield from ((line, *judgement) for judgement in _judge(line))


def misses(sets: Sequence[str]) -> Iterator[tuple[Line, str]]:
    """Yield the lines that we get wrong, each with its measure."""
    for name in sets:
        yield from ((line, measure) for line, measure, is_right in _judged(name) if not is_right)


def _recognised_by_quotequail(name: str) -> Score:
    import quotequail

    lines = [line for line in lines_of(name) if line.line["kind"] == "forward"]
    right = 0
    for line in lines:
        found = quotequail.unwrap(_forwarding(line)[0])
        is_one = found is not None and found.get("type") == "forward"
        right += is_one == ("embedded" in line.expect or line.expect["forwarded"])
    return Score(right, len(lines))


def rows(sets: Sequence[str]) -> list[Row]:
    """Return the scores of each set."""
    found, peers = [], _peers()
    for name in sets:
        rights: dict[str, list[bool]] = {}
        for _, measure, is_right in _judged(name):
            rights.setdefault(measure, []).append(is_right)
        for measure, right in rights.items():
            scores: dict[str, Score] = {}
            if measure.startswith("trim"):
                lines = [line for line in lines_of(name) if is_judged(line)]
                asked = [line for line in lines if _trim_measure(line) == measure]
                scores = {peer: _peer_score(asked, call) for peer, call in peers.items()}
            elif measure == "recognised" and find_spec("quotequail"):
                scores = {"quotequail": _recognised_by_quotequail(name)}
            found.append(Row(name, measure, Score(sum(right), len(right)), scores))
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
