"""The command line: `postroom`, `python -m gateway`, `python run.py`."""

import sys
from pathlib import Path


def main() -> None:
    """Run a command; exit 0 done, 1 failed, 2 usage, 78 bad configuration (contract §2)."""
    from gateway.cli import run  # noqa: PLC0415 (importing the package stays cheap)

    # Under these names scripts and mail programs call whatever carries mail on a Unix system.
    known = {"sendmail": ["sendmail"], "mailq": ["queue", "list"]}
    sys.exit(run([*known.get(Path(sys.argv[0]).name, []), *sys.argv[1:]]))


if __name__ == "__main__":
    main()
