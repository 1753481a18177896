"""Real bounces, complaints, absence notes, and the mail of people that must not pass for them."""

import pytest

from tests.bench.accuracy_reports import misses, rows
from tests.bench.rows import Score
from tests.corpora import corpora_set, set_names

pytestmark = pytest.mark.corpora

# What we reached, in percent, and why it is not all.
FLOORS = {
    ("bounce_flufl", "found"): 97,  # a person forwards a bounce
    ("bounce_mdsbp", "exact"): 97,  # a local part without a domain
    ("bounce_phphandler", "exact"): 93,  # source routes to a host's inner name
    ("bounce_sisimai", "found"): 99,  # a person quotes a bounce
    ("bounce_sisimai", "exact"): 98,  # one label lacks a recipient, one is a host's inner name
    ("bounce_sisimai", "permanent"): 99,  # "retry timeout exceeded" under a permanent error
}
REPORTS = set_names("bounce_") + set_names("auto_") + set_names("mixed_") or ["bounce_sisimai"]
PEOPLE = set_names("parse_") + set_names("thread_") or ["thread_lkml"]


@pytest.mark.parametrize("name", REPORTS)
def test_reports_are_read_at_least_as_well_as_before(name: str) -> None:
    corpora_set(name)
    assert [
        row
        for row in rows([name])
        if 100 * row.ours.share < FLOORS.get((row.set, row.measure), 100)
    ] == []


@pytest.mark.parametrize("name", REPORTS)
def test_reports_are_read_at_least_as_well_as_by_our_peers(name: str) -> None:
    corpora_set(name)
    assert [row for row in rows([name]) if not row.is_best] == []


@pytest.mark.parametrize("name", PEOPLE)
def test_what_people_write_is_no_report(name: str) -> None:
    corpora_set(name)
    assert [line.id for line, _ in misses([name])] == []


@pytest.mark.parametrize(("measure", "share"), [("found", 0.98), ("exact", 0.97), ("status", 0.97)])
def test_bounces_are_found_and_read(measure: str, share: float) -> None:
    corpora_set("bounce_sisimai")
    scores = [row.ours for row in rows(REPORTS) if row.measure == measure]
    total = Score(sum(score.right for score in scores), sum(score.of for score in scores))
    assert total.share >= share
