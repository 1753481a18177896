"""Words as they are searched for: without letter case, diacritics, width, or compatibility forms.

Scripts without blanks between words (Han, kana, Hangul, Thai and its kin) give a word per letter,
so that any part of a sentence is found as a phrase.
"""

import re
import unicodedata

LONGEST = 64
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u20d0-\u20f0]+"
)
_LETTERS = str.maketrans(
    {
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ø": "o",
        "ħ": "h",
        "ı": "i",
        "ŧ": "t",
        "ŋ": "n",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ĸ": "k",
        "ə": "e",
        "ё": "е",
        "ґ": "г",
    }
)
_SINGLE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
_WORD = re.compile("(?:[^\\W_]++|[\u0900-\u0dff]++)++")
_PLAIN = re.compile(r"[a-z0-9]+")


def fold(text: str) -> list[str]:
    """Return the words of a text in their order, each at most `LONGEST` characters."""
    if text.isascii():
        found = _PLAIN.findall(text.lower())
    else:
        bare = _MARKS.sub("", unicodedata.normalize("NFKD", text))
        folded = unicodedata.normalize("NFC", bare.casefold().translate(_LETTERS))
        found = _WORD.findall(_SINGLE.sub(r" \g<0> ", folded))
    if max(map(len, found), default=0) <= LONGEST:
        return found
    return [word[:LONGEST] for word in found]
