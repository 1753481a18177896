"""Secrets at rest."""

import pytest

from gateway.rules.tokens import Keyring
from gateway.runtime.vault import KeyringVault
from gateway.runtime.world import SystemChance

OLD, NEW = b"o" * 32, b"n" * 32
ABOUT = "smtp password of ten_1"


def vault(*secrets):
    return KeyringVault(Keyring(secrets), SystemChance())


def test_what_was_sealed_opens_again():
    assert vault(OLD).open(vault(OLD).seal(b"s3cret", ABOUT), ABOUT) == b"s3cret"


def test_the_same_secret_is_never_sealed_alike():
    assert vault(OLD).seal(b"s3cret", ABOUT) != vault(OLD).seal(b"s3cret", ABOUT)


def test_a142_a_sealed_text_moved_to_another_company_opens_nothing():
    assert vault(OLD).open(vault(OLD).seal(b"s3cret", ABOUT), "smtp password of ten_2") is None


def test_after_a_rotation_old_secrets_open_and_are_known_as_old():
    sealed = vault(OLD).seal(b"s3cret", ABOUT)
    rotated = vault(NEW, OLD)
    assert (rotated.open(sealed, ABOUT), rotated.is_current(sealed)) == (b"s3cret", False)


@pytest.mark.parametrize("sealed", ["", "no base64!", "AAAA", "é"])
def test_nonsense_opens_nothing(sealed):
    assert vault(OLD).open(sealed, ABOUT) is None
    assert not vault(OLD).is_current(sealed)


def test_a_flipped_bit_is_noticed():
    sealed = vault(OLD).seal(b"s3cret", ABOUT)
    flipped = sealed[:30] + ("A" if sealed[30] != "A" else "B") + sealed[31:]
    assert vault(OLD).open(flipped, ABOUT) is None
