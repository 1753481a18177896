"""What every mail of ours must keep to, wherever it is read (ux.md, 3.3)."""

import email
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import urlsplit

from gateway.mail.address_list import parse_addresses

_MOST_HTML = 40_960
_MOST_MAIL = 61_440
_MOST_STYLE = 4_096
_MOST_SUBJECT = 60
_MOST_COLUMNS = 78
_WIDEST = 600
_PREHEADER = range(40, 111)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# What all of Gmail, Outlook, Apple Mail, Yahoo, Samsung, GMX, WEB.DE, Orange, La Poste, Proton
# and Thunderbird keep, or drop without harm.
_PROPERTIES = frozenset(
    """
    background border border-bottom border-color border-left border-radius border-top color display
    font-family font-size font-weight height line-height margin max-height max-width mso-hide
    overflow padding text-align text-decoration vertical-align width white-space word-break
    word-wrap
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that a mail breaks. rule: such as "M5"."""

    rule: str
    says: str


@dataclass(slots=True)
class _Element:
    tag: str
    values: dict[str, str]
    inside: tuple[str, ...]
    text: str = ""


class _Page(HTMLParser):
    """The elements of the HTML part, in their order, each with the text directly in it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[_Element] = []
        self._open: list[_Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        values = {name: value or "" for name, value in attrs}
        element = _Element(tag, values, tuple(one.tag for one in self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Note its text, in all that it stands in."""
        for element in self._open:
            element.text += data

    def of(self, *tags: str) -> list[_Element]:
        """Return the elements with these tags."""
        return [element for element in self.elements if element.tag in tags]


@dataclass(slots=True)
class _Mail:
    """A mail taken apart. pictures: Content-IDs of its inline parts."""

    raw: bytes
    whole: EmailMessage
    html: str
    html_octets: int
    text: str
    page: _Page
    pictures: set[str] = field(default_factory=set)


def lint(raw: bytes) -> list[Finding]:
    """Return what a mail of ours breaks, in the order of the rules; nothing for a good one."""
    mail = _taken_apart(raw)
    if mail is None:
        return [Finding("M13", "it has no HTML part beside a text part")]
    found: list[Finding] = []
    for rule, check in _RULES.items():
        found += [Finding(rule, says) for says in check(mail)]
    return found


def _taken_apart(raw: bytes) -> _Mail | None:
    whole = email.message_from_bytes(raw, policy=policy.default)
    html = text = None
    pictures = set()
    for part in whole.walk():
        kind = part.get_content_type()
        if kind == "text/html" and html is None:
            html = part
        elif kind == "text/plain" and text is None:
            text = part
        elif part.get("Content-ID"):
            pictures.add(str(part["Content-ID"]).strip("<>"))
    if html is None or text is None:
        return None
    words = str(html.get_content())
    octets = len(html.get_payload().encode())  # type: ignore[union-attr]
    plain = str(text.get_content())
    return _Mail(raw, whole, words, octets, plain, _Page(words), pictures)


def _small(mail: _Mail) -> Iterable[str]:
    if mail.html_octets > _MOST_HTML:
        yield f"the HTML part has {mail.html_octets} octets, more than {_MOST_HTML}"


def _small_whole(mail: _Mail) -> Iterable[str]:
    attached = sum(
        len(str(part.get_payload())) for part in mail.whole.walk() if part.is_attachment()
    )
    if len(mail.raw) - attached > _MOST_MAIL:
        yield f"the mail has {len(mail.raw) - attached} octets, more than {_MOST_MAIL}"


def _languages(mail: _Mail) -> Iterable[str]:
    wrapper = next((one for one in mail.page.of("div") if one.values.get("role")), None)
    for name, element in (
        ("html", next(iter(mail.page.of("html")), None)),
        ("body", next(iter(mail.page.of("body")), None)),
        ("the wrapper", wrapper),
    ):
        if element is None or not element.values.get("lang") or not element.values.get("dir"):
            yield f"{name} names no lang and dir"
    if not any(one.text.strip() for one in mail.page.of("title")):
        yield "the title is empty"


def _tables(mail: _Mail) -> Iterable[str]:
    tables = mail.page.of("table")
    layout = [one for one in tables if one.values.get("role") == "presentation"]
    headed = [one for one in mail.page.of("th") if one.values.get("scope")]
    if len(tables) > len(layout) and not headed:
        yield "a table has neither role=presentation nor header cells"


def _headings(mail: _Mail) -> Iterable[str]:
    levels = [int(one.tag[1]) for one in mail.page.of("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield f"it has {levels.count(1)} h1"
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield "a level of headings is skipped"


def _images(mail: _Mail) -> Iterable[str]:
    for one in mail.page.of("img"):
        missing = [name for name in ("alt", "width", "height") if not one.values.get(name)]
        if missing:
            yield f"an img has no {' and no '.join(missing)}"
        source = one.values.get("src", "")
        if source.removeprefix("cid:") not in mail.pictures or not source.startswith("cid:"):
            yield f"an img shows {source!r}, which is no inline part"


def _nothing_foreign(mail: _Mail) -> Iterable[str]:
    for one in mail.page.of("form", "link", "iframe", "object", "video", "audio", "base"):
        yield f"it has a <{one.tag}>"
    for one in mail.page.of("script"):
        if one.values.get("type") != "application/ld+json":
            yield "it has a script"
    style = "".join(one.text for one in mail.page.of("style"))
    if len(style) > _MOST_STYLE:
        yield f"its style has {len(style)} characters, more than {_MOST_STYLE}"
    everything = style + "".join(one.values.get("style", "") for one in mail.page.elements)
    yield from (
        f"its style says {word}"
        for word in ("@import", "@font-face", "url(", "var(", "flex", "position")
        if word in everything
    )


def _properties(mail: _Mail) -> Iterable[str]:
    used = {
        declaration.partition(":")[0].strip().lower()
        for one in mail.page.elements
        for declaration in one.values.get("style", "").split(";")
        if declaration.strip()
    }
    for name in sorted(used - _PROPERTIES):
        yield f"{name} is not kept everywhere"


def _links(mail: _Mail) -> Iterable[str]:
    links = {one.values.get("href", "") for one in mail.page.of("a")}
    hosts = set()
    for link in sorted(links):
        parts = urlsplit(link)
        hosts.add(parts.netloc)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            yield f"{link} is not https"
        if link not in mail.text:
            yield f"{link} is not in the text part"
    if len(hosts) > 1:
        yield f"its links lead to several hosts: {', '.join(sorted(hosts))}"


def _preheader(mail: _Mail) -> Iterable[str]:
    hidden = [one for one in mail.page.of("div") if "display:none" in one.values.get("style", "")]
    words = " ".join(hidden[0].text.split()) if hidden else ""
    if len(words) not in _PREHEADER:
        yield f"the preheader has {len(words)} characters, not 40 to 110"
    if words and words == mail.whole["Subject"]:
        yield "the preheader says what the subject says"


def _text_part(mail: _Mail) -> Iterable[str]:
    for line in mail.text.splitlines():
        if len(line) > _MOST_COLUMNS and " " in line.strip():
            yield f"a line of the text part has {len(line)} columns"
    if re.search(r"&(?:[a-z]+|#[0-9]+);", mail.text):
        yield "the text part has HTML entities"


def _described(mail: _Mail) -> Iterable[str]:
    for one in mail.page.of("script"):
        try:
            described = json.loads(one.text)
            price = described["totalPaymentDue"]["price"]
            number = described["identifier"]
            float(price)
        except (ValueError, KeyError, TypeError) as error:
            yield f"the structured data can't be read: {error!r}"
            continue
        if described.get("@type") != "Invoice":
            yield "the structured data is no Invoice"
        body = next(iter(mail.page.of("body"))).text
        if number not in body or number not in mail.text:
            yield f"the number {number} stands in the structured data alone"
        if "IBAN" in mail.text and price not in mail.text:
            yield f"the text part asks for another amount than {price}"
        if described.get("paymentStatus", "").endswith("PaymentComplete") and (
            mail.page.of("img") or "IBAN" in mail.text
        ):
            yield "it is paid, and asks for money"


def _subject(mail: _Mail) -> Iterable[str]:
    subject = str(mail.whole["Subject"] or "")
    if not subject or len(subject) > _MOST_SUBJECT:
        yield f"the subject has {len(subject)} characters, not 1 to {_MOST_SUBJECT}"


def _header(mail: _Mail) -> Iterable[str]:
    for name in ("From", "Reply-To", "To", "Date", "Message-ID", "Subject"):
        if len(mail.whole.get_all(name, [])) != 1:
            yield f"it has {len(mail.whole.get_all(name, []))} fields {name}"
    for name in ("Bcc", "Return-Path", "Sender"):
        if name in mail.whole:
            yield f"it has a field {name}"
    authors = parse_addresses([str(mail.whole["From"] or "").encode()])
    if len(authors) != 1 or not authors[0].name:
        yield "From does not name the company"


def _narrow(mail: _Mail) -> Iterable[str]:
    widths = [one.values.get("width", "") for one in mail.page.elements]
    widths += re.findall(r"(?<![a-z-])width:\s*([0-9]+)px", mail.html)
    for width in widths:
        if width.isdigit() and int(width) > _WIDEST:
            yield f"something is {width} pixels wide"


def _whole_letters(mail: _Mail) -> Iterable[str]:
    if "\ufffd" in mail.html + mail.text + str(mail.whole["Subject"]) + str(mail.whole["From"]):
        yield "letters were lost"
    if not mail.raw.isascii():
        yield "it has octets beyond 7 bits"


_RULES = {
    "M1": _small,
    "M2": _small_whole,
    "M3": _languages,
    "M4": _tables,
    "M5": _headings,
    "M6": _images,
    "M7": _nothing_foreign,
    "M10": _properties,
    "M11": _links,
    "M12": _preheader,
    "M13": _text_part,
    "M15": _described,
    "M17": _subject,
    "M18": _header,
    "M19": _narrow,
    "M20": _whole_letters,
}
