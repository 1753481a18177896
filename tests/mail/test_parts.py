"""The tree of parts, and which of them are text, HTML, attachments."""

import pytest

from gateway.mail.bodies import sort_parts
from gateway.mail.parts import Part, walk
from gateway.mail.reading import ReadLimits

LIMITS = ReadLimits(parts=10, nesting=3)


def mail(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def shape(part: Part) -> object:
    """Return a tree as nested lists of media types."""
    if not part.is_multipart:
        return part.content_type
    return [part.content_type, *(shape(child) for child in part.children)]


def contents(raw: bytes) -> list[bytes]:
    return [part.octets(raw) for part in walk(raw, LIMITS).root.leaves()]


NESTED = mail("""Content-Type: multipart/mixed; boundary=outer

preamble
--outer
Content-Type: multipart/alternative; boundary="inner one"

--inner one
Content-Type: text/plain

plain
--inner one
Content-Type: text/html

<p>html
--inner one--
--outer
Content-Type: application/pdf

%PDF
--outer--
epilogue
""")


def test_parts_lie_where_their_boundaries_say() -> None:
    assert shape(walk(NESTED, LIMITS).root) == [
        "multipart/mixed",
        ["multipart/alternative", "text/plain", "text/html"],
        "application/pdf",
    ]
    assert contents(NESTED) == [b"plain", b"<p>html", b"%PDF"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("--b\n\none\n--b\n\ntwo\n", [b"one", b"two\r\n"], id="never closed"),
        pytest.param(
            "--b\n\none\n--bb\n\ntwo\n--b--", [b"one\r\n--bb\r\n\r\ntwo"], id="longer one"
        ),
        pytest.param("--b  \n\none\n--b--  \n", [b"one"], id="spaces behind"),
        pytest.param("--b\n--b\n\none\n--b--", [b"", b"one"], id="empty part"),
        pytest.param("--b\n\none\n--b--\n\n--b\n\ntwo\n--b--", [b"one", b"two"], id="opened again"),
        pytest.param("just text\n", [b"just text\r\n"], id="no parts at all"),
        pytest.param("--B\nX: y\n\none\n--B--\n", [b"one"], id="another boundary"),
    ],
)
def test_a76_broken_multiparts_lose_nothing(body: str, found: list[bytes]) -> None:
    assert contents(mail(f"Content-Type: multipart/mixed; boundary=b\n\n{body}")) == found


def test_a_multipart_may_forget_its_boundary() -> None:
    raw = mail("Content-Type: multipart/mixed\n\n--x\nContent-Type: text/plain\n\none\n--x--\n")
    tree = walk(raw, LIMITS)
    assert shape(tree.root) == ["multipart/mixed", "text/plain"]
    assert tree.defects == ("multipart_without_boundary",)


def test_an_outer_boundary_ends_what_is_inside() -> None:
    raw = mail(
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed;"
        " boundary=i\n\n--i\n\none\n--o\n\ntwo\n--o--\n"
    )
    assert contents(raw) == [b"one", b"two"]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("a", "a"), ("a", "a--"), ("a", "ab"), ("ab", "a"), ("a--", "a"), ("a--", "a----")],
)
def test_a_line_that_two_boundaries_could_mean_is_the_innermost_open_ones(
    outer: str, inner: str
) -> None:
    raw = mail(
        f"Content-Type: multipart/mixed; boundary={outer}\n\n"
        f"--{outer}\nContent-Type: multipart/alternative; boundary={inner}\n\n"
        f"--{inner}\n\nplain\n--{inner}\nContent-Type: text/html\n\n<p>html\n--{inner}--\n"
        f"between\n--{outer}\nContent-Type: image/png\n\npng\n--{outer}--\n"
    )
    assert contents(raw) == [b"plain", b"<p>html", b"png"]


def test_a_multipart_that_nothing_closes_keeps_its_many_parts() -> None:
    part = "--in\n\nx\n" * 20_000
    raw = mail(
        "Content-Type: multipart/mixed; boundary=out\n\n"
        f"--out\nContent-Type: multipart/mixed; boundary=in\n\n{part}"
    )
    tree = walk(raw, ReadLimits(parts=30_000))
    assert sum(1 for _ in tree.root.leaves()) == 20_000


def test_a_message_within_is_one_part() -> None:
    raw = mail(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\n"
        "Content-Type: message/rfc822\n\nSubject: secret\n\nleak\n--b--\n"
    )
    assert contents(raw) == [b"see below", b"Subject: secret\r\n\r\nleak"]


def test_what_a_digest_holds_are_messages() -> None:
    raw = mail("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--\n")
    assert shape(walk(raw, LIMITS).root) == ["multipart/digest", "message/rfc822"]


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 50,
            "too_many_parts",
            id="parts",
        ),
        pytest.param(
            b"".join(
                b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth)
                for depth in range(50)
            ),
            "nested_too_deep",
            id="nesting",
        ),
        pytest.param(b"A: b\r\n" * 5000 + b"\r\n", "header_too_long", id="fields"),
    ],
)
def test_limits_cut(raw: bytes, defect: str) -> None:
    tree = walk(raw, LIMITS)
    assert (tree.is_cut, defect in tree.defects) == (True, True)
    assert len(list(tree.root.leaves())) <= LIMITS.parts


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        pytest.param("text/html", "text/html", id="plain"),
        pytest.param("TEXT/HTML ; x=y", "text/html", id="capitals"),
        pytest.param("text", "text/plain", id="half"),
        pytest.param("", "text/plain", id="empty"),
        pytest.param("; name=x.zip", "application/octet-stream", id="a name alone"),
        pytest.param("x y z", "application/octet-stream", id="nonsense"),
    ],
)
def test_media_types_are_what_they_can_be(field: str, kind: str) -> None:
    assert walk(mail(f"Content-Type: {field}\n\nx"), LIMITS).root.content_type == kind


def part(kind: str, *, disposition: str = "", name: str = "") -> Part:
    root = walk(mail(f"Content-Type: {kind}\n\n"), LIMITS).root
    return Part(root.fields, kind, {}, disposition, name, "", "", 0, 0)


def multipart(subtype: str, *children: Part) -> Part:
    root = walk(b"\r\n", LIMITS).root
    return Part(root.fields, f"multipart/{subtype}", {}, "", "", "", "", 0, 0, children)


def test_bodies_and_attachments_are_those_of_rfc_8621() -> None:
    """The example of section 4.1.4, but that every picture is an attachment too."""
    a, b, d, k = (part("text/plain", disposition="inline") for _ in range(4))
    c, f, g = (part("image/jpeg") for _ in range(3))
    e, h, j = part("text/html"), part("application/x-excel"), part("message/rfc822")
    root = multipart(
        "mixed",
        a,
        multipart(
            "mixed",
            multipart("alternative", multipart("mixed", b, c, d), multipart("related", e, f)),
            g,
            h,
            j,
        ),
        k,
    )
    bodies = sort_parts(root)
    assert bodies.text == [a, b, d, k]
    assert bodies.html == [a, e, k]
    assert bodies.attachments == [c, f, g, h, j]


@pytest.mark.parametrize(
    ("root", "text", "html", "attachments"),
    [
        pytest.param(part("text/html"), 1, 1, 0, id="HTML alone is the text too"),
        pytest.param(part("application/pdf"), 0, 0, 1, id="PDF alone"),
        pytest.param(part("text/plain", disposition="attachment"), 0, 0, 1, id="attached text"),
        pytest.param(part("text/enriched"), 1, 0, 0, id="enriched text"),
        pytest.param(
            multipart("mixed", part("text/plain"), part("text/plain", name="a.txt")), 1, 1, 1,
            id="text with a file name",
        ),
        pytest.param(
            multipart("mixed", part("text/plain"), part("text/plain")), 2, 2, 0, id="footer"
        ),
        pytest.param(
            multipart("related", part("text/html"), part("image/png")), 1, 1, 1, id="picture"
        ),
        pytest.param(
            multipart("alternative", part("text/plain"), part("text/html"), part("text/calendar")),
            1, 1, 1,
            id="invitation",
        ),
        pytest.param(
            multipart("signed", part("text/plain"), part("application/pgp-signature")), 1, 1, 1,
            id="signature",
        ),
    ],
)  # fmt: skip
def test_leaves_are_sorted(root: Part, text: int, html: int, attachments: int) -> None:
    bodies = sort_parts(root)
    assert (len(bodies.text), len(bodies.html), len(bodies.attachments)) == (
        text,
        html,
        attachments,
    )
