"""Pictures of payment codes, by segno."""

import io
from functools import lru_cache

import segno

from gateway.rules.pay_codes import CodeKind

_QUIET = 4
"""Modules of white around: part of the picture, so that no dark background eats it."""


@lru_cache(maxsize=256)
def png(text: str, kind: CodeKind, scale: int = 4) -> tuple[bytes, int]:
    """Return a black and white PNG and its width in pixels. scale: pixels a module."""
    code = _code(text, kind)
    out = io.BytesIO()
    code.save(out, kind="png", scale=scale, border=_QUIET, dark="#000000", light="#ffffff")
    return out.getvalue(), int(code.symbol_size(scale, _QUIET)[0])


@lru_cache(maxsize=256)
def svg(text: str, kind: CodeKind) -> str:
    """Return an SVG document that fits the place it is given."""
    out = io.BytesIO()
    _code(text, kind).save(
        out, kind="svg", border=_QUIET, dark="#000", light="#fff", omitsize=True, nl=False
    )
    return out.getvalue().decode("utf-8")


def _code(text: str, kind: CodeKind) -> segno.QRCode:
    # Left to itself, segno may choose ISO-8859-1 where the standards ask for UTF-8.
    if kind is CodeKind.PAY_BY_SQUARE:
        return segno.make_qr(text, error="l", boost_error=False, mode="alphanumeric")
    return segno.make_qr(text, error="m", boost_error=False, encoding="utf-8", eci=False)
