"""Bytes to text, whatever charset they claim, have or lack.

Mail names charsets that don't exist, names the wrong one, or names none. The order here is:
the declared charset if the bytes fit it, UTF-8 if they fit that (little else does by
accident), then detection, then replacement characters. The result never holds a NUL or a
lone surrogate, which databases and JSON readers refuse.
"""

import codecs
import re
from functools import lru_cache

from gateway.mail.charset_guess import escaped_codec, guessed_codec
from gateway.mail.keepable import keepable

_ALIASES = {
    # What the Encoding Standard calls the same, or what senders mean by a name.
    "latin1": "cp1252",
    "iso88591": "cp1252",
    "iso88591e": "cp1252",
    "usascii": "ascii",
    "ansix341968": "ascii",
    "646": "ascii",
    "utf8mb4": "utf-8",
    "unicode11utf8": "utf-8",
    "xunicode20utf8": "utf-8",
    "iso88598i": "iso8859-8",
    "iso88598e": "iso8859-8",
    "iso88596i": "iso8859-6",
    "iso88596e": "iso8859-6",
    "windows874": "cp874",
    "tis620": "cp874",
    "iso885911": "cp874",
    "windows31j": "cp932",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "xsjis": "cp932",
    "mskanji": "cp932",
    "ksc56011987": "cp949",
    "ksc5601": "cp949",
    "euckr": "cp949",
    "korean": "cp949",
    "gb2312": "gb18030",
    "gb231280": "gb18030",
    "gbk": "gb18030",
    "xgbk": "gb18030",
    "cp936": "gb18030",
    "big5": "cp950",
    "xxbig5": "cp950",
    "big5eten": "cp950",
    "iso2022jp": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "xmacroman": "mac_roman",
    "macintosh": "mac_roman",
    "xmaccyrillic": "mac_cyrillic",
    "xmacce": "mac_latin2",
    "unicode": "utf-16",
    "utf16": "utf-16",
}
# Codecs that aren't charsets of mail: some take quadratic time, some unpack, some give no text.
_REFUSED = frozenset(
    {
        "idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs", "oem",
        "base64", "bz2", "hex", "quopri", "rot13", "rot-13", "uu", "zlib",
    }
)  # fmt: skip
# What undeclared mail is written in; the wider the choice, the worse detection guesses.
_LIKELY = (
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "iso8859_2", "koi8_r",
    "cp932", "euc_jp", "iso2022_jp", "big5", "gb18030", "cp949",
)  # fmt: skip
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.+()\- ]{0,39}")
_SAMPLE_OCTETS = 8 * 1024
_BROKEN_SHARE = 0.05


def codec_name(label: str | None) -> str | None:
    """Return Python's name of a declared charset, or None if it names no charset of text."""
    if not label or not _LABEL.fullmatch(label := label.strip(" \t'\"")):
        return None
    return _known_codec(label)


@lru_cache(maxsize=256)
def _known_codec(label: str) -> str | None:
    squeezed = re.sub(r"[^a-z0-9]", "", label.lower())
    plain = label.lower().removeprefix("x-")
    spellings = (label, plain, squeezed, label.replace(" ", ""))
    for name in (_ALIASES.get(squeezed), *spellings):
        if name is None:
            continue
        try:
            info = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        if info.name not in _REFUSED:
            return info.name
    return None


def is_refused(label: str | None) -> bool:
    """Say whether a label names a codec that must not be used on what strangers send."""
    if not label:
        return False
    try:
        return codecs.lookup(label).name in _REFUSED
    except (LookupError, ValueError):
        return False


def decode(octets: bytes, label: str | None = None, *, hint: str | None = None) -> str:
    """Return the text of `octets`.

    label: the charset that was declared for them, or None.
    hint: a charset to try before guessing, such as that of the message's body for raw
        octets in its header.
    """
    if octets.isascii() and b"\x1b" not in octets and label is None:
        return keepable(octets.decode("ascii"))
    declared = codec_name(label)
    if declared in {"ascii", "utf-8"} and escaped_codec(octets) is not None:
        declared = None
    if declared is not None and declared.startswith(("utf-16", "utf-32")) and b"\0" not in octets:
        declared = None  # no Western text in those is without a NUL; it is a lie of spammers
    text = None
    if declared == "cp1252":
        text = _western(octets)
    elif declared is not None:
        text = _strictly(octets, declared)
    if text is None:
        text = _undeclared(octets, declared, hint)
    return keepable(text.removeprefix("\ufeff"))


def _undeclared(octets: bytes, declared: str | None, hint: str | None) -> str:
    """Return text for bytes whose declared charset is missing or wrong."""
    escaped = escaped_codec(octets)
    if escaped is not None and (text := _strictly(octets, escaped)) is not None:
        return text
    if (text := _strictly(octets, "utf-8")) is not None:
        return text
    if declared is not None and declared not in {"ascii", "cp1252"}:
        # A few broken characters don't make a charset wrong.
        text = octets.decode(declared, "replace")
        is_cut = declared == "utf-8" and _is_cut(octets)
        if is_cut or text.count("\ufffd") <= _BROKEN_SHARE * len(text):
            return text
    if (hinted := codec_name(hint)) is not None and (text := _strictly(octets, hinted)) is not None:
        return text
    text = octets.decode("utf-8", "replace")
    if text.count("\ufffd") <= _BROKEN_SHARE * (len(octets) - len(text)):
        return text  # UTF-8 that was damaged somewhere
    return octets.decode(_detected(octets), "replace")


def _strictly(octets: bytes, codec: str) -> str | None:
    """Return the text if every octet fits the codec, else None."""
    try:
        return octets.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _western(octets: bytes) -> str:
    """Return text declared as Latin-1 or its kin, which much UTF-8 is by mistake."""
    text = _strictly(octets, "utf-8")
    if text is None:
        # Five octets have no meaning in windows-1252; Latin-1 gives them one.
        text = _strictly(octets, "cp1252") or octets.decode("latin-1")
    return text


def _is_cut(octets: bytes) -> bool:
    """Say whether it is UTF-8 but for a last character that was cut."""
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


def _detected(octets: bytes) -> str:
    """Return the likeliest charset; windows-1252 where there is too little to tell."""
    sample = octets[:_SAMPLE_OCTETS]
    foreign = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    if (guessed := guessed_codec(octets)) is not None:
        return guessed
    if foreign < 8:
        return "cp1252"
    # Imported late: most mail declares its charset rightly, and readers shall stay small.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(sample, cp_isolation=list(_LIKELY), steps=4, chunk_size=1024).best()
    name = codec_name(best.encoding) if best is not None else None
    return name or "cp1252"
