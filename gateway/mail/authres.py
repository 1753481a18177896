"""Authentication-Results: what we found out about a mail, and what others claim in our name.

RFC 8601; `header.oldest-pass` of RFC 8617 is not told. Only the topmost field counts, and
fields that bear our name and are not ours are taken out (RFC 8601, section 5).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FIELD = "Authentication-Results"
_NAME = b"authentication-results"
_LINE_OCTETS = 78
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@=+/!#$%&*?^`{|}~-]*\Z")
_RESULT = re.compile(r"[a-z]{1,20}\Z")
_COMMENT_DEPTH = 50


def written(
    authserv_id: str, seen: Mapping[str, Any], *, sender: str = "", helo: str = ""
) -> bytes:
    """Return the field, folded, with its line end.

    authserv_id: our host name.
    seen: what `Authentication.shown` of the Verifier port returns; without a verdict the
        field says `none`, so that no other one stands on top.
    sender, helo: the reverse-path, "" for none, and the name that the peer gave itself.
    """
    found = list(_results(seen, sender, helo)) or ["none"]
    lines = [f"{FIELD}: {authserv_id};"]
    for index, result in enumerate(found):
        end = ";" if index < len(found) - 1 else ""
        lines += _folded(f"{result}{end}")
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def without_forged(head: bytes, authserv_id: str) -> bytes:
    """Return a header block without the fields that claim to be ours; linear.

    head: whole lines, CRLF or LF; what is behind the empty line is left alone.
    """
    if _NAME not in head.lower():
        return head
    kept: list[bytes] = []
    field: list[bytes] = []
    is_over = False
    for line in head.splitlines(keepends=True):
        if is_over or (line[:1] in {b" ", b"\t"} and field):
            field.append(line)
            continue
        # A lone CR begins a line for some readers, and ends no header.
        is_over = line in {b"\n", b"\r\n"} and not (field and field[-1].endswith(b"\r"))
        _keep(kept, field, authserv_id)
        field = [line]
    _keep(kept, field, authserv_id)
    return b"".join(kept)


def _keep(kept: list[bytes], field: Sequence[bytes], authserv_id: str) -> None:
    name, _, value = b"".join(field).partition(b":")
    is_results = name.strip(b" \t").lower() == _NAME
    if not (is_results and _is_named(value, authserv_id)):
        kept += field


def _is_named(value: bytes, authserv_id: str) -> bool:
    """Say whether a field claims to be of this server: its first word, comments aside."""
    text = _without_comments(value.decode("latin-1")).lstrip(" \t\r\n")
    if text.startswith('"'):
        word = re.sub(r"\\(.)", r"\1", text[1:].partition('"')[0])
    else:
        word = re.split(r"[;\s]", text, maxsplit=1)[0]
    return word.strip().rstrip(".").lower() == authserv_id.lower()


def _without_comments(text: str) -> str:
    """Return the text without what stands in parentheses (RFC 5322, section 3.2.2)."""
    plain: list[str] = []
    depth = 0
    is_escaped = is_quoted = False
    for char in text:
        if is_escaped:
            is_escaped = False
        elif char == "\\":
            is_escaped = True
        elif char == '"' and not depth:
            is_quoted = not is_quoted
        elif char == "(" and not is_quoted and depth < _COMMENT_DEPTH:
            depth += 1
            continue
        elif char == ")" and depth:
            depth -= 1
            continue
        if not depth:
            plain.append(char)
    return "".join(plain)


def _results(seen: Mapping[str, Any], sender: str, helo: str) -> Iterator[str]:
    if seen.get("verdict", "pending") == "pending":
        return
    spf = seen.get("spf") or {}
    named = [("mailfrom", sender), ("helo", helo), ("mailfrom", spf.get("domain"))]
    about = next((f" smtp.{name}={_word(value)}" for name, value in named if value), "")
    yield f"spf={_result(spf)}{about}"
    signatures = seen.get("dkim") or ()
    for one in signatures:
        tags = [("header.d", one.get("domain")), ("header.s", one.get("selector"))]
        told = "".join(f" {name}={_word(value)}" for name, value in tags if value)
        yield f"dkim={_result(one)}{told}"
    if not signatures:
        yield "dkim=none"
    dmarc = seen.get("dmarc") or {}
    comment = f" (p={dmarc['policy']})" if _RESULT.match(dmarc.get("policy") or "") else ""
    domain = f" header.from={_word(dmarc['domain'])}" if dmarc.get("domain") else ""
    yield f"dmarc={_result(dmarc)}{comment}{domain}"
    yield f"arc={_result(seen.get('arc') or {})}"


def _result(one: Mapping[str, Any]) -> str:
    result = str(one.get("result", "none"))
    return result if _RESULT.match(result) else "none"


def _word(text: str) -> str:
    """Return a value: as it is, or in quotes; what can't stand there is replaced by "?"."""
    if _WORD.match(text):
        return text
    safe = "".join(char if " " <= char <= "~" else "?" for char in text[:320])
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _folded(text: str) -> list[str]:
    """Return the lines of a result, broken at spaces."""
    lines: list[str] = []
    line = "\t"
    for word in text.split(" "):
        if len(line) + len(word) > _LINE_OCTETS and line.strip():
            lines.append(line.rstrip())
            line = "\t"
        line += f"{word} "
    lines.append(line.rstrip())
    return lines
