"""Our own names: slugs, addresses, links."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.model import Tenant
from gateway.rules.names import Names, free_slug, slug_of
from gateway.rules.tokens import Keyring, PersonRef, find_answer_token

KEYS = Keyring((b"k" * 32,))
NAMES = Names(
    "mail.example.com",
    "mail.example.com",
    "reply.example.com",
    "bounce.example.com",
    "https://mail.example.com",
)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def tenant(slug="acme-sro"):
    return Tenant("ten_x", 5, slug, "Acme s.r.o.", NOW, NOW)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        pytest.param("Acme s.r.o.", "acme-sro", id="dots vanish"),
        pytest.param("Novák & Syn", "novak-and-syn", id="accents and ampersand"),
        pytest.param("Łódź Müller Straße", "lodz-muller-strasse", id="letters without accents"),
        pytest.param("ООО Ромашка", "ooo-romashka", id="cyrillic"),
        pytest.param("O'Brien's", "obriens", id="apostrophes vanish"),
        pytest.param("株式会社", "company", id="nothing we can spell"),
        pytest.param("  --  ", "company", id="nothing at all"),
    ],
)
def test_a_slug_is_the_name_in_plain_letters(name, slug):
    assert slug_of(name) == slug


@given(st.text(max_size=200))
def test_any_name_gives_a_local_part(name):
    slug = slug_of(name)
    assert 1 <= len(slug) <= 40
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")
    assert not slug.endswith("-")


def test_a_taken_slug_gets_the_next_number():
    assert free_slug("acme", {"acme", "acme-2"}) == "acme-3"


def test_a_reply_address_begins_with_the_company_and_ends_with_the_token():
    mailbox = NAMES.reply_mailbox(KEYS, tenant(), 42)
    local, _, domain = mailbox.address.partition("@")
    assert (mailbox.name, domain, local.startswith("acme-sro-")) == (
        "Acme s.r.o.",
        "reply.example.com",
        True,
    )
    assert find_answer_token(KEYS, local) == PersonRef(5, 42)


def test_a_long_company_name_leaves_room_for_the_token():
    mailbox = NAMES.reply_mailbox(KEYS, tenant("x" * 40), 42)
    local = mailbox.address.partition("@")[0]
    assert len(local) <= 64
    assert find_answer_token(KEYS, local) == PersonRef(5, 42)
