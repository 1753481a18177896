"""`python -m tests.fuzz [Z1 Z2 …] [--times N]`: the lanes, N times as long as in CI."""

import argparse
import ast
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LANE = re.compile(r"test(?:_a[0-9]+)*_(z[0-9])_")


def lanes():
    """Return the tests of each lane, as pytest names them."""
    found = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            name = getattr(node, "name", "")
            if isinstance(node, ast.FunctionDef) and (lane := _LANE.match(name)):
                found.setdefault(lane[1].upper(), []).append(f"{file.relative_to(ROOT)}::{name}")
    return found


def main():
    """Run the lanes one after the other; exit status 1 if one of them finds something."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("lanes", nargs="*", type=str.upper, help="all of them if none is named")
    options.add_argument("--times", type=int, default=50, help="as long as in CI")
    asked = options.parse_args()
    environment = {**os.environ, "POSTROOM_FUZZ": str(asked.times)}
    failed = []
    for lane, tests in sorted(lanes().items()):
        if asked.lanes and lane not in asked.lanes:
            continue
        print(f"{lane}: {len(tests)} tests, {asked.times} times as long", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", *tests]
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            failed.append(lane)
    print(f"found something: {', '.join(failed)}" if failed else "nothing found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
