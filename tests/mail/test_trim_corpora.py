"""Real answers and forwards: we are no worse than our peers, nor than we were."""

import pytest

from tests.bench.accuracy_trim import misses, rows
from tests.bench.rows import Score
from tests.corpora import corpora_set, set_names

pytestmark = pytest.mark.corpora

# What we reached, in percent, and why it is not all.
FLOORS = {
    ("trim_alfonsrv_mpr", "trim"): 60,  # takes closings for signatures; keeps a drawn line
    ("trim_discourse_ert", "trim"): 87,  # shows nothing of a mail that is only quotation
}
SETS = set_names("trim_") + set_names("forward_") or ["trim_talon"]


@pytest.mark.parametrize("name", SETS)
def test_answers_are_trimmed_at_least_as_well_as_before(name: str) -> None:
    corpora_set(name)
    assert [
        row
        for row in rows([name])
        if 100 * row.ours.share < FLOORS.get((row.set, row.measure), 100)
    ] == []


@pytest.mark.parametrize("name", SETS)
def test_answers_are_trimmed_at_least_as_well_as_by_our_peers(name: str) -> None:
    corpora_set(name)
    assert [row for row in rows([name]) if not row.is_best] == []


def test_nine_of_ten_answers_are_trimmed_exactly() -> None:
    corpora_set("trim_talon")
    scores = [row.ours for row in rows(SETS) if row.measure == "trim"]
    total = Score(sum(score.right for score in scores), sum(score.of for score in scores))
    assert total.share >= 0.92, [line.id for line, _ in misses(SETS)]
