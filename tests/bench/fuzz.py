"""Fuzz reading by hand, led by coverage: `python -m tests.bench.fuzz [CORPUS_FOLDER] [-runs=N]`.

Needs atheris (`pip install atheris`), which is not in the test environment; Hypothesis does the
same in CI, without coverage (tests/properties). Seeds are the mails of tests/cases; what is found
is written by atheris into the working folder. Any octets give a Reading or MailError, within the
limits, and text that joins to the whole again.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gateway"]):
    from gateway.mail.errors import MailError
    from gateway.mail.message import read
    from gateway.mail.quoting import trim
    from gateway.mail.reading import ReadLimits

CASES = Path(__file__).parent.parent / "cases"
LIMITS = ReadLimits(parts=20, nesting=5, header_octets=4_000, fields=100, text_chars=20_000)


def one(octets):
    """Read one mail, and hold what must hold of it."""
    try:
        reading = read(octets, limits=LIMITS)
    except MailError:
        return
    reading.full_text.encode()  # no lone surrogates
    assert "\0" not in reading.full_text
    assert len(reading.attachments) <= 10 * LIMITS.parts
    trimmed = trim(reading.full_text)
    assert "".join(piece.content for piece in trimmed.slices) == reading.full_text
    assert bool(trimmed.text.strip()) or not reading.full_text.strip("\ufeff \t\r\n\f\v>")


def seeds(folder):
    """Write the mails of the cases into a folder, for atheris to begin with."""
    for number, path in enumerate(sorted(CASES.rglob("*.eml"))):
        (folder / f"case-{number}").write_bytes(path.read_bytes())


def main(arguments):
    """Fuzz until something falls or the runs are done."""
    folders = [argument for argument in arguments if not argument.startswith("-")]
    folder = Path(folders[0]) if folders else Path(tempfile.mkdtemp(prefix="fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    seeds(folder)
    options = [argument for argument in arguments if argument.startswith("-")]
    atheris.Setup([sys.argv[0], str(folder), "-max_len=20000", *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
