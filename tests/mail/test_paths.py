"""Paths of MAIL and RCPT."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.mail.paths import (
    _FORWARD,
    _REVERSE,
    Path,
    PathError,
    _plain,
    _split,
    forward_path,
    reverse_path,
)
from tests.timing import milliseconds

LONG_DOMAIN = ".".join(["d" * 61] * 4)


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<>", ""),
        ("from:<carol@x.test>", "carol@x.test"),
        ("FROM: <Carol@X.test>", "Carol@X.test"),
        ("FROM:carol@x.test", "carol@x.test"),
        ("FROM:<a.b+c/d=e!#$%&'*?^_`{|}~-@x.test>", "a.b+c/d=e!#$%&'*?^_`{|}~-@x.test"),
        ("FROM:<.a..b.@x.test>", ".a..b.@x.test"),
        ('FROM:<"carol"@x.test>', "carol@x.test"),
        (r'FROM:<"c\a\rol"@x.test>', "carol@x.test"),
        ('FROM:<"carol smith"@x.test>', '"carol smith"@x.test'),
        (r'FROM:<"a\"b\\c"@x.test>', r'"a\"b\\c"@x.test'),
        ('FROM:<"a@b"@x.test>', '"a@b"@x.test'),
        ("FROM:<@a.test,@b.test:carol@x.test>", "carol@x.test"),
        ("FROM:<a@[127.0.0.1]>", "a@[127.0.0.1]"),
        ("FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
        ("FROM:<a@x_y.test>", "a@x_y.test"),
        ("FROM:<a@localhost>", "a@localhost"),
        (f"FROM:<{'a' * 64}@x.test>", f"{'a' * 64}@x.test"),
        (f"FROM:<abcdef@{LONG_DOMAIN}>", f"abcdef@{LONG_DOMAIN}"),
    ],
)
def test_a_reverse_path(argument, address):
    assert reverse_path(argument) == Path(address, {})


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("TO:<acme-X@reply.test>", "acme-X@reply.test"),
        ("TO: acme@reply.test", "acme@reply.test"),
        ("TO:<Postmaster>", "postmaster"),
        ("to:<POSTMASTER@x.test>", "POSTMASTER@x.test"),
        ("TO:<@relay.test:acme@reply.test>", "acme@reply.test"),
        ("TO:<a%b@c.test>", "a%b@c.test"),
    ],
)
def test_a_forward_path(argument, address):
    assert forward_path(argument, smtputf8=False) == Path(address, {})


@pytest.mark.parametrize(
    "address",
    [
        "žofia@x.test",
        "a@bücher.test",
        "用户@例子.测试",
        "a@xn--bcher-kva.test",
        "na\u200cma@x.test",
    ],
)
def test_a27_addresses_beyond_ascii_need_smtputf8(address):
    assert reverse_path(f"FROM:<{address}> SMTPUTF8").address == address
    assert forward_path(f"TO:<{address}>", smtputf8=True).address == address
    if not address.isascii():
        with pytest.raises(PathError, match=r"553 5\.6\.7"):
            reverse_path(f"FROM:<{address}>")
        with pytest.raises(PathError, match=r"553 5\.6\.7"):
            forward_path(f"TO:<{address}>", smtputf8=False)


def test_parameters_keep_the_letter_case_of_their_values():
    path = reverse_path("FROM:<a@b.test> size=12  Body=8bitMIME SMTPUTF8 ENVID=AbC;=d")
    assert path.parameters == {
        "SIZE": "12",
        "BODY": "8bitMIME",
        "SMTPUTF8": None,
        "ENVID": "AbC;=d",
    }


@pytest.mark.parametrize(
    "path",
    [
        "<carol>",
        "<@>",
        "<a@>",
        "<@b.test>",
        "<a@b@c.test>",
        "<a b@c.test>",
        "<a@b c.test>",
        "<a@b.test",
        "a@b.test>",
        "<<a@b.test>>",
        "<a@b.test>x",
        "<a@b..test>",
        "<a@.b.test>",
        "<a@b.test.>",
        "<a@-b.test>",
        "<a@b-.test>",
        f"<a@{'b' * 64}.test>",
        f"<{'a' * 65}@b.test>",
        f"<{'ž' * 33}@b.test>",
        f"<abcdefg@{LONG_DOMAIN}>",
        "<a@[127.0.0.999]>",
        "<a@[127.0.0.1>",
        "<a@[]>",
        "<a@[IPv6:::1%eth0]>",
        "<a@[tag:content]>",
        '<"a"b@c.test>',
        '<"a@c.test>',
        '<""@c.test>',
        '<"a<b"@c.test>',
        "<a,b@c.test>",
        "<a@b.test>,<c@d.test>",
        "<a;b@c.test>",
        "<a@b.test(comment)>",
        "<\ud800@x.test>",
        "<\udcff\udcfe@x.test>",
        "<a@\udcff.test>",
        "<a\u202e@x.test>",
        "<a\x85@x.test>",
        "<a\u2028@x.test>",
        "<a\xa0b@x.test>",
        "",
        "<",
        '"a b"@c.test',
    ],
)
def test_a24_a25_a_malformed_path_is_refused(path):
    for read, keyword in (
        (reverse_path, "FROM:"),
        (lambda x: forward_path(x, smtputf8=True), "TO:"),
    ):
        argument = keyword + path + (" SMTPUTF8" if keyword == "FROM:" and path else "")
        with pytest.raises(PathError, match=r"^(501|553) "):
            read(argument)


@pytest.mark.parametrize(
    "path",
    [
        '<"foo@psres.test> ORCPT=admin@admin.test"@ok.test>',
        '<"x@gmail.test"@reply.test>',
        '<"a b"@c.test>',
        "<>",
    ],
)
def test_a53_a_recipient_that_hides_another_is_refused(path):
    with pytest.raises(PathError, match=r"553 5\.1\.3"):
        forward_path(f"TO:{path}", smtputf8=False)


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "TO:<a@b.test>",
        "FROM <a@b.test>",
        "FROM:",
        'FROM:<"a\\\rX: 1"@b.test>',
        "FROM:<a@b.test>\tSIZE=1",
        "FROM:<a@b.test> SIZE=",
        "FROM:<a@b.test> =1",
        "FROM:<a@b.test> SI_ZE=1",
        "FROM:<a@b.test> SIZE=1 size=2",
        "FROM:<a@b.test> \u017fIZE=1",
        "FROM:<a@b.test> ENVID=a\u2028b",
    ],
)
def test_a23_a_broken_command_is_a_syntax_error(argument):
    with pytest.raises(PathError, match=r"501 5\.5\.4 Syntax: MAIL"):
        reverse_path(argument)


PIECES = st.sampled_from(
    [
        "<",
        ">",
        "@",
        '"',
        "\\",
        ".",
        ",",
        ":",
        " ",
        "a",
        "B",
        "-",
        "_",
        "ž",
        "\ud800",
        "\r",
        "[127.0.0.1]",
        "SIZE=1",
        "\x00",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
@example("<a@b>")
@example('<"a"@b>')
def test_z2_any_argument_gives_a_sound_path_or_a_refusal(text):
    for read in (
        lambda: reverse_path("FROM:" + text + " SMTPUTF8"),
        lambda: forward_path("TO:" + text, smtputf8=True),
    ):
        try:
            address = read().address
        except PathError:
            continue
        assert address.replace("\u200c", "").replace("\u200d", "").isprintable()
        assert len(address.encode()) <= 254
        if address not in {"", "postmaster"}:
            again = reverse_path(f"FROM:<{address}> SMTPUTF8")
            assert again.address == address


@given(st.from_regex(r"<[a-z.+]{1,4}@([a-z_-]{1,3}\.){0,2}[a-z-]{1,3}>( SIZE=1)?", fullmatch=True))
def test_the_short_way_leads_where_the_long_way_leads(text):
    short = _plain("FROM:" + text, _REVERSE)
    if short is not None:
        found, parameters = _split("FROM:" + text, _REVERSE)
        assert short == Path(f"{found['local']}@{found['domain']}", parameters)


@pytest.mark.parametrize(
    "text",
    ["<" + "a" * 2000, "<" + '"\\a' * 700, "<@a," * 500, "<" + "a@" * 900, "<a@" + "b." * 900],
)
def test_hostile_paths_take_linear_time(text):
    def refuse():
        with pytest.raises(PathError):
            forward_path("TO:" + text, smtputf8=False)

    assert _FORWARD.keyword == "TO:"
    assert milliseconds(refuse) < 20
