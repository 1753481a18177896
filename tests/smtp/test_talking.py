"""The transcript of a talk with a mail server: everything but secrets."""

from gateway.ports.probe import TalkLine
from gateway.smtp.talking import HIDDEN, MOST_CHARS, MOST_LINES, Transcript


def talk(*lines):
    """A transcript of lines by "S" and "C"."""
    made = Transcript()
    for by, data in lines:
        (made.heard if by == "S" else made.said)(data + b"\r\n")
    return [f"{one.by[0].upper()}: {one.text}" for one in made.lines]


def test_what_both_say_is_kept_in_its_order():
    assert talk(("S", b"220 mx ESMTP"), ("C", b"EHLO us"), ("S", b"250-mx\r\n250 SIZE 100")) == [
        "S: 220 mx ESMTP",
        "C: EHLO us",
        "S: 250-mx",
        "S: 250 SIZE 100",
    ]


def test_a143_no_payload_of_auth_is_kept_whatever_the_method():
    secret = b"AGphbmEAY2FuYXJ5"
    said = talk(
        ("C", b"AUTH PLAIN " + secret),
        ("S", b"535 5.7.8 no"),
        ("C", b"auth LOGIN"),
        ("S", b"334 VXNlcm5hbWU6"),
        ("C", secret),
        ("S", b"334-once\r\n334 more"),
        ("C", secret),
        ("S", b"235 2.7.0 Accepted"),
        ("C", b"MAIL FROM:<jana@novak.example>"),
    )
    assert not any(secret.decode() in line for line in said)
    assert said[0] == f"C: AUTH PLAIN {HIDDEN}"
    assert said[2] == "C: auth LOGIN"
    assert said[4] == said[7] == f"C: {HIDDEN}"
    assert said[-1] == "C: MAIL FROM:<jana@novak.example>"


def test_of_a_mail_only_its_size_is_kept():
    mail = b"Subject: canary\r\n\r\nHello\r\n."
    said = talk(("C", b"DATA"), ("S", b"354 go on"), ("C", mail), ("S", b"250 ok"), ("C", b"QUIT"))
    assert said[2] == f"C: [the mail, {len(mail) + 2} bytes]"
    assert said[3:] == ["S: 250 ok", "C: QUIT"]


def test_a_line_that_comes_in_pieces_is_one_line():
    made = Transcript()
    for piece in (b"250-m", b"x\r", b"\n25", b"0 ok\r\n"):
        made.heard(piece)
    assert made.lines == [TalkLine("server", "250-mx"), TalkLine("server", "250 ok")]


def test_a_server_that_never_stops_fills_no_memory_and_draws_nothing():
    made = Transcript()
    for _ in range(2 * MOST_LINES):
        made.heard(b"250-\x1b[31m" + b"x" * 5000 + b"\r\n")
    made.heard(b"y" * 1_000_000)
    assert len(made.lines) == MOST_LINES
    assert {len(line.text) for line in made.lines} == {MOST_CHARS}
    assert "\x1b" not in made.lines[0].text
    assert len(made._rest) <= 2 * MOST_CHARS
