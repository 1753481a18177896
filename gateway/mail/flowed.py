"""Text that was wrapped for the way, put back into paragraphs (RFC 3676, `format=flowed`)."""

import re

_QUOTES = re.compile(r">*")


def unflow(text: str, *, delsp: bool = False) -> str:
    """Return the text with soft line breaks gone; quotation keeps its marks.

    delsp: the space before a soft line break is no part of the text.
    """
    if " \n" not in text and "\n " not in text and not text.startswith(" "):
        return text
    lines: list[str] = []
    paragraph: list[str] = []
    depth = -1
    for line in text.split("\n"):
        quotes = _QUOTES.match(line)
        line_depth = quotes.end() if quotes is not None else 0
        content = line[line_depth:].removeprefix(" ")
        if paragraph and (line_depth != depth or content == "-- "):
            lines.append(_quoted(paragraph, depth))
            paragraph = []
        depth = line_depth
        if content.endswith(" ") and content != "-- ":
            paragraph.append(content[:-1] if delsp else content)
        else:
            paragraph.append(content)
            lines.append(_quoted(paragraph, depth))
            paragraph = []
    if paragraph:
        lines.append(_quoted(paragraph, depth))
    return "\n".join(lines)


def _quoted(paragraph: list[str], depth: int) -> str:
    text = "".join(paragraph)
    if not depth:
        return text
    return f"{'>' * depth} {text}" if text else ">" * depth
