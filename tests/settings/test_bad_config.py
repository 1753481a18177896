"""Broken configurations and what is told of them: tests/cases/bad_config/*.toml and *.error.

`python -m tests.settings.test_bad_config` renews the latter; read the difference.
"""

from pathlib import Path

import pytest

from gateway.settings import BadSettings
from gateway.settings.load import read

CASES = sorted((Path(__file__).parents[1] / "cases" / "bad_config").glob("*.toml"))


def told(case: Path) -> str:
    loaded = read(Path(case.name), case.read_bytes(), {}, environ={})
    return BadSettings(loaded.mistakes).format() + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_broken_configuration_is_told_with_all_its_mistakes(case: Path):
    assert told(case) == case.with_suffix(".error").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_mistakes_never_show_a_secret(case: Path):
    assert "hunter2" not in told(case)


def test_there_are_cases():
    assert len(CASES) >= 25


if __name__ == "__main__":
    for each in CASES:
        each.with_suffix(".error").write_text(told(each), encoding="utf-8")
