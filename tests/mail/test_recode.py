"""Submitted mail in 7 bits: what it says stays."""

import contextlib
import email
import email.policy
import time
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mail.errors import MailError
from gateway.mail.recode import recode
from tests.corpora import corpora_set

HEAD = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n"
TEXT = HEAD + b"Content-Type: text/plain; charset=utf-8\r\n"
MIXED = HEAD + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'


def read(octets):
    return email.message_from_bytes(octets, policy=email.policy.compat32)


def leaves(octets):
    """Type, charset, name and decoded bytes of each leaf."""
    found = []
    for part in read(octets).walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        found.append((part.get_content_type(), part.get_content_charset(), content))
    return found


def assert_travels(octets):
    assert octets.isascii()
    assert b"\0" not in octets
    assert octets.count(b"\r\n") == octets.count(b"\n") == octets.count(b"\r")
    assert max(map(len, octets.split(b"\r\n"))) <= 998


def mixed(*parts):
    return MIXED + b"\r\npre\r\n" + b"".join(b"--b\r\n%b\r\n" % one for one in parts) + b"--b--\r\n"


def test_mail_of_seven_bits_is_left_as_it_is():
    raw = mixed(b"\r\nHello", b"Content-Transfer-Encoding: base64\r\n\r\naGVs\r\n")
    assert recode(raw) == raw


def test_a20_a65_fields_are_replaced_added_and_dropped():
    raw = (
        b"Received: from x\r\nFrom: a@b.example\r\nReply-To: old@b.example\r\n"
        b"reply-to: older@b.example\r\nBcc: secret@x\r\nX-Postroom-Amount:\r\n 12\r\n"
        b"Subject: x\r\n\r\nbody\r\n"
    )
    assert recode(
        raw,
        set_headers=[("Reply-To", '"Acme" <t@reply.example>'), ("Message-ID", "<m@x>")],
        defaults=[("Subject", "unused"), ("Date", "Sun, 22 Nov 2026 09:00:00 +0000")],
    ) == (
        b"From: a@b.example\r\n"
        b'Reply-To: "Acme" <t@reply.example>\r\nSubject: x\r\nMessage-ID: <m@x>\r\n'
        b"Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n\r\nbody\r\n"
    )


def test_a_name_beyond_ascii_in_a_set_field_is_encoded():
    new = recode(HEAD + b"\r\nx\r\n", set_headers=[("Reply-To", '"Novák s.r.o." <t@r.example>')])
    assert b"Reply-To: =?utf-8?b?Tm92w6FrIHMuci5vLg==?= <t@r.example>\r\n" in new


def test_a_line_break_in_a_set_field_is_refused():
    with pytest.raises(MailError):
        recode(HEAD + b"\r\n", set_headers=[("Reply-To", "a@b\r\nBcc: e@x")])


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(b"", "Dobrý deň, tu je faktúra.\r\n".encode(), id="utf-8"),
        pytest.param(b"Content-Transfer-Encoding: 8bit\r\n", "é".encode() * 5000, id="long line"),
        pytest.param(b"Content-Transfer-Encoding: binary\r\n", b"a\nb\rc\0\xff", id="binary"),
        pytest.param(b"", b"x" * 5000 + b"\r\n", id="long ascii line"),
        pytest.param(b"", b"Caf\xe9\r\n.\r\nFrom here\r\n", id="latin-1"),
        pytest.param(b"Content-Transfer-Encoding: base64\r\n", b"YWJj" * 900, id="long base64"),
        pytest.param(
            b"Content-Transfer-Encoding: quoted-printable\r\n",
            b"a=C3=A9 " * 300 + b"=\r\nb\xc3\xa9",
            id="long quoted-printable",
        ),
    ],
)
def test_a_text_comes_back_equal(head, body):
    raw = TEXT + head + b"\r\n" + body
    new = recode(raw)
    assert_travels(new)
    assert leaves(new) == leaves(raw)
    assert read(new)["MIME-Version"] == "1.0"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        pytest.param(b"", b"Content-Type: text/plain; charset=utf-8", id="no type"),
        pytest.param(
            b"Content-Type: text/plain\r\n",
            b"Content-Type: text/plain; charset=utf-8",
            id="no parameter",
        ),
        pytest.param(
            b"Content-Type: TEXT/html;\r\n format=flowed; \r\n",
            b"Content-Type: TEXT/html;\r\n format=flowed; charset=utf-8",
            id="another parameter, folded",
        ),
        pytest.param(
            b"Content-Type: text/plain; charset=us-ascii\r\n",
            b"Content-Type: text/plain; charset=us-ascii",
            id="a charset that is wrong is theirs",
        ),
        pytest.param(
            b"Content-Type: text/plain; charset*0=us-; charset*1=ascii\r\n",
            b"Content-Type: text/plain; charset*0=us-; charset*1=ascii",
            id="in pieces",
        ),
        pytest.param(
            b'Content-Type: text/plain; name="x\r\n',
            b'Content-Type: text/plain; name="x',
            id="a parameter without its end",
        ),
        pytest.param(
            b"Content-Type: application/json\r\n", b"Content-Type: application/json", id="no text"
        ),
    ],
)
@pytest.mark.parametrize("outside", [True, False], ids=["the mail", "a part"])
def test_utf_8_that_names_no_charset_is_told_to_be_utf_8(field, said, outside):
    body = "Dobrý deň\r\n".encode()
    raw = HEAD + field + b"\r\n" + body if outside else mixed(field + b"\r\n" + body)
    new = recode(raw)
    assert_travels(new)
    assert said + b"\r\n" in new
    assert leaves(new)[0][2].strip() == body.strip()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(HEAD + b"\r\nCaf\xe9\r\n", id="Latin-1"),
        pytest.param(HEAD + b"\r\n" + b"x" * 2000, id="ASCII in a long line"),
        pytest.param(HEAD + b"Content-Type: text/plain\r\n\r\nCaf\xe9\r\n", id="typed Latin-1"),
        pytest.param(
            HEAD + b'Content-Type: multipart/signed; boundary="b"\r\n\r\n'
            b"--b\r\nContent-Type: text/plain\r\n\r\n\xc3\xa9\r\n--b--\r\n",
            id="signed",
        ),
        pytest.param(
            HEAD + b'Content-Type: multipart/digest; boundary="b"\r\n\r\n'
            b"--b\r\n\r\nSubject: x\r\n\r\n\xc3\xa9\r\n--b--\r\n",
            id="a mail of a digest",
        ),
    ],
)
def test_what_is_no_utf_8_or_is_signed_is_told_no_charset(raw):
    assert b"charset" not in recode(raw)


def test_only_the_part_that_needs_it_is_encoded():
    plain = b"Content-Type: text/plain; charset=us-ascii\r\nX-Odd :  spaced\r\n\r\nHello\r\n-- \r\n"
    eight = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>\xc3\xa9</p>"
    new = recode(mixed(plain, eight, plain))
    assert new == mixed(
        plain,
        b"Content-Type: text/html; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3=A9</p>",
        plain,
    )


def test_a_signed_part_keeps_its_bytes_beside_one_that_does_not():
    signed = (
        b'Content-Type: multipart/signed; boundary="s"; protocol="application/pgp-signature"\r\n'
        b"Content-Transfer-Encoding: 8bit\r\n\r\n"
        b"--s\r\nContent-Transfer-Encoding: 8bit\r\n\r\ntext \r\n--s\r\n\r\nsig\r\n--s--"
    )
    new = recode(mixed(signed, b"\r\n\xff"))
    assert signed in new
    assert_travels(new)


def test_a_mail_within_a_mail_is_encoded_within():
    inner = b"From: J\xc3\xb6rg <j@x.example>\r\nSubject: \xc3\xbc\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"
    new = recode(mixed(b"Content-Type: message/rfc822\r\n\r\n" + inner))
    assert_travels(new)
    found = read(new).get_payload()[0].get_payload()[0]
    assert str(make_header(decode_header(found["Subject"]))) == "ü"
    assert str(make_header(decode_header(found["From"]))) == "Jörg <j@x.example>"
    assert found.get_payload(decode=True).decode() == "Grüße\r\n"


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("Subject: Faktúra č. 1 =?utf-8?q?=C3=A9?= konec", "Faktúra č. 1 é konec"),
        ("Subject: a\r\n\tü  b", "a ü b"),
        (
            "To: Žofie Nová <z@x.example>, plain@x.example",
            "Žofie Nová <z@x.example>, plain@x.example",
        ),
        ('To: "Nová, Žofie" <z@x.example>', "Nová, Žofie <z@x.example>"),
        ("To: z@x.example (Žofie)", "z@x.example (Žofie)"),
        ("To: Skupina é: a@x.example, b@x.example;", "Skupina é: a@x.example, b@x.example;"),
        (
            "To: =?utf-8?q?=C3=A9?= <a@x.example>, é <b@x.example>",
            "é <a@x.example>, é <b@x.example>",
        ),
        ("X-Note: ü", "ü"),
    ],
)
def test_raw_characters_in_fields_become_encoded_words(field, shown):
    new = recode(b"From: a@b.example\r\n" + field.encode() + b"\r\n\r\nx\r\n")
    assert_travels(new)
    name = field.partition(":")[0]
    value = str(make_header(decode_header(read(new)[name].replace("\r\n", ""))))
    assert (
        value.replace(" ,", ",").replace("( ", "(").replace(" )", ")").replace(" :", ":") == shown
    )


def test_characters_of_windows_are_understood():
    new = recode(b"From: a@b.example\r\nSubject: Caf\xe9 \x80\r\n\r\n")
    assert str(make_header(decode_header(read(new)["Subject"]))) == "Café €"


def test_a_raw_file_name_comes_back_equal():
    part = 'Content-Disposition: attachment; filename="Účet č. 1.pdf"; size=3\r\n\r\nabc'.encode()
    new = email.message_from_bytes(recode(mixed(part)), policy=email.policy.default)
    attachment = next(new.iter_attachments())
    assert attachment.get_filename() == "Účet č. 1.pdf"
    assert attachment["Content-Disposition"].params["size"] == "3"


def test_a_file_with_unix_line_ends_is_read():
    raw = mixed(b"\r\nHello \xc3\xa9").replace(b"\r\n", b"\n")
    new = recode(raw)
    assert_travels(new)
    assert leaves(new)[0][2] == "Hello é".encode()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(mixed(*[b"\r\n\xff"] * 101), id="many parts"),
        pytest.param(
            HEAD
            + b"".join(
                b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
                for n in range(30)
            )
            + b"\r\n\xff",
            id="deep",
        ),
        pytest.param(b"X-Long: " + b"a b\r\n " * 80000 + b"\r\n\r\n", id="long header"),
        pytest.param(HEAD + b"Content-Transfer-Encoding: x-uuencode\r\n\r\n\xff", id="uuencode"),
        pytest.param(HEAD + b"Content-Type: multipart/mixed\r\n\r\n\xff", id="no boundary"),
        pytest.param("From: jörg@x.example\r\n\r\n".encode(), id="SMTPUTF8 address"),
        pytest.param(b"From: a@b.example\r\nX: a\rb\r\n\r\n", id="lone CR in a field"),
    ],
)
def test_what_cannot_be_read_is_their_fault(raw):
    with pytest.raises(MailError):
        recode(raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(HEAD + b"Content-Type: " + b";" * 60000 + b"\xff\r\n\r\n", id="semicolons"),
        pytest.param(HEAD + b"To: " + b'"\\' * 30000 + b"\xff\r\n\r\n", id="quotes"),
        pytest.param(HEAD + b"To: " + b"(" * 60000 + b"\xff\r\n\r\n", id="parentheses"),
        pytest.param(MIXED + b"\r\n\xff" + b"\r\n--bb" * 400000, id="delimiters that are none"),
        pytest.param(HEAD + b"Subject: " + b"=?a?q?" * 9000 + b"\xff\r\n\r\n", id="encoded words"),
        pytest.param(TEXT + b"\r\n" + b"\r\n" * 2000000 + b"\xff", id="empty lines"),
    ],
)
def test_hostile_mail_takes_linear_time(raw):
    started = time.process_time()
    with contextlib.suppress(MailError):
        assert_travels(recode(raw))
    assert time.process_time() - started < 2


part_bodies = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(
        st.sampled_from(
            [b"\r\n", b"\n", b"\r", b"--b", b"--", b" ", b"x" * 1100, b"\xc3\xa9", b"="]
        ),
        max_size=12,
    ).map(b"".join),
)
encodings = st.sampled_from([b"", b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable"])
kinds = st.sampled_from(
    [b"text/plain; charset=utf-8", b"application/pdf", b"image/png", b"text/html"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(kinds, encodings, part_bodies), min_size=1, max_size=5))
def test_any_parts_come_back_equal_and_utf_8_alone_is_told_a_charset(parts):
    pieces = []
    for kind, encoding, body in parts:
        if encoding == b"base64":
            body = body.hex().encode()
        if b"\n--b" in b"\n" + body.replace(b"\r", b"\n"):  # the library ends lines at a CR
            continue
        head = b"Content-Type: %b\r\n" % kind
        if encoding:
            head += b"Content-Transfer-Encoding: %b\r\n" % encoding
        pieces.append(head + b"\r\n" + body)
    raw = mixed(*pieces)
    new = recode(raw)
    assert_travels(new)
    for (*said, content), (kind, charset, original) in zip(leaves(new), leaves(raw), strict=True):
        assert content == original
        if said != [kind, charset]:
            assert said == ["text/html", "utf-8"]
            assert content.decode("utf-8") and not content.isascii()  # noqa: PT018 (one claim)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_give_a_mail_or_an_error(head, body):
    for raw in (head + b"\r\n\r\n" + body, MIXED + head + b"\r\n--b\r\n" + body):
        try:
            assert_travels(recode(raw))
        except MailError:
            continue


@pytest.mark.corpora
@pytest.mark.parametrize(
    "name",
    ["mixed_discourse", "parse_enmime", "parse_mimetools", "parse_rubymail", "parse_stalwart"],
)
def test_real_mail_travels_and_says_the_same(name):
    differing = []
    for path in sorted({line.path for line in corpora_set(name) if line.path.suffix == ".eml"}):
        raw = path.read_bytes()
        try:
            new = recode(raw)
        except MailError:
            continue
        assert_travels(new)
        if path.name != "019.eml" and contents(new) != contents(raw):  # a part without header end
            differing.append(path.name)
    assert differing == []


def contents(octets):
    """What the leaves hold, line ends aside."""
    return [(kind, (content or b"").split()) for kind, _, content in leaves(octets)]
