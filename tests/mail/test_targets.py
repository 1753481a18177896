"""The summary of the accuracy command: what is asked of us, and whether we reach it."""

from tests.bench.rows import Row, Score
from tests.bench.targets import TARGETS, summary


def test_a_target_takes_the_rows_that_speak_of_it() -> None:
    rows = [
        Row("trim_talon", "trim", Score(9, 10)),
        Row("trim_other", "trim html", Score(10, 10)),
        Row("trim_other", "forward", Score(0, 10)),
    ]
    found = {target.work: str(target.of(rows)) for target in TARGETS if target.of(rows).of}
    assert found == {
        "visible text, all sets": "19/20 95.0%",
        "visible text, not talon's own sets": "10/10 100.0%",
        "visible text, HTML": "10/10 100.0%",
    }


def test_a_missed_target_is_marked() -> None:
    lines = summary([Row("tnef_x", "names", Score(1, 2)), Row("tnef_x", "contents", Score(2, 2))])
    assert [line[:1] for line in lines.splitlines()] == [" ", "!", " "]


def test_every_target_is_between_nothing_and_all() -> None:
    assert all(0 < target.least <= 1 and target.known for target in TARGETS)
