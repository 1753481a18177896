"""Our tokens in quoted text permit nothing any more; what only looks like one stays."""

import pytest

from gateway.rules.redaction import without_tokens
from gateway.rules.tokens import (
    ItemRef,
    Keyring,
    Label,
    LinkRef,
    PdfRef,
    PersonRef,
    answer_token,
    chat_token,
    item_token,
    pdf_token,
)

KEYS = Keyring((b"k" * 32,))
PERSON = PersonRef(3, 4711)
CHAT = chat_token(KEYS, LinkRef(PERSON, 1))
PDF = pdf_token(KEYS, PdfRef(LinkRef(PERSON, 1), b"i" * 15))
ANSWER = answer_token(KEYS, PERSON)
MARKER = item_token(KEYS, Label.BODY_MARKER, ItemRef(3, b"i" * 15))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"> https://m.example/c/{CHAT}", "> https://m.example/c/…"),
        (f'<a href="https://m.example/d/{PDF}">x</a>', '<a href="https://m.example/d/…">x</a>'),
        (f"Reply to acme-{ANSWER}@reply.example", "Reply to acme-…@reply.example"),
        (f"{CHAT.upper()} {CHAT}", "… …"),
        (f"x{CHAT}", f"x{CHAT}"),
        (f"{CHAT}2", f"{CHAT}2"),
        (CHAT[:-1] + ("a" if CHAT[-1] != "a" else "b"), None),
        (f"Ref: {MARKER}", f"Ref: {MARKER}"),
        ("c" + "a" * 39, "c" + "a" * 39),
    ],
)
def test_a40_links_and_addresses_in_quoted_text_are_taken_out(text, shown):
    assert without_tokens(KEYS, text) == (text if shown is None else shown)
