import os
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gateway.mail.dkim.keys import key_record
from gateway.mail.dkim.signature import ED25519, LIFETIME, RSA, sign
from gateway.mail.dkim.verify import DkimResult, verify
from gateway.mail.errors import ConfigError
from gateway.runtime.dkim_keys import DkimKeys, KeyState, split_txt

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=90)
DOMAIN = "mail.example.com"


def keys_in(directory, algorithms=(ED25519,)):
    return DkimKeys(directory / "dkim", algorithms)


def states(keys):
    return {key.selector: key.state.value for key in keys.all()}


def pem(private, encryption=None):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def test_nothing_is_there_before_the_first_start(tmp_path):
    keys = keys_in(tmp_path)
    assert keys.all() == ()
    assert not (tmp_path / "dkim").exists()
    with pytest.raises(ConfigError, match="no active DKIM key for ed25519-sha256"):
        keys.signing_keys()


def test_the_first_start_makes_an_active_and_a_standby_key_of_each_kind(tmp_path):
    keys = keys_in(tmp_path, [RSA, ED25519])
    made = keys.make_missing(NOW)
    assert states(keys) == {
        "e20261122-1": "active",
        "e20261122-2": "standby",
        "r20261122-1": "active",
        "r20261122-2": "standby",
    }
    assert {key.selector for key in made} == set(states(keys))
    assert [key.algorithm for key in keys.signing_keys()] == [RSA, ED25519]
    assert keys.signing_keys()[0].private.key_size == 2048


def test_the_next_start_makes_nothing(tmp_path):
    keys_in(tmp_path).make_missing(NOW)
    keys = keys_in(tmp_path)
    before = [key.signing_keys()[0].private.private_bytes_raw() for key in (keys,)]
    assert keys.make_missing(LATER) == ()
    assert [keys.signing_keys()[0].private.private_bytes_raw()] == before


def test_an_algorithm_that_is_added_gets_its_keys(tmp_path):
    keys_in(tmp_path, [ED25519]).make_missing(NOW)
    made = keys_in(tmp_path, [ED25519, RSA]).make_missing(LATER)
    assert [key.algorithm for key in made] == [RSA, RSA]


def test_only_the_owner_may_read_keys(tmp_path):
    before = os.umask(0)
    try:
        keys_in(tmp_path).make_missing(NOW)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "dkim").iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "dkim").stat().st_mode) == 0o700


def test_no_draft_stays_behind(tmp_path):
    keys = keys_in(tmp_path)
    keys.make_missing(NOW)
    keys.rotate(LATER)
    assert {path.suffix for path in (tmp_path / "dkim").iterdir()} == {".pem", ""}


def test_a_draft_left_by_a_crash_is_not_a_key(tmp_path):
    keys = keys_in(tmp_path)
    keys.make_missing(NOW)
    (tmp_path / "dkim" / "e20261122-3.pem.new").write_bytes(b"half")
    assert len(keys.all()) == 2
    assert keys.new(ED25519, NOW).selector == "e20261122-3"


def test_rotating_lets_the_standby_key_sign_and_makes_another(tmp_path):
    keys = keys_in(tmp_path)
    keys.make_missing(NOW)
    risen = keys.rotate(LATER)
    assert [key.selector for key in risen] == ["e20261122-2"]
    assert [key.selector for key in keys.signing_keys()] == ["e20261122-2"]
    assert states(keys) == {
        "e20261122-1": "retired",
        "e20261122-2": "active",
        "e20270220-1": "standby",
    }


def test_rotating_without_a_standby_key_changes_nothing(tmp_path):
    keys = keys_in(tmp_path, [ED25519, RSA])
    keys.make_missing(NOW)
    keys.retire("r20261122-2", NOW)
    before = states(keys)
    with pytest.raises(ConfigError, match="no standby DKIM key for rsa-sha256"):
        keys.rotate(LATER)
    assert states(keys) == before


def test_an_active_key_of_each_kind_stays(tmp_path):
    keys = keys_in(tmp_path)
    keys.make_missing(NOW)
    with pytest.raises(ConfigError, match="rotate"):
        keys.retire("e20261122-1", NOW)


def test_an_unknown_key_cannot_be_retired(tmp_path):
    with pytest.raises(ConfigError, match="there is no DKIM key x"):
        keys_in(tmp_path).retire("x", NOW)


def test_retiring_twice_keeps_the_first_date(tmp_path):
    keys = keys_in(tmp_path)
    keys.make_missing(NOW)
    keys.retire("e20261122-2", NOW)
    assert keys.retire("e20261122-2", LATER).retired_at == NOW


def test_a_new_key_waits_beside_an_active_one(tmp_path):
    keys = keys_in(tmp_path)
    assert keys.new(ED25519, NOW).state is KeyState.ACTIVE
    assert keys.new(ED25519, NOW).state is KeyState.STANDBY


def test_an_unknown_algorithm_is_told(tmp_path):
    with pytest.raises(ConfigError, match="rsa-sha1 is no DKIM algorithm"):
        keys_in(tmp_path).new("rsa-sha1", NOW)


def test_more_keys_than_nine_a_day_keep_their_order(tmp_path):
    keys = keys_in(tmp_path)
    keys.make_missing(NOW)
    for _ in range(10):
        keys.rotate(NOW)
    assert [key.selector for key in keys.signing_keys()] == ["e20261122-11"]


def test_records_of_all_keys_are_published_until_their_last_mail_has_arrived(tmp_path):
    keys = keys_in(tmp_path)
    keys.make_missing(NOW)
    keys.rotate(LATER)
    names = ["e20261122-1", "e20261122-2", "e20270220-1"]
    published = [f"{name}._domainkey.{DOMAIN}" for name in names]
    assert [record.name for record in keys.records(DOMAIN, LATER)] == published
    gone = keys.records(DOMAIN, LATER + LIFETIME)
    assert [record.name for record in gone] == published[1:]


def test_a_long_record_stands_in_strings_of_255_octets(tmp_path):
    keys = keys_in(tmp_path, [RSA])
    keys.make_missing(NOW)
    record = keys.records(DOMAIN, NOW)[0]
    assert [len(part) <= 255 for part in record.strings] == [True, True]
    assert record.value.startswith("v=DKIM1; k=rsa; p=MIIB")
    assert split_txt("") == ()


def test_what_the_keys_sign_the_records_verify(tmp_path):
    keys = keys_in(tmp_path, [RSA, ED25519])
    keys.make_missing(NOW)
    zone = {record.name: [record.value] for record in keys.records(DOMAIN, NOW)}
    raw = b"From: a@mail.example.com\r\n\r\nHello\r\n"
    signed = sign(raw, keys.signing_keys(), domain=DOMAIN, now=NOW) + raw
    assert [checked.result for checked in verify(signed, lambda name: zone[name], now=NOW)] == [
        DkimResult.PASS
    ] * 2


def held(keys, now):
    """Return which key is behind each of companies' names, and which of them signs."""
    values = {key_record(key.signing.private): key.selector for key in keys.all()}
    found = keys.company_keys(now)
    assert [one.slot for one in found if one.signs] == [keys.company_key()[0]]
    return {one.slot: values[one.value] for one in found}


def test_companies_names_lead_to_the_key_that_signs_and_to_the_next_one(tmp_path):
    keys = keys_in(tmp_path, [ED25519, RSA])
    assert keys.company_keys(NOW) == ()
    keys.make_missing(NOW)
    assert held(keys, NOW) == {1: "r20261122-1", 2: "r20261122-2"}
    slot, key = keys.company_key()
    assert (slot, key.selector) == (1, "r20261122-1")


def test_a_rotation_signs_under_the_other_name_and_leaves_the_old_key_until_its_mail_arrived(
    tmp_path,
):
    keys = keys_in(tmp_path, [ED25519])
    keys.make_missing(NOW)
    keys.rotate(LATER)
    assert keys.company_key()[0] == 2
    assert held(keys, LATER) == {1: "e20261122-1", 2: "e20261122-2"}
    assert held(keys, LATER + LIFETIME) == {1: "e20270220-1", 2: "e20261122-2"}
    keys.rotate(LATER + LIFETIME)
    assert keys.company_key()[0] == 1
    assert held(keys, LATER + LIFETIME) == {1: "e20270220-1", 2: "e20261122-2"}


def test_keys_of_before_there_were_such_names_take_their_places(tmp_path):
    keys = keys_in(tmp_path, [ED25519])
    keys.make_missing(NOW)
    for file in (tmp_path / "dkim").glob("*.pem"):
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(line for line in lines if not line.startswith(b"Slot")))
    assert held(keys, NOW) == {1: "e20261122-1", 2: "e20261122-2"}
    keys.rotate(LATER)
    assert held(keys, LATER) == {1: "e20261122-1", 2: "e20261122-2"}


def test_a_plain_pem_file_of_the_admin_is_an_active_key(tmp_path):
    directory = tmp_path / "dkim"
    directory.mkdir()
    (directory / "spring.pem").write_bytes(pem(generate_private_key(65537, 2048)))
    keys = keys_in(tmp_path, [RSA])
    assert keys.make_missing(NOW) == ()
    assert [key.selector for key in keys.signing_keys()] == ["spring"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("x.pem", b"nonsense", "not a private key", id="nonsense"),
        pytest.param("x.pem", b"", "not a private key", id="empty"),
        pytest.param(
            "x.pem",
            pem(generate_private_key(65537, 2048), BestAvailableEncryption(b"secret")),
            "not a private key",
            id="with a password",
        ),
        pytest.param("x.pem", pem(ec_key(SECP256R1())), "neither an RSA", id="another kind"),
        pytest.param("x.pem", pem(generate_private_key(65537, 1024)), "2048 bits", id="short"),
        pytest.param("X Y.pem", b"", "a selector has", id="name"),
        pytest.param(
            "x.pem",
            b"State: sleeping\n\n" + pem(generate_private_key(65537, 2048)),
            "sleeping",
            id="unknown state",
        ),
    ],
)
def test_a_file_that_is_no_key_is_told(tmp_path, name, content, words):
    directory = tmp_path / "dkim"
    directory.mkdir()
    (directory / name).write_bytes(content)
    with pytest.raises(ConfigError, match=words) as told:
        keys_in(tmp_path).all()
    assert name in str(told.value)
