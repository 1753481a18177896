"""Subjects of archived mail: what they are about, whether they answer, which part of a series.

A subject alone never ties two mails together; `rules.archive` asks for more.
"""

import re
import unicodedata
from dataclasses import dataclass

_CHARS = 500
_SHORT = 4
# What answers and forwards put before a subject, in the languages of mail programs.
_ANSWERS = (
    "re", "aw", "antw", "antwort", "sv", "vs", "odp", "ref", "rif", "r", "res", "rsp",
    "ynt", "yan", "bls", "atb", "vá", "válasz", "回复", "回覆", "答复", "答覆", "رد", "תגובה", "απ",
    "σχετ", "ответ",
)  # fmt: skip
_FORWARDS = (
    "fw", "fwd", "wg", "tr", "rv", "i", "enc", "pd", "doorst", "vl", "továbbítás", "továbbítva",
    "转发", "轉寄", "轉發", "إعادة توجيه", "הועבר", "πρθ", "пересл", "ilt",
)  # fmt: skip
_PREFIX = re.compile(
    rf"(?:(?P<answer>{'|'.join(_ANSWERS)})|(?:{'|'.join(_FORWARDS)}))"
    r" ?(?:\[[0-9]{1,3}\]|\([0-9]{1,3}\)|\^[0-9]{1,3}|[0-9]{1,2})? ?[:：] ?"
)
_TAG = re.compile(r"\[([^\[\]]{1,60})\] ?")
_PART = re.compile(r"\b([0-9]{1,4}) ?(?:/|of) ?([0-9]{1,4})\b")
_PART_PLACE = re.compile(r"[\[(]([^\[\]()]{1,60})[\])]")
_GENERIC = frozenset(
    {
        "your mail", "your message", "your email", "your e-mail", "no subject", "(no subject)",
        "<no subject>", "none", "[no subject]", "(none)", "kein betreff", "(kein betreff)",
        "hello", "question", "hallo", "invoice", "faktura", "rechnung", "facture", "test",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Topic:
    """What a subject says.

    base: without prefixes, tags of lists and outer quotes, in one letter case.
    answers: it says that it answers; forwards alone don't.
    prefixed: it answers or forwards.
    specific: it says enough that two mails of the same base may belong together.
    part: (number, of how many, what else stands in the brackets), if it is part of a series.
    """

    base: str
    answers: bool
    prefixed: bool
    specific: bool
    part: tuple[int, int, str] | None


def topic_of(subject: str) -> Topic:
    """Return what a subject says; linear in its first 500 characters."""
    text = unicodedata.normalize("NFKC", subject[:_CHARS]).casefold()
    text = _unquoted(" ".join(text.split()))
    answers, prefixed = False, False
    at = 0
    while True:
        prefix = _PREFIX.match(text, at)
        if prefix is not None:
            answers = answers or prefix["answer"] is not None
            prefixed, at = True, prefix.end()
            continue
        tag = _TAG.match(text, at)
        # A bracket that numbers the parts of a series is no list's name.
        if tag is None or _PART.search(tag[1]) is not None or tag.end() == len(text):
            break
        at = tag.end()
    base = _unquoted(text[at:].strip())
    return Topic(
        base=base,
        answers=answers,
        prefixed=prefixed,
        specific=len(base) >= _SHORT and base not in _GENERIC,
        part=None if prefixed else _part(base),
    )


def _unquoted(text: str) -> str:
    if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].strip()
    return text


def _part(base: str) -> tuple[int, int, str] | None:
    for place in _PART_PLACE.finditer(base):
        found = _PART.search(place[1])
        if found is not None and int(found[1]) <= int(found[2]) and int(found[2]) > 1:
            label = place[1][: found.start()] + place[1][found.end() :]
            return int(found[1]), int(found[2]), " ".join(label.split())
    return None
