"""The lines of a text and what marks tell of each: `>`, the HTML, the words that we sent."""

from collections.abc import Sequence
from typing import Final

from gateway.mail import quote_html
from gateway.mail.quote_marks import bare
from gateway.mail.quote_sent import mark_sent

_MAX_LINES: Final = 5_000
_WRAPPED_AT: Final = 62


class Body:
    """The lines of a text and what is known of each.

    raw: the lines as they came; bare: without white space around them.
    quoted: marked as quotation; signed: the HTML calls it signature.
    rest: what lies beyond the lines that are looked at.
    by_html, by_sent: whether the HTML or our own words marked any line.
    """

    def __init__(self, text: str, html: str | None, sent: Sequence[str]) -> None:
        pieces = text.split("\n", _MAX_LINES)
        tail = pieces.pop()
        is_whole = len(pieces) < _MAX_LINES
        self.raw = [f"{piece}\n" for piece in pieces]
        self.rest = "" if is_whole else tail
        if is_whole and tail:
            self.raw.append(tail)
        self.bare = [bare(line) for line in self.raw]
        self.quoted = [line.startswith(">") for line in self.bare]
        self.signed = [False] * len(self.raw)
        self.by_html = self.by_sent = False
        _mend_marks(self.bare, self.quoted)
        if html:
            self._mark_html(html, text)
        if sent:
            for index, is_ours in enumerate(mark_sent(self.bare, sent)):
                if is_ours and not self.quoted[index]:
                    self.quoted[index] = self.by_sent = True

    def _mark_html(self, html: str, text: str) -> None:
        marks = list(quote_html.marks(html, text))
        place = 0
        for index, line in enumerate(self.raw):
            if not marks:
                return
            first = place + len(line) - len(line.lstrip(" \t>"))
            while marks and marks[0].end <= first:
                marks.pop(0)
            if marks and self.bare[index] and marks[0].start <= first + 1:
                if marks[0].kind == "quoted":
                    self.quoted[index] = self.by_html = True
                else:
                    self.signed[index] = True
            place += len(line)


def _mend_marks(lines: list[str], quoted: list[bool]) -> None:
    """Take back marks that only close a bracket, and mark what a client wrapped without them."""
    for index in range(1, len(lines)):
        above = lines[index - 1]
        if quoted[index] and not quoted[index - 1] and "<" in above:
            opened = above.rfind("<")
            if above.find(">", opened) < 0 and above[opened + 1 : opened + 5] in (
                "http",
                "mail",
                "",
            ):
                quoted[index] = False
        if quoted[index] and lines[index].count(">") == 1 and index > 1:
            # The end of an introduction that was broken at its brackets: "> wrote:".
            tail = lines[index][1:].strip()
            if tail.endswith(":") and len(tail) < 20 and "@" in above and not quoted[index - 1]:
                quoted[index] = False
    index = 1
    while index < len(lines) - 1:
        if quoted[index] or not quoted[index - 1] or not lines[index]:
            index += 1
            continue
        end = index
        while end < len(lines) and lines[end] and not quoted[end] and end - index < 3:
            end += 1
        if end < len(lines) and quoted[end] and _is_wrapped(lines, index, end):
            for place in range(index, end):
                quoted[place] = True
        index = max(end, index + 1)


def _is_wrapped(lines: list[str], start: int, end: int) -> bool:
    """Return whether unmarked lines between marked ones are the rest of the line above them."""
    above = lines[start - 1]
    links = all(" " not in lines[index] for index in range(start, end))
    if links and (lines[start].lstrip("(<[").startswith(("http", "www.")) or "http" in above):
        return True
    return (
        end - start == 1
        and len(above) >= _WRAPPED_AT
        and above[-1] not in ".?!:"
        and len(lines[start]) <= len(above)
    )
