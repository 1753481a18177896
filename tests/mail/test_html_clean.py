"""HTML of strangers comes out harmless, and still looks like their mail."""

import pytest

from gateway.mail.html_clean import Cleaned, clean, remote_pictures, with_pictures


def cleaned(html: str) -> str:
    found = clean(html)
    assert found is not None
    return found.html


@pytest.mark.parametrize(
    ("html", "harmless"),
    [
        pytest.param("<p>Hi <b>Jana</b></p>", "<p>Hi <b>Jana</b></p>", id="ordinary"),
        pytest.param("a<script>x()</script>b", "ab", id="script"),
        pytest.param("a<style>*{x:url(//e.test)}</style>b", "ab", id="style sheet"),
        pytest.param('<p onclick="x()">a</p>', "<p>a</p>", id="handler"),
        pytest.param('<p id="x" class="y" name="z">a</p>', "<p>a</p>", id="names in the page"),
        pytest.param('<form action="//e.test"><input name="p"><label for="pay">a</label></form>',
                     "a", id="form"),
        pytest.param("<svg onload=x()><a>b</a></svg>c", "c", id="SVG"),
        pytest.param('<math><mtext><table><mglyph><style><img src="x" onerror="y">', "",
                     id="MathML"),
        pytest.param('<iframe src="//e.test"></iframe><object data="x">y</object>a', "a",
                     id="frames"),
        pytest.param('<base href="//e.test"><meta http-equiv="refresh" content="0">a', "a",
                     id="head"),
        pytest.param('<p style="color:red">a</p>', '<p style="color:red">a</p>', id="colour"),
        pytest.param('<p style="color:red;position:fixed;z-index:9">a</p>',
                     '<p style="color:red">a</p>', id="position"),
        pytest.param('<p style="color:red;background:url(//e.test)">a</p>', "<p>a</p>", id="url"),
        pytest.param('<p style="color:re\\64;background:u\\72l(//e.test)">a</p>', "<p>a</p>",
                     id="escapes in style"),
        pytest.param('<p style="margin-top:-900px">a</p>', "<p>a</p>", id="moved over something"),
        pytest.param('<img src="https://e.test/x.png" alt="logo">', '<img alt="logo">',
                     id="remote picture"),
        pytest.param('<img src="cid:a@b">', '<img src="cid:a@b">', id="picture of the mail"),
        pytest.param('<img srcset="//e.test 2x" lowsrc="//e.test">', "<img>", id="srcset"),
        pytest.param('<img src="data:image/png;base64,AAAA">',
                     '<img src="data:image/png;base64,AAAA">', id="picture in the address"),
        pytest.param('<img src="data:image/svg+xml;base64,AAAA">', "<img>", id="SVG inside"),
        pytest.param('<table background="//e.test"><tbody><tr><td>a</td></tr></tbody></table>',
                     "<table><tbody><tr><td>a</td></tr></tbody></table>", id="background"),
        pytest.param("<!-- [if mso]> x <![endif] -->a", "a", id="comments"),
    ],
)  # fmt: skip
def test_a83_a84_a85_html_is_made_harmless(html: str, harmless: str) -> None:
    assert cleaned(html) == harmless


@pytest.mark.parametrize(
    "href", ["javascript:x()", "JaVaScRiPt:x()", "java\tscript:x()", "data:text/html,x",
             "vbscript:x", "file:///etc/passwd", "/inbox/settings", "//e.test", "cid:a"],
)  # fmt: skip
def test_a83_a87_links_lead_to_mail_and_the_web_alone(href: str) -> None:
    assert "href" not in cleaned(f'<a href="{href}">a</a>')


def test_links_open_apart_and_tell_nothing() -> None:
    assert cleaned('<a href="https://e.test/?a=b">a</a>') == (
        '<a href="https://e.test/?a=b" target="_blank" rel="noopener noreferrer nofollow">a</a>'
    )


def test_blocked_pictures_are_counted() -> None:
    html = '<img src="https://e.test/1"><img alt="x" src="//e.test/2"><img src="cid:a">'
    found = clean(html)
    assert found == Cleaned('<img><img alt="x"><img src="cid:a">', 2)


ADDRESS = "https://e.test/1?a=%22&amp;b=2"


def test_the_address_of_a_remote_picture_is_kept_where_nothing_loads_it() -> None:
    html = f'<p>x</p><img alt="a" src="{ADDRESS}"><img src="//e.test/2"><img src="cid:a">'
    found = clean(html, keep_addresses=True)
    kept = f'<img alt="a" data-remote-src="{ADDRESS}"><img>'
    assert found == Cleaned(f'<p>x</p>{kept}<img src="cid:a">', 2)
    assert remote_pictures(found.html) == ("https://e.test/1?a=%22&b=2",)


def test_a_picture_that_was_fetched_takes_the_place_of_its_address() -> None:
    found = clean(f'<img src="{ADDRESS}"><img src="http://e.test/2">', keep_addresses=True)
    assert found is not None
    shown = with_pictures(found.html, {"https://e.test/1?a=%22&b=2": "data:image/png;base64,AA"})
    assert shown == '<img src="data:image/png;base64,AA"><img data-remote-src="http://e.test/2">'


@pytest.mark.parametrize(
    "html",
    [
        pytest.param('<img src="javascript:x()">', id="script"),
        pytest.param('<img src="file:///etc/passwd">', id="file"),
        pytest.param('<img src="remote:https://e.test/1">', id="our own mark"),
        pytest.param('<img data-remote-src="https://e.test/1">', id="our own attribute"),
        pytest.param('<img src="/inbox/settings">', id="a path of ours"),
        pytest.param('data-remote-src="https://e.test/1"', id="words alone"),
        pytest.param(
            "<p title='<img data-remote-src=\"https://e.test/1\">'>a</p>", id="in a title"
        ),
        pytest.param(f'<img src="https://e.test/{"x" * 2000}">', id="endless"),
    ],
)
def test_a84_nothing_but_a_picture_of_the_web_is_ever_fetched(html: str) -> None:
    found = clean(html, keep_addresses=True)
    assert found is not None
    assert remote_pictures(found.html) == ()
    assert with_pictures(found.html, {"https://e.test/1": "data:,"}) == found.html


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 20_000, id="depth"),
        pytest.param("<b>" * 20_000 + "</b>" * 20_000, id="depth, closed again"),
        pytest.param("&x" * 100_000, id="references"),
    ],
)
def test_html_that_would_take_too_long_is_not_parsed(html: str) -> None:
    assert clean(html) is None


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<p>x" * 20_000, id="paragraphs that are never closed"),
        pytest.param("<div>x</div>" * 20_000, id="many elements"),
        pytest.param("&#1078;" * 100_000, id="letters written as references"),
        pytest.param("<td>" * 20_000, id="cells"),
    ],
)
def test_large_html_of_honest_mail_is_parsed(html: str) -> None:
    assert clean(html) is not None
