"""A mail as others will see it: light, dark, inverted, stripped, narrow, side by side on a page."""

import base64
import colorsys
import email
import re
from email import policy

from gateway.web.mail_lint import lint
from gateway.web.rendering import environment

_COLOUR = re.compile(r"#([0-9a-fA-F]{6})\b")
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_DARK = re.compile(r"@media \(prefers-color-scheme:dark\)\{(.*?\})\}", re.DOTALL)
_CID = re.compile(r"cid:([^\"']+)")


def preview_page(raw: bytes) -> str:
    """Return an HTML page that shows a mail of ours in each way, with what lint says.

    It asks for nothing from elsewhere. Raises ValueError if the mail has no HTML part.
    """
    whole = email.message_from_bytes(raw, policy=policy.default)
    html = text = ""
    pictures = {}
    for part in whole.walk():
        kind = part.get_content_type()
        if kind == "text/html":
            html = html or str(part.get_content())
        elif kind == "text/plain":
            text = text or str(part.get_content())
        elif part.get("Content-ID"):
            octets = part.get_payload(decode=True)
            data = base64.b64encode(octets if isinstance(octets, bytes) else b"").decode()
            pictures[str(part["Content-ID"]).strip("<>")] = f"data:{kind};base64,{data}"
    if not html:
        raise ValueError("the mail has no HTML part")
    html = _CID.sub(lambda found: pictures.get(found[1], found[0]), html)
    views = (
        ("Light, 640 pixels", html, 640),
        ("Light, 320 pixels", html, 320),
        ("Dark, where the program heeds our style", dark(html), 390),
        ("Inverted by the program", inverted(html), 390),
        ("Style taken away, as GMX and Gmail do", stripped(html), 390),
    )
    values = {
        "subject": str(whole["Subject"] or ""),
        "octets": len(raw),
        "html_octets": len(html.encode()),
        "findings": lint(raw),
        "views": views,
        "text": text,
    }
    return environment().get_template("mail/preview.html").render(values)


def stripped(html: str) -> str:
    """Return the HTML without its style sheet."""
    return _STYLE.sub("", html)


def dark(html: str) -> str:
    """Return the HTML as a program shows it that heeds its rules for dark screens."""
    return _DARK.sub(lambda found: found[1], html)


def inverted(html: str) -> str:
    """Return the HTML with the lightness of each colour turned over (HSL), style sheet gone."""
    return _COLOUR.sub(lambda found: _turned(found[1]), stripped(html))


def _turned(digits: str) -> str:
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    turned = colorsys.hls_to_rgb(hue, 1 - light, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in turned)
