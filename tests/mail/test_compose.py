"""Composing whole messages, read back by the standard library."""

import email
import email.policy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.utils import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mail.compose import Outgoing, compose
from gateway.mail.errors import MailError
from gateway.mail.mailbox import Mailbox


@dataclass(frozen=True)
class Image:
    content_id: str
    content_type: str
    data: bytes


NINE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MAIL = Outgoing(
    from_=Mailbox("Novák Joinery", "novak@mail.example.com"),
    to=(Mailbox("Jana Malá", "jana@firma.example"),),
    subject="Invoice 2026-0142 · €1,254.00 · due 5 Dec 2026",
    date=NINE,
    message_id="m1@mail.example.com",
    text="Hello Jana,\nhere is the invoice.\n\n-- \nPeter\n",
)
HTML = "<p>Hello Jána</p>\n"
LOGO = Image("logo@x", "image/png", b"\x89PNG\r\n\x1a\n")
PDF = ("Faktúra 2026.pdf", "application/pdf", b"%PDF-1.7\n\xff\x00")
HOSTILE = [
    "a\rb", "a\nb", "a\r\nBcc: e@x", "\0", "\x0b", "\x0c", "\x1b[0m", "\x1c", "\x7f", "\x85",
    "\x9b",     "\u2028", "\u2029", "\u202egpj.exe", "\u2066", "\ud800",
    "=?utf-8?q?x=0D=0ABcc:_e=40x?=", "=?utf-8?b?DQpCY2M6IGVAeA==?=", "=?us-ascii?Q?=00?=",
    "=?utf-8?q?=E2=80=AE?=", "=?nonsense?q?=0A?=", "=?utf-8*en?q?=0A?=",
]  # fmt: skip


def read(octets, policy=email.policy.default):
    return email.message_from_bytes(octets, policy=policy)


def text_of(mail, kind="plain"):
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


def structure(part):
    if part.is_multipart():
        return (part.get_content_type(), [structure(one) for one in part.iter_parts()])
    return part.get_content_type()


def assert_travels(octets):
    assert octets.isascii()
    assert b"\0" not in octets
    assert octets.count(b"\r\n") == octets.count(b"\n") == octets.count(b"\r")
    assert max(map(len, octets.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "text/plain", id="text"),
        pytest.param({"text": "", "html": HTML}, "text/html", id="html alone"),
        pytest.param(
            {"html": HTML}, ("multipart/alternative", ["text/plain", "text/html"]), id="both"
        ),
        pytest.param(
            {"html": HTML, "images": (LOGO,)},
            (
                "multipart/alternative",
                ["text/plain", ("multipart/related", ["text/html", "image/png"])],
            ),
            id="picture",
        ),
        pytest.param(
            {"html": HTML, "images": (LOGO,), "attachments": (PDF,)},
            (
                "multipart/mixed",
                [
                    (
                        "multipart/alternative",
                        ["text/plain", ("multipart/related", ["text/html", "image/png"])],
                    ),
                    "application/pdf",
                ],
            ),
            id="all",
        ),
    ],
)
def test_parts_are_nested_as_readers_expect(change, expected):
    octets = compose(replace(MAIL, **change))
    assert_travels(octets)
    assert structure(read(octets)) == expected


def test_contents_come_back_equal():
    mail = read(compose(replace(MAIL, html=HTML, images=(LOGO,), attachments=(PDF,))))
    picture, pdf = [
        part for part in mail.walk() if part.get_content_maintype() in {"image", "application"}
    ]
    assert text_of(mail) == MAIL.text
    assert text_of(mail, "html") == HTML
    assert (picture.get_content(), picture["Content-ID"]) == (LOGO.data, "<logo@x>")
    assert (pdf.get_content(), pdf.get_filename(), pdf.get_content_disposition()) == (
        PDF[2],
        PDF[0],
        "attachment",
    )


def test_a_file_name_beyond_ascii_has_a_plain_one_beside_it():
    octets = compose(replace(MAIL, attachments=(PDF,)))
    assert b'name="Faktura 2026.pdf"' in octets
    assert b"filename*=utf-8''Fakt%C3%BAra%202026.pdf" in octets


def test_fields_come_back_equal():
    mail = read(
        compose(
            replace(
                MAIL,
                cc=(Mailbox("", "cc@firma.example"), Mailbox('A "B" \\ C', "d@firma.example")),
                reply_to=(Mailbox("Acme s.r.o.", "acme-rx@reply.example.com"),),
                in_reply_to=("a@b",),
                references=("z@b", "a@b"),
                extra=(("List-Unsubscribe", "<https://mail.example.com/u/x>"),),
                date=NINE.astimezone(timezone(timedelta(hours=-3, minutes=-30))),
            )
        )
    )
    assert {name: str(value) for name, value in mail.items() if not name.startswith("Con")} == {
        "Date": "Sun, 22 Nov 2026 05:30:00 -0330",
        "From": "Novák Joinery <novak@mail.example.com>",
        "Reply-To": '"Acme s.r.o." <acme-rx@reply.example.com>',
        "To": "Jana Malá <jana@firma.example>",
        "Cc": 'cc@firma.example, "A \\"B\\" \\\\ C" <d@firma.example>',
        "Subject": MAIL.subject,
        "Message-ID": "<m1@mail.example.com>",
        "In-Reply-To": "<a@b>",
        "References": "<z@b> <a@b>",
        "List-Unsubscribe": "<https://mail.example.com/u/x>",
        "MIME-Version": "1.0",
    }


def test_the_same_parts_give_the_same_bytes():
    mail = replace(MAIL, html=HTML, images=(LOGO,), attachments=(PDF,))
    assert compose(mail) == compose(replace(mail))


def test_a_text_that_holds_its_own_boundary_gets_another():
    mail = replace(MAIL, html="<p>x</p>", text="x")
    first = read(compose(mail)).get_boundary()
    again = read(compose(replace(mail, text=f"--{first}--\n")))
    assert text_of(again) == f"--{first}--\n"


def test_long_references_keep_the_first_and_the_last():
    ids = tuple(f"{number:04}@mail.example.com" for number in range(500))
    field = read(compose(replace(MAIL, references=ids)))["References"]
    assert field.startswith("<0000@mail.example.com> <04")
    assert field.endswith("<0499@mail.example.com>")
    assert len(field) <= 1500


def test_what_a_stranger_called_a_message_id_is_left_out():
    mail = read(compose(replace(MAIL, references=("ok@b", "a b@c", "x>\r\nBcc: e@x", "", "ü@b"))))
    assert mail["References"] == "<ok@b>"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["from", "to", "subject", "filename", "extra", "message_id"])
def test_a13_a15_a16_a19_controls_are_refused_everywhere(text, place):
    change = {
        "from": {"from_": Mailbox(text, "a@b.example")},
        "to": {"to": (Mailbox("", f"{text}@b.example"),)},
        "subject": {"subject": text},
        "filename": {"attachments": ((text, "application/pdf", b""),)},
        "extra": {"extra": (("X-Note", text),)},
        "message_id": {"message_id": f"{text}@b.example"},
    }[place]
    with pytest.raises(MailError):
        compose(replace(MAIL, **change))


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@b.example", "a@", "a@b@c", "<a@b>c@d", "a b@c.example", "a,b@c.example",
        "a@good.test(x)evil.test", "alice@example.org)bob@example.com", "ü@b.example", "a@b..c",
        ".a@b.example", '"a@b.example', "=?utf-8?q?x?=@b.example", "a@straße.example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address):
    with pytest.raises(MailError):
        compose(replace(MAIL, to=(Mailbox("x", address),)))


def test_a26_a_domain_beyond_ascii_goes_as_a_labels():
    assert b"<a@xn--bcher-kva.example>" in compose(
        replace(MAIL, to=(Mailbox("x", "a@bücher.example"),))
    )


@pytest.mark.parametrize("name", ["Bcc", "bcc", "Content-Type", "X Y", "X:Y", "", "Ü", "X\r\nY"])
def test_fields_that_are_ours_cannot_be_added(name):
    with pytest.raises(MailError):
        compose(replace(MAIL, extra=((name, "x"),)))


def test_a14_an_encoded_word_in_a_name_stays_the_text_it_was():
    mail = read(
        compose(replace(MAIL, subject="=?utf-8?q?x?=", from_=Mailbox("=?utf-8?q?x?=", "a@b.c")))
    )
    assert (mail["Subject"], mail["From"].addresses[0].display_name) == ("=?utf-8?q?x?=",) * 2


def test_a8_a_text_with_weird_line_ends_has_crlf():
    mail = read(compose(replace(MAIL, text="a\rb\nc\r\nd\0\x85e" + "x" * 5000)))
    assert text_of(mail).split("\n")[:3] == ["a", "b", "c"]


words = st.text(
    st.characters(
        blacklist_categories=("Cc", "Cs", "Zl", "Zp"), blacklist_characters="\ufffe\uffff"
    )
).filter(lambda text: not any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in text))
hostile = st.one_of(
    words,
    st.lists(
        st.sampled_from(
            ["a", " ", '"', "\\", "<", ">", "@", ",", "=?", "?=", "é", "ü" * 40, "x" * 80, "(", ";"]
        ),
        max_size=40,
    ).map("".join),
    st.text(st.sampled_from("ab é\"=?_'*%;"), max_size=300),
)


def shown(field):
    """The value as RFC 2047 shows it, white space as readers keep it."""
    return str(make_header(decode_header(field.replace("\r\n", ""))))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(name=hostile, subject=hostile, filename=hostile, text=st.text(), data=st.binary())
def test_a18_any_names_come_back_equal(name, subject, filename, text, data):
    mail = replace(
        MAIL,
        from_=Mailbox(name, "a@b.example"),
        subject=subject,
        text=text,
        html=HTML,
        attachments=((filename, "application/pdf", data),),
    )
    try:
        octets = compose(mail)
    except MailError:
        assert "=?" in name + subject + filename
        return
    assert_travels(octets)
    again = read(octets, email.policy.compat32)
    assert again.keys() == [
        "Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert shown(again["Subject"]) == subject
    assert len(read(octets)["From"].addresses) == 1
    phrase = again["From"].rpartition("<")[0].strip()
    if not phrase.startswith('"'):
        assert shown(phrase) == name
    _, attachment = again.get_payload()
    assert attachment.get_payload(decode=True) == data
    found = read(octets)
    attached = next(iter(found.iter_attachments()))
    assert (attached.get_filename() or "") == unquote(filename).strip()
    plain = found.get_body(("plain",))
    if plain is not None:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
        got = plain.get_payload(decode=True).replace(b"\r\n", b"\n")
        assert got == lines
