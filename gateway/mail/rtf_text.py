"""The words of RTF, for the mail of Outlook that holds them nowhere else."""

import re

from gateway.mail.charsets import decode
from gateway.mail.keepable import keepable

_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9A-Fa-f]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.DOTALL,
)
_SKIPPED = frozenset(
    {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"header", b"footer", b"object",
     b"themedata", b"datastore", b"listtable", b"generator"}
)  # fmt: skip
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"page": "\n",
           b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
           b"rdblquote": "”", b"bullet": "•"}  # fmt: skip
_DEPTH = 500


def rtf_to_text(rtf: bytes, codepage: str) -> str:
    """Return the visible words of RTF, "" if it is none."""
    if not rtf.startswith(b"{\\rtf"):
        return ""
    pieces: list[str] = []
    pending = bytearray()
    skipping = [False]
    unicode_skip = 0
    in_rtf_only = False

    def flush() -> None:
        if pending:
            pieces.append(decode(bytes(pending), codepage))
            pending.clear()

    for found in _TOKEN.finditer(rtf):
        word, number, octet, symbol, brace, text = found.groups()
        if brace == b"{":
            skipping.append(skipping[-1] or len(skipping) > _DEPTH)
        elif brace == b"}":
            if len(skipping) > 1:
                skipping.pop()
        elif word in _SKIPPED or symbol == b"*":
            skipping[-1] = True
        elif word == b"htmlrtf":
            # What stands between is the RTF twin of HTML (MS-OXRTFEX).
            in_rtf_only = number != b"0"
        elif skipping[-1] or in_rtf_only:
            continue
        elif word == b"u" and number is not None:
            flush()
            pieces.append(chr(int(number) % 0x10000))
            unicode_skip = 1
        elif word in _BREAKS:
            flush()
            pieces.append(_BREAKS[word])
        elif octet is not None:
            if unicode_skip:
                unicode_skip = 0
            else:
                pending += bytes.fromhex(octet.decode("ascii"))
        elif symbol in {b"\\", b"{", b"}"}:
            pending += symbol
        elif symbol == b"~":
            pending += b" "
        elif text is not None:
            pending += text[unicode_skip:]
            unicode_skip = 0
    flush()
    joined = "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return keepable("\n".join(line.rstrip() for line in joined.split("\n"))).strip("\n")
