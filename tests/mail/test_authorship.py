import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.authorship import author_of_copy, signed_as, with_author
from gateway.mail.errors import MailError
from gateway.mail.fields import mailboxes
from gateway.mail.mailbox import Mailbox

BODY = (
    b"To: jana@client.example\r\nSubject: From: x@acme.example\r\n"
    b"\r\nFrom: a@b.example\r\nHello\r\n"
)


@given(st.text(max_size=40))
def test_a_copy_gets_another_author_and_nothing_else_changes(name):
    try:
        field = mailboxes("From", [Mailbox(name, "invoices@acme.example")])
        wanted = mailboxes("From", [Mailbox(name, "invoices@other.example")])
    except MailError:
        return
    raw = b"Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n" + field + BODY
    changed = with_author(raw, "acme@mail.gateway.example")
    assert author_of_copy(raw) == "invoices@acme.example"
    assert author_of_copy(changed) == "acme@mail.gateway.example"
    assert changed.endswith(BODY)
    assert with_author(raw, "invoices@other.example").replace(b"\r\n ", b" ") == (
        b"Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n" + wanted + BODY
    ).replace(b"\r\n ", b" ")


def test_a_name_that_looks_like_the_address_stays():
    raw = b'From: "invoices@acme.example" <invoices@acme.example>\r\n' + BODY
    assert with_author(raw, "acme@mail.gateway.example").startswith(
        b'From: "invoices@acme.example" <acme@mail.gateway.example>\r\n'
    )


@pytest.mark.parametrize(
    "head",
    [b"", b"From: a@x.example, b@x.example\r\n", b"From: a@x.example\r\nFrom: a@x.example\r\n"],
)
def test_a_copy_without_one_author_is_left_alone(head):
    assert author_of_copy(head + BODY) == ""
    with pytest.raises(MailError, match="one author"):
        with_author(head + BODY, "acme@mail.gateway.example")


def test_a_signature_says_for_whom_it_is():
    field = b"DKIM-Signature: v=1; a=rsa-sha256; s=pr1-abc;\r\n d=acme.example;\r\n b=x\r\n"
    assert signed_as(field) == ("acme.example", "pr1-abc")
    assert signed_as(b"") == ("", "")
    assert signed_as(b"DKIM-Signature: broken\r\n") == ("", "")
