"""Files embedded in a PDF, found without a PDF library (ISO 32000-1, section 7.11.4).

An embedded file is a stream object, which never hides in another one, so its dictionary can be
searched for. Encrypted documents and other filters than Flate give nothing. Bounded throughout.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

_MOST_FILES: Final = 20
_DICTIONARY_OCTETS: Final = 2048
_MARK: Final = re.compile(rb"/(?:Type|Subtype)\s{0,3}/(?:EmbeddedFile|text#2[Ff]xml)")
_STREAM: Final = re.compile(rb">>\s{0,20}stream\r?\n")
_FILTER: Final = re.compile(rb"/Filter\s{0,5}(?:\[\s{0,5})?/(\w{1,30})")


def embedded_files(pdf: bytes, *, octets: int) -> Iterator[bytes]:
    """Yield what is embedded, each file's first `octets`, at most twenty of them."""
    if not pdf.startswith(b"%PDF") and b"%PDF" not in pdf[:1024]:
        return
    seen = -1
    for _, found in zip(range(4 * _MOST_FILES), _MARK.finditer(pdf), strict=False):
        begin = _STREAM.search(pdf, found.end(), found.end() + _DICTIONARY_OCTETS)
        if begin is None or begin.end() == seen:
            continue
        seen = begin.end()
        start = pdf.rfind(b"obj", max(0, found.start() - _DICTIONARY_OCTETS), found.start())
        dictionary = pdf[max(start, 0) : begin.start()]
        if b"endobj" in pdf[found.end() : begin.start()]:
            continue  # the mark is of another object than the stream
        content = _undone(pdf, begin.end(), dictionary, octets)
        if content:
            yield content


def _undone(pdf: bytes, start: int, dictionary: bytes, octets: int) -> bytes:
    """Return the beginning of a stream's content, b"" where it can't be had."""
    filter_ = _FILTER.search(dictionary)
    if filter_ is None:
        end = pdf.find(b"endstream", start, start + octets + 16)
        return pdf[start:end] if end >= 0 else b""
    if filter_[1] not in {b"FlateDecode", b"Fl"}:
        return b""
    try:
        return zlib.decompressobj().decompress(pdf[start : start + octets], octets)
    except zlib.error:
        return b""
