"""A new secret at the head of the ring: old tokens open, marks differ, the file is whole."""

import stat

import pytest

from gateway.mail.errors import ConfigError
from gateway.rules.tokens import (
    MOST_SECRETS,
    Keyring,
    PersonRef,
    answer_token,
    mark_of,
    read_answer_token,
)
from gateway.runtime.rotation import read_secrets, with_new_secret, without_oldest, write_secrets

PERSON = PersonRef(3, 4711)


def drawn(*secrets):
    left = list(secrets)
    return lambda _octets: left.pop(0)


def same_mark(secret):
    """Return another secret whose tokens bear the same mark."""
    return next(
        other
        for other in (bytes([n % 256, n // 256]) * 16 for n in range(1, 65536))
        if other != secret and mark_of(other) == mark_of(secret)
    )


def test_old_tokens_open_after_a_rotation_and_new_ones_name_the_new_secret():
    old = Keyring((b"a" * 32,))
    token = answer_token(old, PERSON)
    ring = with_new_secret(old, drawn(b"b" * 32))
    assert ring.secrets == (b"b" * 32, b"a" * 32)
    assert read_answer_token(ring, token) == PERSON
    assert read_answer_token(old, answer_token(ring, PERSON)) is None
    assert read_answer_token(without_oldest(ring, 1), token) is None


def test_a_secret_whose_mark_is_taken_is_drawn_again():
    twin = same_mark(b"a" * 32)
    ring = with_new_secret(Keyring((b"a" * 32,)), drawn(twin, twin, b"b" * 32))
    assert ring.secrets[0] == b"b" * 32


def test_a_full_ring_and_bad_chance_are_told():
    ring, many = Keyring((b"a" * 32,)), (n.to_bytes(32, "big") for n in range(1, 10**6))
    while len(ring.secrets) < MOST_SECRETS:
        ring = with_new_secret(ring, lambda _: next(many))
    with pytest.raises(ConfigError, match="retire old ones"):
        with_new_secret(ring, drawn())
    with pytest.raises(ConfigError, match="chance"):
        with_new_secret(Keyring((b"a" * 32,)), lambda _: b"a" * 32)


def test_the_newest_secret_always_stays():
    assert without_oldest(Keyring((b"b" * 32, b"a" * 32)), 9).secrets == (b"b" * 32,)


def test_the_file_is_replaced_whole_and_is_its_owners_alone(tmp_path):
    file = tmp_path / "secret"
    file.write_text("ab" * 32)
    file.chmod(0o644)
    ring = Keyring((b"b" * 32, b"a" * 32))
    write_secrets(file, ring)
    assert read_secrets(file) == ring
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]
