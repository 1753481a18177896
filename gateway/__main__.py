"""The command line: `postroom`, `python -m gateway`, `python run.py`."""

import sys


def main() -> None:
    """Run a command; exit 0 done, 1 failed, 2 usage, 78 bad configuration (contract §2)."""
    from gateway.cli import run  # noqa: PLC0415 (importing the package stays cheap)

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
