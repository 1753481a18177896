"""A form of Mailgun's clients, and what stands in it.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
"""

from dataclasses import dataclass, field

from gateway.api.schemas.base import Taken
from gateway.api.schemas.documents import Base64
from gateway.api.schemas.fields import Filename
from gateway.flow.refusal import invalid

VARIABLES = "recipient-variables"
DELIVERY_TIME = "o:deliverytime"
_YES = frozenset({"yes", "true", "1"})
_ONCE = frozenset({"from", "subject", "text", "html", VARIABLES, DELIVERY_TIME})
_MANY = frozenset({"to", "cc", "bcc"})
_REFUSED = {
    "template": "There are no templates here; send the text itself.",
    "o:deliverytime-optimize-period": "Mail leaves when o:deliverytime says, or at once.",
    "o:time-zone-localize": "Mail leaves when o:deliverytime says, or at once.",
}
"""What would change which mail leaves, or when, and can't be done."""
_REFUSED_IF_ON = {
    "o:require-tls": "How connections are secured is for the gateway's administrator to say.",
}
_REFUSED_IF_OFF = {"o:dkim": "Every mail is signed here."}
_IN_ANY_CASE = frozenset(
    {*_REFUSED_IF_ON, *_REFUSED_IF_OFF, "o:tracking", "o:tracking-clicks", "o:tracking-opens"}
    | {"o:skip-verification", "o:testmode"}
)
"""Switches that change nothing when they are off."""


class FilePart(Taken):
    """A file of a form."""

    name: str
    filename: Filename
    content_type: str
    content: Base64


class Form(Taken):
    """The fields and the files of a form, in their order."""

    fields: tuple[tuple[str, str], ...]
    files: tuple[FilePart, ...]


@dataclass(slots=True)
class Given:
    """What a form says. one: fields that stand once; unheeded: those without an effect."""

    one: dict[str, str] = field(default_factory=dict)
    people: dict[str, list[str]] = field(default_factory=dict)
    headers: list[tuple[str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    unheeded: list[str] = field(default_factory=list)
    is_test: bool = False


def given(form: Form) -> Given:
    """Return what a form says. Raises Refused for what can't be done."""
    found = Given()
    for raw_name, value in form.fields:
        name = raw_name.removesuffix("[]")
        known = name.lower()
        if known in _ONCE:
            if found.one.setdefault(known, value) != value:
                raise invalid(known, "It stands there twice.")
        elif known in _MANY:
            found.people.setdefault(known, []).append(value)
        elif known.startswith("h:"):
            _header(found, name[2:], value)
        elif known.startswith("v:"):
            found.variables[name[2:]] = value
        elif known == "o:tag":
            found.tags.append(value)
        elif known == "o:testmode":
            found.is_test = found.is_test or is_on(value)
        elif value:
            _option(found, name, value)
    return found


def is_on(value: str) -> bool:
    """Say whether a switch is on."""
    return value.strip().lower() in _YES


def _header(found: Given, name: str, value: str) -> None:
    if name.lower() == "reply-to":
        found.unheeded.append("h:Reply-To")
    else:
        found.headers.append((name, value))


def _option(found: Given, name: str, value: str) -> None:
    known = name.lower()
    if known in _REFUSED or known.startswith("t:"):
        raise invalid(name, _REFUSED.get(known, _REFUSED["template"]), code="not_possible")
    if known in _REFUSED_IF_ON and is_on(value):
        raise invalid(name, _REFUSED_IF_ON[known], code="not_possible")
    if known in _REFUSED_IF_OFF and not is_on(value):
        raise invalid(name, _REFUSED_IF_OFF[known], code="not_possible")
    if known not in _IN_ANY_CASE or (is_on(value) and known not in _REFUSED_IF_OFF):
        found.unheeded.append(name)
