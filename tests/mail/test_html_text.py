"""HTML as the text that its reader sees."""

import pytest

from gateway.mail.html_text import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("Hi <b>Jana</b>,\n  how are\tyou", "Hi Jana, how are you", id="white space"),
        pytest.param("<p>one</p><p>two</p>", "one\n\ntwo", id="paragraphs"),
        pytest.param("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo", id="Gmail"),
        pytest.param("<p>one</p><p>&nbsp;</p><p>two</p>", "one\n\ntwo", id="Outlook"),
        pytest.param("one<br>two<br><br>three", "one\ntwo\n\nthree", id="line breaks"),
        pytest.param("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc", id="list"),
        pytest.param("<ol><li>a<ul><li>b</ul><li>c</ol>", "1. a\n  - b\n2. c", id="nested list"),
        pytest.param("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc", id="table"),
        pytest.param('<a href="https://x.test/a?b&amp;c">our order</a>, please',
                     "our order <https://x.test/a?b&c>, please", id="link"),
        pytest.param('<a href="https://www.x.test/">x.test</a>', "x.test", id="link that says so"),
        pytest.param('<a href="mailto:j@x.test">Jana</a>', "Jana", id="link to a person"),
        pytest.param('<a href="https://x.test/1"><img src="y"></a>', "", id="link without words"),
        pytest.param('<a href="https://x.test/1"><p>a</p><p>b</p></a>', "a\n\nb", id="blocks"),
        pytest.param("<pre>a\n  b</pre>", "a\n  b", id="preformatted"),
        pytest.param("a<blockquote>b<blockquote>c</blockquote></blockquote>d",
                     "a\n\n> b\n>\n>> c\n\nd", id="quotation"),
        pytest.param("a&lt;b&gt; &amp;amp; &euro;", "a<b> &amp; €", id="references"),
        pytest.param("<style>x</style><title>y</title>a<script>z</script>", "a", id="not shown"),
        pytest.param('<div style="display:none">preheader</div>a', "a", id="hidden"),
        pytest.param('<div style="DISPLAY : none">a<b>b</b></div>c', "c", id="hidden tree"),
        pytest.param('<p title="a > b">c</p>', "c", id="angle bracket in an attribute"),
        pytest.param("<p>a</p", "a", id="never closed"),
        pytest.param("", "", id="empty"),
    ],
)  # fmt: skip
def test_text_is_what_is_seen(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize("piece", ["<div>", "&x", "<a href='", "<!--", "<"])
def test_wild_html_still_gives_text(piece: str) -> None:
    assert "hello" in html_to_text("<p>hello</p>" + piece * 50_000)
