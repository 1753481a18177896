"""Macros of SPF records and explanations (RFC 7208, section 7)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from gateway.mail.errors import MailError

MOST_DOMAIN = 253
MOST_EXPANDED = 16 * 1024
"""Characters that a text may grow to: nobody's record needs more, a hostile one would."""
_IN_DOMAINS = frozenset("slodiphv")
_IN_EXPLANATIONS = _IN_DOMAINS | frozenset("crt")
_DELIMITERS = ".-+,/_="
_EXPAND = re.compile(r"\{([A-Za-z])([0-9]{0,9})([rR]?)([-.+,/_=]*)\}")
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_TOP_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?+")
_UNRESERVED = "-._~"


@dataclass(frozen=True, slots=True)
class Macro:
    """One %{...}. keep: how many parts from the right, None for all. escaped: for a URL."""

    letter: str
    keep: int | None = None
    reverse: bool = False
    delimiters: str = "."
    escaped: bool = False

    def expand(self, value: str) -> str:
        """Return what the macro makes of its letter's value (7.3)."""
        if self.reverse or self.keep is not None or self.delimiters != ".":
            for delimiter in self.delimiters:
                value = value.replace(delimiter, "\0")
            parts = value.split("\0")
            if self.reverse:
                parts.reverse()
            if self.keep is not None:
                parts = parts[-self.keep :]
            value = ".".join(parts)
        return quote(value, safe=_UNRESERVED) if self.escaped else value


@dataclass(frozen=True, slots=True)
class MacroText:
    """A text with macros in it."""

    parts: tuple[str | Macro, ...]

    @property
    def letters(self) -> frozenset[str]:
        """The letters whose values `expand` needs, in small letters."""
        return frozenset(part.letter for part in self.parts if isinstance(part, Macro))

    def expand(self, values: Mapping[str, str]) -> str:
        """Return the text; values: by letter. Raises MailError if it grows beyond reason."""
        expanded: list[str] = []
        size = 0
        for part in self.parts:
            text = part if isinstance(part, str) else part.expand(values[part.letter])
            size += len(text)
            if size > MOST_EXPANDED:
                raise MailError("macros expand to more than is accepted")
            expanded.append(text)
        return "".join(expanded)

    def expand_domain(self, values: Mapping[str, str]) -> str:
        """Return the text as a domain: no dot at its end, cut from the left to 253 octets."""
        domain = self.expand(values).removesuffix(".")
        if len(domain) > MOST_DOMAIN:
            domain = domain[-MOST_DOMAIN - 1 :].partition(".")[2]
        return domain


def parse_macros(text: str) -> MacroText:
    """Return a modifier's value (macro-string). Raises MailError if it breaks the syntax."""
    return _parse(text, _IN_DOMAINS, spaces=False)[0]


def parse_explanation(text: str) -> MacroText:
    """Return an explanation, where spaces and further letters may stand (6.2). Raises MailError."""
    return _parse(text, _IN_EXPLANATIONS, spaces=True)[0]


def parse_domain_spec(text: str) -> MacroText:
    """Return a domain-spec; raises MailError unless it ends with a macro or a top label (7.1)."""
    parsed, rest = _parse(text, _IN_DOMAINS, spaces=False)
    if not parsed.parts:
        raise MailError("a domain is missing")
    if rest:
        _, dot, top = rest.removesuffix(".").rpartition(".")
        if not dot or _TOP_LABEL.fullmatch(top) is None or top.isdecimal():
            raise MailError(f"{text[:60]!r} is not a domain")
    return parsed


def _parse(text: str, letters: frozenset[str], *, spaces: bool) -> tuple[MacroText, str]:
    """Return the text, and what stands literally behind its last macro."""
    least = " " if spaces else "!"
    if any(not least <= character <= "~" for character in text):
        raise MailError("a character that must not stand in a record")
    parts: list[str | Macro] = []
    literal, *others = text.split("%")
    if literal:
        parts.append(literal)
    escaped_percent = False
    for index, piece in enumerate(others):
        if escaped_percent:  # the second % of "%%" began this piece
            escaped_percent = False
            literal = piece
        elif not piece and index < len(others) - 1:
            parts.append("%")
            literal = ""
            escaped_percent = True
            continue
        elif piece[:1] in {"_", "-"}:
            parts.append(_ESCAPES[piece[0]])
            literal = piece[1:]
        else:
            macro, literal = _macro(piece, letters)
            parts.append(macro)
        if literal:
            parts.append(literal)
    return MacroText(tuple(parts)), literal


def _macro(piece: str, letters: frozenset[str]) -> tuple[Macro, str]:
    """Return the macro that a piece behind a % begins with, and the rest of the piece."""
    found = _EXPAND.match(piece)
    if found is None:
        raise MailError(f"broken macro {piece[:20]!r}")
    letter, digits, reverse, delimiters = found.groups()
    if letter.lower() not in letters:
        raise MailError(f"unknown macro letter {letter!r}")
    if digits and int(digits) == 0:
        raise MailError("a macro that keeps no part")
    macro = Macro(
        letter.lower(),
        int(digits) if digits else None,
        reverse=bool(reverse),
        delimiters="".join(dict.fromkeys(delimiters)) or ".",
        escaped=letter.isupper(),
    )
    return macro, piece[found.end() :]
