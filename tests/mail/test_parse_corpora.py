"""Real mail: we are never worse than mail-parser and the standard library, nor than we were."""

import pytest

from gateway.mail.errors import MailError
from gateway.mail.message import read
from tests.bench.parse_score import measures, rows
from tests.corpora import corpora_set, set_names

pytestmark = pytest.mark.corpora

# What we reached, in percent; a set or measure that is not named has to be right throughout.
FLOORS = {
    ("parse_enmime", "attachment_count"): 75,  # it counts inline parts apart; JMAP does not
    ("parse_mimetools", "parts"): 85,  # a file name that is made safe
    ("parse_rubymail", "attachment_count"): 66,  # a label that belongs to another mail
    ("parse_rubymail", "attachment_names"): 66,  # the same
    ("parse_rubymail", "from"): 50,  # the comment within an address is no part of it
    ("parse_rubymail", "to"): 60,  # the same, and a route
    ("parse_stalwart", "attachment_count"): 81,  # bodies that end early count as text here
    ("parse_stalwart", "text"): 94,
}
SETS = set_names("parse_") or ["parse_stalwart"]


@pytest.mark.parametrize("name", SETS)
def test_we_read_at_least_as_well_as_our_peers(name: str) -> None:
    corpora_set(name)
    assert [row for row in rows([name]) if not row.is_best] == []


@pytest.mark.parametrize("name", SETS)
def test_we_read_at_least_as_well_as_before(name: str) -> None:
    corpora_set(name)
    assert [
        row
        for row in rows([name])
        if 100 * row.ours.share < FLOORS.get((row.set, row.measure), 100)
    ] == []


@pytest.mark.parametrize("name", SETS)
def test_every_mail_is_read_with_either_line_end(name: str) -> None:
    for line in corpora_set(name):
        raw = line.octets()
        bare = raw.replace(b"\r\n", b"\n")
        for mail in (raw, bare, bare.replace(b"\n", b"\r\n")):
            try:
                read(mail)
            except MailError:
                assert not mail.strip(), line.id


def test_every_set_is_judged() -> None:
    corpora_set("parse_stalwart")
    assert all(measures(name) for name in SETS)
