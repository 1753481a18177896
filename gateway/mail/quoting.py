"""The visible text of an answer, apart from what it quotes and from its signature.

Lossless: `Trimmed.slices` holds every character of the text in order, and text, quotation and
signature are made of these slices alone. Linear in the text's size, whoever wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from gateway.mail.quote_blocks import (
    above_rules,
    divider,
    field_of,
    find_block,
    is_divider,
    is_page_rule,
    next_line,
)
from gateway.mail.quote_headers import Intro, find_intro, may_end_intro
from gateway.mail.quote_lines import Body
from gateway.mail.quote_marks import bare
from gateway.mail.signatures import find_signature, is_device_line

Kind = Literal["text", "quoted", "signature"]
Method = Literal["whole", "html", "sent", "header", "divider", "intro", "marks", "signature"]

_MAX_INTROS: Final = 300
_MAX_BLOCKS: Final = 200


@dataclass(frozen=True, slots=True)
class Slice:
    """A run of the text as it came, line ends and all."""

    kind: Kind
    content: str


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A text taken apart; joined, the contents of `slices` are the whole text again.

    text: what the writer says now, with a closing; never empty unless the whole text is.
    quoted_text, signature: what was folded away; "" where there is none.
    method: by what the quotation was found, "signature" where only that was cut off, or "whole".
    """

    slices: tuple[Slice, ...]
    method: Method

    @property
    def text(self) -> str:
        """Return the visible text."""
        return self._part("text")

    @property
    def quoted_text(self) -> str:
        """Return the folded quotation."""
        return self._part("quoted")

    @property
    def signature(self) -> str:
        """Return the folded signature."""
        return self._part("signature")

    def _part(self, kind: Kind) -> str:
        parts = [piece.content for piece in self.slices if piece.kind == kind]
        joined = "".join(
            part if part.endswith("\n") else f"{part}\n" for part in parts[:-1]
        ) + "".join(parts[-1:])
        blank = len(joined) - len(joined.lstrip("\ufeff \t\r\n\f\v"))
        return joined[joined.rfind("\n", 0, blank) + 1 :].strip("\ufeff").rstrip()


def trim(text: str, *, html: str | None = None, sent: Sequence[str] = ()) -> Trimmed:
    """Return `text` taken apart into what is new, what is quoted, and the signature.

    html: the same mail's HTML, whose marks tell more than any words.
    sent: texts that this mail may quote, such as the mail that it answers.

    Answers between quoted lines fold nothing; if nothing would be left, all is text.
    """
    body = Body(text, html, sent)
    plan = _plan(body)
    if not any(kind == "text" and line for kind, line in zip(plan.kinds, body.bare, strict=True)):
        return Trimmed((Slice("text", text),) if text else (), "whole")
    return Trimmed(_slices(body, plan), plan.method)


@dataclass(slots=True)
class _Plan:
    """What becomes of each line; `cut` and `offset` tell where on a line a quotation begins."""

    kinds: list[Kind]
    method: Method
    cut: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class _Cut:
    line: int
    offset: int
    method: Method
    intros: dict[int, Intro]


def _plan(body: Body) -> _Plan:
    cut = _find_cut(body)
    kinds: list[Kind] = ["text"] * len(body.raw)
    for index in range(cut.line, len(kinds)):
        kinds[index] = "quoted"
    method: Method = cut.method
    regions = _regions(body, cut)
    _sign(body, regions, cut, kinds)
    folded = _foldable(body, regions, kinds, cut)
    for start, end, _ in folded:
        kinds[start:end] = ["quoted"] * (end - start)
    if folded and method == "whole":
        method = _method(body, folded)
    if method == "whole" and "signature" in kinds:
        method = "signature"
    if cut.offset:
        kinds[cut.line] = "text"
    return _Plan(kinds, method, cut.line, cut.offset)


def _method(body: Body, folded: list[tuple[int, int, bool]]) -> Method:
    if body.by_html:
        return "html"
    if body.by_sent:
        return "sent"
    return "intro" if any(has_intro for _, _, has_intro in folded) else "marks"


def _find_cut(body: Body) -> _Cut:
    """Return where everything below is quotation, and the introductions of marked quotation above.

    The cut lies behind the last line where there is no such place.
    """
    lines, floor, budget, blocks = body.bare, 0, _MAX_INTROS, _MAX_BLOCKS
    intros: dict[int, Intro] = {}
    for index, line in enumerate(lines):
        if not line or body.quoted[index]:
            if body.quoted[index]:
                floor = index + 1
            continue
        found = divider(line)
        if found is not None and is_divider(lines, index, found.kind):
            return _Cut(above_rules(lines, index), 0, "divider", intros)
        if is_page_rule(line) and find_block(lines, index + 1, divided=True):
            return _Cut(index, 0, "header", intros)
        if ":" in line[:60] or "：" in line[:30]:
            kind = field_of(line)
            if kind is not None and kind[0] != "other" and blocks:
                blocks -= 1
                if find_block(lines, index):
                    return _Cut(above_rules(lines, index), 0, "header", intros)
        if budget and may_end_intro(line):
            budget -= 1
            below = next_line(lines, index + 1)
            is_marked = below is not None and body.quoted[below]
            intro = find_intro(lines, index, floor, quoted_below=is_marked)
            if intro is not None and is_marked and below is not None:
                intros[below] = intro
                if intro.offset:
                    return _Cut(intro.start, _raw_offset(body, intro), "intro", intros)
            elif intro is not None and intro.strong and below is not None:
                return _Cut(intro.start, _raw_offset(body, intro), "intro", intros)
        elif "<http" in line and is_device_line(line) and _next_own(body, index + 1):
            # Outlook's line with its link ends what a person wrote; what follows came with it.
            return _Cut(index + 1, 0, "intro", intros)
    return _Cut(len(lines), 0, "whole", intros)


def _raw_offset(body: Body, intro: Intro) -> int:
    if not intro.offset:
        return 0
    return body.raw[intro.start].find(body.bare[intro.start]) + intro.offset


def _next_own(body: Body, start: int) -> bool:
    below = next_line(body.bare, start)
    return below is not None and not body.quoted[below]


def _regions(body: Body, cut: _Cut) -> list[tuple[int, int, bool]]:
    """Return the runs of marked lines above the cut, with the introductions before them.

    Each as (first line, line behind the last, whether it is introduced).
    """
    regions: list[tuple[int, int, bool]] = []
    index = 0
    while index < cut.line:
        if not body.quoted[index]:
            index += 1
            continue
        end = last = index
        while end < cut.line and (body.quoted[end] or not body.bare[end]):
            last = end if body.quoted[end] else last
            end += 1
        intro = cut.intros.get(index)
        if intro is not None:
            regions.append((intro.start, last + 1, True))
        else:
            is_introduced = _begins_with_intro(body.bare, index)
            first = above_rules(body.bare, index) if is_introduced else index
            regions.append((first, last + 1, is_introduced))
        index = last + 1
    return regions


def _begins_with_intro(lines: Sequence[str], start: int) -> bool:
    """Return whether the first marked lines are themselves an introduction or header lines."""
    inner = [bare(line.lstrip("> ")) for line in lines[start : start + 4]]
    for index, line in enumerate(inner[:3]):
        if divider(line) or (field_of(line) and find_block(inner, index)):
            return True
        if may_end_intro(line) and find_intro(inner, index, 0, quoted_below=False):
            return True
    return False


def _sign(body: Body, regions: list[tuple[int, int, bool]], cut: _Cut, kinds: list[Kind]) -> None:
    """Mark the signature at the end of each stretch of own lines."""
    edges = [0, *(edge for start, end, _ in regions for edge in (start, end)), cut.line]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if cut.offset and end == cut.line:
            continue
        lines = body.bare[start:end]
        found = find_signature(lines, body.raw[start:end])
        signed = _signed_by_html(body, start, end)
        if signed is not None and (found is None or signed - start < found):
            found = signed - start
        if found is not None:
            kinds[start + found : end] = ["signature"] * (end - start - found)


def _signed_by_html(body: Body, start: int, end: int) -> int | None:
    """Return the first line of what the HTML calls the signature, if only that follows."""
    first = None
    for index in range(start, end):
        if not body.bare[index]:
            continue
        if not body.signed[index]:
            first = None
        elif first is None:
            first = index
    return first


def _foldable(
    body: Body, regions: list[tuple[int, int, bool]], kinds: list[Kind], cut: _Cut
) -> list[tuple[int, int, bool]]:
    """Return the regions to fold: none where answers stand between them."""

    def has_own(start: int, end: int) -> bool:
        return any(body.bare[index] and kinds[index] == "text" for index in range(start, end))

    if not regions or any(has_own(one[1], two[0]) for one, two in pairwise(regions)):
        return []
    if not has_own(regions[-1][1], cut.line + bool(cut.offset)):
        return regions
    is_sure = body.by_html or body.by_sent
    is_cited = not is_sure and not any(has_intro for _, _, has_intro in regions)
    return [] if is_cited else regions


def _slices(body: Body, plan: _Plan) -> tuple[Slice, ...]:
    slices: list[tuple[Kind, list[str]]] = []

    def add(kind: Kind, content: str) -> None:
        if content and slices and slices[-1][0] == kind:
            slices[-1][1].append(content)
        elif content:
            slices.append((kind, [content]))

    for index, (kind, line) in enumerate(zip(plan.kinds, body.raw, strict=True)):
        if plan.offset and index == plan.cut:
            add("text", line[: plan.offset])
            add("quoted", line[plan.offset :])
        else:
            add(kind, line)
    add("quoted" if plan.cut < len(body.raw) else "text", body.rest)
    return tuple(Slice(kind, "".join(contents)) for kind, contents in slices)
