"""Answers and forwards as clients of many languages write them: each label by each layout.

The words lie in tests/cases/clients; what is put together of them is made up.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.mail.forwards import read_forward
from gateway.mail.mailbox import Mailbox
from gateway.mail.quoting import trim

CASES = Path(__file__).parent.parent / "cases" / "clients"
JANA = Mailbox("Jana Nová", "jana@firma.example")
WHO = f"{JANA.name} <{JANA.address}>"
OWN = "Sure, tomorrow."
SUBJECT = "Faktúra 2025-17"
BODY = "Lorem ipsum dolor sit amet.\n\nConsectetur adipiscing elit."
QUOTED = "> " + BODY.replace("\n", "\n> ")


def languages() -> Iterator[tuple[str, list[str]]]:
    for line in (CASES / "labels.tsv").read_text("utf-8").splitlines()[1:]:
        language, *words = line.split("\t")
        yield language, words


def layouts(words: list[str]) -> Iterator[tuple[str, str]]:
    """Give name and text of a forward by each client."""
    from_, date, to, cc, subject, when, apple, divider = words[:8]
    t_subject, t_date, t_from, t_to, t_cc = words[8:]
    block = f"{from_}: {WHO}\n{date}: {when}\n{to}: x@y.example\n{subject}: {SUBJECT}\n\n"
    lines = f"{from_}: {WHO}\n{subject}: {SUBJECT}\n{t_date}: {when}\n{to}: x@y.example\n\n"
    with_cc = block.replace(f"\n{subject}", f"\n{cc}: z@y.example\n{subject}")
    yield "outlook", f"{'_' * 32}\n{with_cc}{BODY}"
    if words[0] != "Xoas":  # no line above says that a mail begins there
        yield "outlook without a line", f"{block}{BODY}"
        bold = "".join(f"*{line.replace(':', ':*', 1)}\n" for line in block.splitlines() if line)
        yield "outlook in bold", f"{bold}\n{BODY}"
    yield "gmail", f"---------- Forwarded message ---------\n{block}\n{BODY}"
    yield "apple", f"{apple}\n\n{lines}{BODY}"
    yield "apple, marked", f"> {apple}\n> \n> " + f"{lines}{BODY}".replace("\n", "\n> ")
    yield (
        "thunderbird",
        (
            f"-------- {divider} --------\n{t_subject}: \t{SUBJECT}\n{t_date}: \t{when}\n"
            f"{t_from}: \t{WHO}\n{t_to}: \tx@y.example\n{t_cc}: \tz@y.example\n\n\n{BODY}"
        ),
    )
    yield "yahoo", f"    ----- {divider} -----\n{block}{BODY}"


FORWARDS = [
    pytest.param(text, id=f"{language} {client}")
    for language, words in languages()
    for client, text in layouts(words)
]


@pytest.mark.parametrize("text", FORWARDS)
def test_a_forward_is_read_in_its_language(text: str) -> None:
    for whole in (text, f"\n{text}", f"{OWN}\n\n{text}"):
        forwarded = read_forward(whole, f"Fwd: {SUBJECT}")
        assert forwarded is not None
        assert forwarded.from_ == JANA
        assert [one.address for one in forwarded.to] == ["x@y.example"]
        assert (forwarded.subject, forwarded.text.strip()) == (SUBJECT, BODY)
        assert forwarded.date


@pytest.mark.parametrize("text", FORWARDS)
def test_the_same_block_below_an_answer_is_quotation(text: str) -> None:
    assert trim(f"{OWN}\n\n{text}").text == OWN


INTRODUCTIONS = (CASES / "introductions.txt").read_text("utf-8").strip().split("\n\n")


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize("below", [f"{QUOTED}\n", f"\n{QUOTED}\n", f"\n{BODY}\n"])
@pytest.mark.parametrize("width", [999, 76, 60])
def test_an_introduction_is_known(introduction: str, below: str, width: int) -> None:
    for end in ("\n", "\r\n"):
        text = f"{OWN}\n\n{broken(introduction, width)}\n{below}".replace("\n", end)
        trimmed = trim(text)
        assert trimmed.text == OWN
        assert "".join(piece.content for piece in trimmed.slices) == text


def broken(lines: str, width: int) -> str:
    """Return lines as an editor of that width breaks them."""
    return "\n".join(
        part
        for line in lines.split("\n")
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
    )


DEVICES = (CASES / "devices.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("line", DEVICES)
def test_what_a_device_adds_is_signature(line: str) -> None:
    trimmed = trim(f"{OWN}\n\n{line}\n")
    assert (trimmed.text, trimmed.signature) == (OWN, line)
    assert trim(f"{OWN}\n\n{line}\n\nOn 19 Apr 2025, {WHO} wrote:\n{QUOTED}\n").text == OWN


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my mail yesterday, please check the invoice",
        "I sent it from my phone yesterday",
        "Gesendet wurde die Rechnung an Ihr Büro; bitte prüfen",
        "Odesláno včera, prosím o potvrzení",
        "The goods were sent to Windows & Doors Ltd",
    ],
)
def test_what_a_person_says_of_sending_stays(line: str) -> None:
    assert trim(f"Hello,\n\n{line}\n").signature == ""


@pytest.mark.parametrize(
    "text",
    [
        "As I wrote on 3.3.2025 at 10:05:\n\nthe price is 100 EUR.",
        "Ich schrieb am 3.3.2025 um 10:05:\n\nDer Preis ist 100 EUR.",
        "Delivery: Monday\nPlace: Prague 3, 10:05\nContact: jana@firma.example",
        "Name: Jana\nE-mail: jana@firma.example\nDate of birth: 3. 3. 1980\n\nBest regards",
        "Note: the invoice is wrong\nAmount: 100 EUR\nDue: 3. 3. 2025",
        "____\nsigned: Jana",
    ],
)
def test_what_only_looks_like_a_header_stays(text: str) -> None:
    assert trim(f"Hello,\n\n{text}").quoted_text == ""
