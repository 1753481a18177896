"""Which tests prove which attack, and the page about it."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.security.catalogue import AREAS, ATTACKS, DOES_NOT_APPLY

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
_NAME = re.compile(r"test((?:_a[0-9]+)+)_[a-z]")
_HEAD = """\
# Security: each attack of our catalogue, and what proves that it fails

Written by `python -m tests.security` from a run of the tests named here; a test fails when this
page is stale. The numbers are those of the catalogue and stand in the names of the tests.
`SECURITY.md` has the threat model, `docs/hardening.md` what an operator does.

"""
_TABLE = ["", "| | attack | proved by | |", "|---|---|---|---|"]


@dataclass(frozen=True)
class Proof:
    """A test function. file: from the root of the repository."""

    file: str
    name: str
    numbers: tuple[int, ...]

    @property
    def id(self) -> str:
        """How pytest names it."""
        return f"{self.file}::{self.name}"


@dataclass(frozen=True)
class Ran:
    """What became of a test's cases."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


def proofs() -> Iterator[Proof]:
    """Give all tests that carry numbers of attacks."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found = _NAME.match(node.name)
                if found:
                    numbers = tuple(int(one) for one in re.findall("[0-9]+", found[1]))
                    yield Proof(str(file.relative_to(ROOT)), node.name, numbers)


def by_number() -> Mapping[int, list[Proof]]:
    """Return the tests of each attack."""
    found: dict[int, list[Proof]] = {number: [] for number in ATTACKS}
    for proof in proofs():
        for number in proof.numbers:
            found[number].append(proof)
    return found


def row(number: int, tests: list[Proof]) -> str:
    """Return the first three cells of an attack."""
    names = "<br>".join(f"`{one.file.removeprefix('tests/')}` {_shown(one)}" for one in tests)
    return f"| A{number} | {ATTACKS[number]} | {names or DOES_NOT_APPLY.get(number, '')} |"


def _shown(proof: Proof) -> str:
    words = re.sub(r"^test(_a[0-9]+)+_", "", proof.name)
    return words.replace("_", " ")


def verdict(number: int, tests: list[Proof], ran: Mapping[str, Ran]) -> str:
    """Return the last cell: held, open, or not applicable."""
    if not tests:
        return "does not apply" if number in DOES_NOT_APPLY else "**open: no test**"
    results = [ran.get(one.id, Ran()) for one in tests]
    passed, failed = sum(one.passed for one in results), sum(one.failed for one in results)
    if failed or any(not one.passed and not one.skipped for one in results) or not passed:
        return f"**open: {failed} of {passed + failed} cases fail**"
    return f"held, {passed} cases"


def page(ran: Mapping[str, Ran], machine: str) -> str:
    """Return the page. machine: what it ran on, in a line."""
    found = by_number()
    lines = [_HEAD + machine, ""]
    for number in ATTACKS:
        if number in AREAS:
            lines += [
                "",
                f"## {AREAS[number]}",
                "",
                "| | attack | proved by | |",
                "|---|---|---|---|",
            ]
        lines.append(f"{row(number, found[number])} {verdict(number, found[number], ran)} |")
    return "\n".join(lines) + "\n"
