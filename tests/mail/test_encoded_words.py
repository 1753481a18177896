"""Header text is decoded, on one line, in linear time."""

import pytest

from gateway.mail.encoded_words import decode_words, header_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"plain", "plain", id="plain"),
        pytest.param("Faktúra".encode(), "Faktúra", id="raw UTF-8"),
        pytest.param(b"Fr\xf6sche", "Frösche", id="raw Latin-1"),
        pytest.param(b"=?iso-8859-1?Q?Stra=DFe_8?=", "Straße 8", id="Q"),
        pytest.param(b"=?utf-8?b?xb7EvmE=?=", "žľa", id="B"),
        pytest.param(b"=?utf-8?b?xb7EvmE?=", "žľa", id="B without padding"),
        pytest.param(b"Re: =?utf-8?q?a?= b", "Re: a b", id="among words"),
        pytest.param(b"=?utf-8?q?a?= \t=?utf-8?q?b?=", "ab", id="space between words goes"),
        pytest.param(b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é", id="character cut in half"),
        pytest.param(b"=?us-ascii*en?q?hi?=", "hi", id="language"),
        pytest.param(b"=?utf-8?q?What?_really?=", "What? really", id="question mark inside"),
        pytest.param(b"=?utf-8?q?open", "=?utf-8?q?open", id="never closed"),
        pytest.param(b"=?x-none?q?a=E9?=", "aé", id="unknown charset"),
        pytest.param("=?iso-8859-1?q?é?=".encode(), "é", id="raw UTF-8 in a Latin-1 word"),
        pytest.param(b"=?utf-8?q?x=0D=0ABcc:_e=40x?=", "x  Bcc: e@x", id="hidden line end"),
        pytest.param("a\u202egnp.exe".encode(), "agnp.exe", id="text turned around"),
        pytest.param("a\u2028b".encode(), "a b", id="line separator"),
    ],
)
def test_a_field_is_one_line_of_text(raw: bytes, text: str) -> None:
    assert header_text(raw) == text


def test_words_in_text_that_was_decoded_already_are_decoded() -> None:
    assert decode_words("Ján =?utf-8?q?Nov=C3=A1k?=") == "Ján Novák"
