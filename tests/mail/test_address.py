"""What mail can be sent to, and who wrote without a doubt."""

import pytest

from gateway.mail.address import check_mailbox, is_mailbox, sole_author
from gateway.mail.errors import MailError


@pytest.mark.parametrize(
    "mailbox",
    ["a@b", "a.b+c@d.example", '"a b"@c.example', "a..b@c.example", "a@b_c.example",
     "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "jörg@example.org", "a@xn--9ca.example"],
)  # fmt: skip
def test_mail_can_be_sent_to_it(mailbox: str) -> None:
    assert is_mailbox(mailbox)


@pytest.mark.parametrize(
    "mailbox",
    ["", "a", "@b", "a@", "a b@c", "a@b@c", "a@b..c", "a@-b", "a@b-", "a@b.", "a\x01@b", "a@b\r\n",
     "\udcff@b", "a@[256.0.0.1]", "a@[IPv6:fe80::1%eth0]", "<a@b>", "a" * 65 + "@b",
     "a@" + "b." * 127 + "cc", "a@" + "b" * 64, "a\u202eb@c"],
)  # fmt: skip
def test_a22_mail_cannot_be_sent_to_it(mailbox: str) -> None:
    assert not is_mailbox(mailbox)


def test_beyond_ascii_it_takes_smtputf8() -> None:
    with pytest.raises(MailError):
        check_mailbox("jörg@example.org")


@pytest.mark.parametrize(
    "value",
    [b"jana@example.org", b" jana@example.org ", b"<jana@example.org>", b"Jana <jana@example.org>",
     b'"Jana, Inc. <x@y>" <jana@example.org>', b"=?utf-8?q?J=C3=A1?= <jana@example.org>",
     b"jana@example.org (Jana)", "Jána <jana@example.org>".encode()],
)  # fmt: skip
def test_one_mailbox_is_an_author(value: bytes) -> None:
    assert sole_author([value]) == "jana@example.org"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="no field"),
        pytest.param([b"a@b.example", b"a@b.example"], id="two fields"),
        pytest.param([b"a@b.example, c@d.example"], id="two mailboxes"),
        pytest.param([b"a@b.example)c@d.example"], id="CVE-2023-27043"),
        pytest.param([b'"boss@victim.example, <evil@x.example>"'], id="all in quotes"),
        pytest.param([b"a@b.example <c@d.example>"], id="an address for a name"),
        pytest.param([b"<@r.example:a@b.example>"], id="route"),
        pytest.param([b"g: a@b.example;"], id="group"),
        pytest.param([b"<a@b.example> c"], id="something behind"),
        pytest.param([b"a(x)@b.example"], id="comment inside"),
        pytest.param([b"<a@b.example"], id="never closed"),
        pytest.param([b"Jana <a\xff@b.example>"], id="not UTF-8"),
        pytest.param([b"Jana <a@b.example>\r\nX: y"], id="line end"),
        pytest.param([b"Jana\0 <a@b.example>"], id="NUL"),
    ],
)
def test_a41_a42_a43_a44_any_doubt_leaves_no_author(values: list[bytes]) -> None:
    assert sole_author(values) is None
