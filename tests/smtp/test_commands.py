import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.envelope import Recipient
from gateway.ports.relay import Outgoing
from gateway.rules.outcome import Obstacle, Trouble
from gateway.smtp.commands import Offer, envelope_commands, read_offer

O_UMLAUT = "\N{LATIN SMALL LETTER O WITH DIAERESIS}"
ALL = Offer(0, True, True, True, True, True)


def copy_to(address="jana@example.org", *, content=b"hi\r\n", sender="b@bounce.test", **more):
    recipient = Recipient(address, more.pop("notify", ()), more.pop("orcpt", None))
    return Outgoing(sender, recipient, (content,), **more)


@pytest.mark.parametrize(
    ("extensions", "offer"),
    [
        pytest.param({}, Offer(), id="nothing"),
        pytest.param({"size": "1000"}, Offer(1000, has_size=True), id="a limit"),
        pytest.param({"size": ""}, Offer(0, has_size=True), id="no limit named"),
        pytest.param({"size": "9" * 400}, Offer(0, has_size=True), id="an absurd limit"),
        pytest.param({"size": "-1"}, Offer(0, has_size=True), id="no number"),
        pytest.param(
            dict.fromkeys(["pipelining", "dsn", "smtputf8", "8bitmime"], ""),
            Offer(0, False, True, True, True, True),
            id="all else",
        ),
    ],
)
def test_offers_are_read(extensions, offer):
    assert read_offer(extensions) == offer


@pytest.mark.parametrize(
    ("copy", "offer", "mail", "rcpt"),
    [
        pytest.param(
            copy_to(), Offer(), b"MAIL FROM:<b@bounce.test>", b"RCPT TO:<jana@example.org>",
            id="plain",
        ),
        pytest.param(
            copy_to(sender=""), Offer(has_size=True), b"MAIL FROM:<> SIZE=4",
            b"RCPT TO:<jana@example.org>", id="null reverse-path",
        ),
        pytest.param(
            copy_to(ret="HDRS", envid="dlv_1+2=3", notify=("SUCCESS", "FAILURE"),
                    orcpt="rfc822;Jana+x@example.org"),
            Offer(dsn=True),
            b"MAIL FROM:<b@bounce.test> RET=HDRS ENVID=dlv_1+2B2+3D3",
            b"RCPT TO:<jana@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Jana+2Bx@example.org",
            id="DSN",
        ),
        pytest.param(
            copy_to(ret="HDRS", envid="x", notify=("NEVER",), orcpt="rfc822;a@b"), Offer(),
            b"MAIL FROM:<b@bounce.test>", b"RCPT TO:<jana@example.org>", id="DSN is not offered",
        ),
        pytest.param(
            copy_to(notify=("NEVER", "DELAY")), Offer(dsn=True), b"MAIL FROM:<b@bounce.test>",
            b"RCPT TO:<jana@example.org> NOTIFY=NEVER", id="NEVER stands alone",
        ),
        pytest.param(
            copy_to(ret="SOME", envid="x" * 101, notify=("PERHAPS",), orcpt="no kind"),
            Offer(dsn=True), b"MAIL FROM:<b@bounce.test>", b"RCPT TO:<jana@example.org>",
            id="nonsense is left out",
        ),
        pytest.param(
            copy_to(orcpt="rfc 822;a@b"), Offer(dsn=True), b"MAIL FROM:<b@bounce.test>",
            b"RCPT TO:<jana@example.org>", id="an odd address type",
        ),
        pytest.param(
            copy_to(f"j{O_UMLAUT}@example.org"), ALL,
            b"MAIL FROM:<b@bounce.test> SIZE=4 SMTPUTF8", "RCPT TO:<jö@example.org>".encode(),
            id="an address beyond ASCII",
        ),
        pytest.param(
            copy_to(f"jana@b{O_UMLAUT}se.test"), Offer(), b"MAIL FROM:<b@bounce.test>",
            b"RCPT TO:<jana@xn--bse-sna.test>", id="only the domain is beyond ASCII",
        ),
        pytest.param(
            copy_to(content=b"\xc3\xa9\r\n", smtputf8=True), ALL,
            b"MAIL FROM:<b@bounce.test> SIZE=4 BODY=8BITMIME SMTPUTF8",
            b"RCPT TO:<jana@example.org>", id="a header in UTF-8",
        ),
        pytest.param(
            copy_to('"john.doe"@example.org'), Offer(), b"MAIL FROM:<b@bounce.test>",
            b'RCPT TO:<"john.doe"@example.org>', id="harmless quotes",
        ),
        pytest.param(
            copy_to("a@[192.0.2.1]"), Offer(), b"MAIL FROM:<b@bounce.test>",
            b"RCPT TO:<a@[192.0.2.1]>", id="a literal, to a smarthost",
        ),
    ],
)  # fmt: skip
def test_commands_say_what_the_next_hop_understands(copy, offer, mail, rcpt):
    assert envelope_commands(copy, offer) == (mail, rcpt)


BAD_ADDRESSES = [
    "jana",
    "@example.org",
    "jana@",
    "a b@example.org",
    "a@b@example.org",
    '"a@b"@example.org',
    '"a> ORCPT=x"@example.org',
    '"foo@psres.test> ORCPT=admin@x"@test.com',
    "<jana@example.org>",
    "a\r\nRCPT TO:<x@y>@example.org",
    "jana@example.org\r\nDATA",
    "jana@example.org ",
    "jana@exam ple.org",
    "a(comment)@example.org",
    "@a,@b:c@d",
    "\ud800@example.org",
    "j@" + "x" * 300,
    "j@\N{FULLWIDTH COMMERCIAL AT}x.test" * 3,
    "j\x00@example.org",
    "jana@-example.org",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES, ids=range(len(BAD_ADDRESSES)))
def test_a21_an_address_that_could_be_read_otherwise_is_refused(address):
    for copy in (copy_to(address), copy_to(sender=address)):
        answer = envelope_commands(copy, ALL)
        assert isinstance(answer, Trouble)
        assert answer.obstacle is Obstacle.BAD_ADDRESS


@pytest.mark.parametrize(
    ("copy", "offer", "obstacle"),
    [
        (copy_to(content=b"x" * 11), Offer(10, has_size=True), Obstacle.TOO_LARGE),
        (copy_to(f"j{O_UMLAUT}@example.org"), Offer(eight_bit=True), Obstacle.NO_SMTPUTF8),
        (copy_to(smtputf8=True), Offer(eight_bit=True), Obstacle.NO_SMTPUTF8),
        (copy_to(content=b"\xff\r\n"), Offer(smtputf8=True), Obstacle.NOT_SEVEN_BIT),
    ],
    ids=["size", "address", "header", "8 bit"],
)
def test_what_the_next_hop_does_not_take_is_told(copy, offer, obstacle):
    assert envelope_commands(copy, offer).obstacle is obstacle


def test_a_mail_of_just_the_limit_is_taken():
    assert not isinstance(
        envelope_commands(copy_to(content=b"x" * 10), Offer(10, has_size=True)), Trouble
    )


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_a21_no_text_breaks_out_of_its_command(address, envid, kind, original):
    copy = copy_to(address, sender=f"{original}@x.test", envid=envid, orcpt=f"{kind};{original}")
    answer = envelope_commands(copy, ALL)
    if isinstance(answer, Trouble):
        return
    for command, words in zip(answer, (4, 3), strict=True):
        assert b"\r" not in command
        assert b"\n" not in command
        assert command.count(b"<") == command.count(b">") == 1
        assert len(command.split(b" ")) <= words + 2
