"""`python -m tests.security`: run what proves the catalogue, write docs/security.md.

Exit status 1 if an attack is open. `--smoke` leaves out the journeys and writes nothing.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.security.page import PAGE, ROOT, Proof, Ran, by_number, page, proofs, verdict


def main() -> int:
    """Run."""
    options = argparse.ArgumentParser(prog="python -m tests.security", description=__doc__)
    options.add_argument("--smoke", action="store_true", help="without real servers")
    smoke = options.parse_args().smoke
    wanted = [one for one in proofs() if not (smoke and one.file.startswith("tests/journeys"))]
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        ids = sorted({one.id for one in wanted})
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *ids]
        subprocess.run(command, cwd=ROOT, check=False)
        ran = results(report, wanted)
    found = by_number()
    states = {number: verdict(number, tests, ran) for number, tests in found.items()}
    open_ones = [f"A{number}: {state}" for number, state in states.items() if "**" in state]
    if not smoke:
        system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
        held = sum(state.startswith("held") for state in states.values())
        cases = sum(one.passed for one in ran.values())
        rest = len(states) - held - len(open_ones)
        line = (
            f"Last run: {held} of {len(states)} attacks held by {cases} cases of {len(ids)} tests, "
            f"{rest} don't apply, {len(open_ones)} open; {system}."
        )
        PAGE.write_text(page(ran, line), encoding="utf-8")
        print("\n".join([*open_ones, line]))
        return 1 if open_ones else 0
    failed = [id_ for id_, one in ran.items() if one.failed]
    print("\n".join([*failed, f"{len(ran) - len(failed)} passed, {len(failed)} failed"]))
    return 1 if failed else 0


def results(report: Path, wanted: list[Proof]) -> dict[str, Ran]:
    """Return what became of each test, from a report in JUnit's form."""
    counts: dict[str, Counter[str]] = {one.id: Counter() for one in wanted}
    for case in ET.parse(report).iter("testcase"):
        file = case.get("classname", "").replace(".", "/") + ".py"
        id_ = f"{file}::{case.get('name', '').partition('[')[0]}"
        if id_ in counts:
            state = next((one.tag for one in case if one.tag in _STATES), "passed")
            counts[id_][_STATES.get(state, state)] += 1
    return {id_: Ran(one["passed"], one["failed"], one["skipped"]) for id_, one in counts.items()}


_STATES = {"failure": "failed", "error": "failed", "skipped": "skipped"}

if __name__ == "__main__":
    sys.exit(main())
