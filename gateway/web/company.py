"""The frame of the company's pages besides the Inbox: settings, team, keys, webhooks."""

from typing import Any

from gateway.web.desk import VIEW, VIEWS
from gateway.web.signin import Seat
from gateway.web.wording import Wording

SECTIONS = (
    ("settings", "/inbox/settings", "Email settings"),
    ("company", "/inbox/settings/company", "Company"),
    ("team", "/inbox/team", "Team"),
    ("keys", "/inbox/keys", "Keys and logins"),
    ("webhooks", "/inbox/webhooks", "Webhooks"),
)
"""The pages for those who may change settings: name, path, title."""
_OF_TESTS = frozenset({"keys", "webhooks"})
"""What test mode has of its own."""


def framed(seat: Seat, here: str, say: Wording) -> dict[str, Any]:
    """Return what the frame shows. here: the name of the page that is shown."""
    return {
        "company": seat.company,
        "user": seat.user,
        "may_set": seat.may_set,
        "may_write": seat.may_write,
        "views": [(key, say.within(VIEW, words), "") for key, words in VIEWS.items()],
        "view": "",
        "here": here,
        "sections": [
            (name, path, say.text(words))
            for name, path, words in SECTIONS
            if name in _OF_TESTS or not seat.is_test
        ],
    }
