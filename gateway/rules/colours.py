"""Colours that everybody can read: contrast as WCAG 2.2 measures it. Pure."""

import re

ENOUGH = 4.5
"""Contrast of text and its ground (WCAG 2.2, success criterion 1.4.3)."""

_COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_STEP = 0.96


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as "#1557d6", from 1 to 21."""
    darker, lighter = sorted((_luminance(_parts(one)), _luminance(_parts(other))))
    return (lighter + 0.05) / (darker + 0.05)


def readable_under(label: str, colour: str) -> str:
    """Return the colour, as much darker as a label on it needs to be read; lower case.

    Raises ValueError if it is no colour.
    """
    parts = _parts(colour)
    while contrast(label, _text(parts)) < ENOUGH and max(parts) > 0:
        parts = (int(parts[0] * _STEP), int(parts[1] * _STEP), int(parts[2] * _STEP))
    return _text(parts)


def _parts(colour: str) -> tuple[int, int, int]:
    if _COLOUR.fullmatch(colour) is None:
        raise ValueError(f"{colour} is not a colour such as #1557d6")
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _text(parts: tuple[int, int, int]) -> str:
    return "#" + "".join(f"{part:02x}" for part in parts)


def _luminance(parts: tuple[int, int, int]) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
