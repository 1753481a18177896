"""DKIM keys on disk: made at first start, rotated without a gap, told to DNS.

A key is one file, `SELECTOR.pem`: a few lines that say what it is, then the private key. Each
change writes a whole new file beside it, syncs it, and renames it over the old one. A plain
PEM file that an admin puts there is an active key.

A key is `standby` (published, signs nothing yet), `active` (signs) or `retired` (signs no
more; published until the mail that it signed has arrived).

Mail from companies' own domains is signed by one algorithm's keys, under two names that lead to
them (`rules.sender_domains`): while one slot holds the key that signs, the other holds the one
that signed before, and once no such mail is under way, the one that comes next.
"""

import fcntl
import os
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from gateway.mail.dkim.keys import key_record
from gateway.mail.dkim.signature import ED25519, LIFETIME, RSA, SigningKey
from gateway.mail.errors import ConfigError
from gateway.rules.sender_domains import SLOTS, CompanyKey
from gateway.runtime.synced import replace_file

RSA_BITS = 2048
TXT_OCTETS = 255
FIRST_SLOT = SLOTS[0]
_PEM_BEGIN = b"-----BEGIN"
_INITIALS = {RSA: "r", ED25519: "e"}
_SELECTOR = frozenset(string.ascii_lowercase + string.digits + "-_.")


class KeyState(StrEnum):
    """Where a key stands in its life."""

    STANDBY = "standby"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A key with its file's facts. retired_at: None unless it is retired.

    slot: under which of companies' names it signs or signed; 0 for one that never signed.
    """

    signing: SigningKey
    state: KeyState
    made_at: datetime
    retired_at: datetime | None = None
    slot: int = 0

    @property
    def selector(self) -> str:
        """The selector under which the key is published."""
        return self.signing.selector

    @property
    def algorithm(self) -> str:
        """The a= value of its signatures."""
        return self.signing.algorithm


@dataclass(frozen=True, slots=True)
class KeyDns:
    """The TXT record of a key: its name, its value in strings of at most 255 octets."""

    name: str
    strings: tuple[str, ...]
    state: KeyState

    @property
    def value(self) -> str:
        """The strings joined, as a verifier sees them."""
        return "".join(self.strings)


class DkimKeys:
    """The keys of a directory, read anew each time: other processes may rotate them."""

    def __init__(self, directory: Path, algorithms: Sequence[str]) -> None:
        """Keep keys in `directory` for these algorithms; touches nothing yet."""
        self._directory = directory
        self._algorithms = tuple(algorithms)
        self._known: dict[Path, tuple[bytes, DkimKey]] = {}

    def all(self) -> tuple[DkimKey, ...]:
        """Return all keys, by selector.

        Raises ConfigError if a file can't be read as a key.
        """
        if not self._directory.is_dir():
            return ()
        return tuple(self._key(path) for path in sorted(self._directory.glob("*.pem")))

    def _key(self, path: Path) -> DkimKey:
        """Return the key of a file. To prove an RSA key takes 60 ms: it is done once for a file."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{path}: not a private key of ours: {error}") from error
        known = self._known.get(path)
        if known is None or known[0] != content:
            known = self._known[path] = content, _read(path, content)
        return known[1]

    def signing_keys(self) -> tuple[SigningKey, ...]:
        """Return the newest active key of each algorithm: those that sign.

        Raises ConfigError if an algorithm has none, or a file can't be read.
        """
        keys = self.all()
        return tuple(self._signing(keys, algorithm).signing for algorithm in self._algorithms)

    def company_key(self) -> tuple[int, SigningKey]:
        """Return what signs mail from companies' own domains, and its slot. Raises ConfigError."""
        key = self._signing(self.all(), self._company_algorithm)
        return key.slot, key.signing

    def company_keys(self, now: datetime) -> tuple[CompanyKey, ...]:
        """Return what the names of each slot are to lead to now. Raises ConfigError."""
        keys = [key for key in self.all() if key.algorithm == self._company_algorithm]
        active = _newest(keys, self._company_algorithm, KeyState.ACTIVE)
        if active is None:
            return ()
        other = _other(active.slot)
        under_way = [
            key
            for key in keys
            if key.slot == other and key.retired_at and now < key.retired_at + LIFETIME
        ]
        beside = (
            max(under_way, key=lambda key: key.retired_at or now)
            if under_way
            else _newest(keys, self._company_algorithm, KeyState.STANDBY, oldest=True)
        )
        held = [(active.slot, active, True), *([(other, beside, False)] if beside else [])]
        return tuple(
            CompanyKey(slot, key_record(key.signing.private), signs)
            for slot, key, signs in sorted(held, key=lambda one: one[0])
        )

    def coming_company_key(self, now: datetime) -> CompanyKey | None:
        """Return the key that a rotation would let sign, None while its place is taken."""
        standby = _newest(self.all(), self._company_algorithm, KeyState.STANDBY, oldest=True)
        wanted = key_record(standby.signing.private) if standby else ""
        return next((key for key in self.company_keys(now) if key.value == wanted), None)

    @property
    def _company_algorithm(self) -> str:
        """The algorithm that every receiver knows, if it is among ours."""
        return RSA if RSA in self._algorithms else self._algorithms[0]

    def _signing(self, keys: Sequence[DkimKey], algorithm: str) -> DkimKey:
        newest = _newest(keys, algorithm, KeyState.ACTIVE)
        if newest is None:
            raise ConfigError(f"no active DKIM key for {algorithm}: run `postroom dkim new`")
        return newest

    def make_missing(self, now: datetime) -> tuple[DkimKey, ...]:
        """Make an active and a standby key for each algorithm without any; return those made."""
        with self._locked():
            made: list[DkimKey] = []
            known = {key.algorithm for key in self.all()}
            for algorithm in self._algorithms:
                if algorithm in known:
                    continue
                made.append(self._make(algorithm, KeyState.ACTIVE, now))
                made.append(self._make(algorithm, KeyState.STANDBY, now))
            return tuple(made)

    def new(self, algorithm: str, now: datetime) -> DkimKey:
        """Make a key: active if the algorithm has no active one, else standby.

        Raises ConfigError if the algorithm is unknown.
        """
        if algorithm not in _INITIALS:
            raise ConfigError(f"{algorithm} is no DKIM algorithm: {RSA} or {ED25519}")
        with self._locked():
            has_active = _newest(self.all(), algorithm, KeyState.ACTIVE) is not None
            state = KeyState.STANDBY if has_active else KeyState.ACTIVE
            return self._make(algorithm, state, now)

    def rotate(self, now: datetime) -> tuple[DkimKey, ...]:
        """Let the standby keys sign, retire the active ones, make new standby keys.

        Returns the keys that sign now. Raises ConfigError, changing nothing, if an algorithm
        has no standby key: one made just now is in nobody's DNS.
        """
        with self._locked():
            keys = self.all()
            coming: list[DkimKey] = []
            for algorithm in self._algorithms:
                standby = _newest(keys, algorithm, KeyState.STANDBY, oldest=True)
                if standby is None:
                    raise ConfigError(
                        f"no standby DKIM key for {algorithm}: run `postroom dkim new`, publish "
                        "its record, and rotate once it is seen in DNS"
                    )
                coming.append(standby)
            risen: list[DkimKey] = []
            for standby in coming:
                before = _newest(keys, standby.algorithm, KeyState.ACTIVE)
                slot = _other(before.slot) if before else FIRST_SLOT
                # Between the two writes both are active: the mail is signed by either.
                risen.append(self._write(replace(standby, state=KeyState.ACTIVE, slot=slot)))
                for key in keys:
                    if key.state is KeyState.ACTIVE and key.algorithm == standby.algorithm:
                        self._write(replace(key, state=KeyState.RETIRED, retired_at=now))
                if _newest(self.all(), standby.algorithm, KeyState.STANDBY) is None:
                    self._make(standby.algorithm, KeyState.STANDBY, now)
            return tuple(risen)

    def retire(self, selector: str, now: datetime) -> DkimKey:
        """Let a key sign no more; it stays published for the mail under way.

        Raises ConfigError if it is unknown, or the last active one of its algorithm.
        """
        with self._locked():
            keys = self.all()
            found = next((key for key in keys if key.selector == selector), None)
            if found is None:
                raise ConfigError(f"there is no DKIM key {selector}")
            if found.state is KeyState.RETIRED:
                return found
            others = [key for key in keys if key.selector != selector]
            if (
                found.state is KeyState.ACTIVE
                and _newest(others, found.algorithm, KeyState.ACTIVE) is None
            ):
                raise ConfigError(f"{selector} signs all mail: `postroom dkim rotate` first")
            return self._write(replace(found, state=KeyState.RETIRED, retired_at=now))

    def records(self, domain: str, now: datetime) -> tuple[KeyDns, ...]:
        """Return the TXT records to publish: of all keys but those retired for `LIFETIME`."""
        return tuple(
            KeyDns(
                f"{key.selector}._domainkey.{domain}",
                split_txt(key_record(key.signing.private)),
                key.state,
            )
            for key in self.all()
            if key.retired_at is None or now < key.retired_at + LIFETIME
        )

    def _make(self, algorithm: str, state: KeyState, now: datetime) -> DkimKey:
        private: RSAPrivateKey | Ed25519PrivateKey
        if algorithm == RSA:
            private = generate_private_key(65537, RSA_BITS)
        else:
            private = Ed25519PrivateKey.generate()
        signing = SigningKey(self._free_selector(algorithm, now), private)
        slot = FIRST_SLOT if state is KeyState.ACTIVE else 0
        made_at = now.astimezone(UTC).replace(microsecond=0)
        return self._write(DkimKey(signing, state, made_at, slot=slot))

    def _free_selector(self, algorithm: str, now: datetime) -> str:
        day = f"{_INITIALS[algorithm]}{now:%Y%m%d}"
        number = 1
        while (self._directory / f"{day}-{number}.pem").exists():
            number += 1
        return f"{day}-{number}"

    def _write(self, key: DkimKey) -> DkimKey:
        replace_file(self._directory / f"{key.selector}.pem", _file_content(key))
        return key

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the directory against other processes of ours that start or rotate."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _other(slot: int) -> int:
    first, second = SLOTS
    return second if slot == first else first


def split_txt(value: str) -> tuple[str, ...]:
    """Return the value in strings that fit a TXT record (RFC 1035, 3.3.14)."""
    return tuple(value[at : at + TXT_OCTETS] for at in range(0, len(value), TXT_OCTETS))


def _newest(
    keys: Sequence[DkimKey], algorithm: str, state: KeyState, *, oldest: bool = False
) -> DkimKey | None:
    """Return the newest key of that kind (or the oldest), or None; the selector breaks a tie."""
    fitting = sorted(
        (key for key in keys if key.algorithm == algorithm and key.state is state),
        key=lambda key: (key.made_at, len(key.selector), key.selector),
    )
    if not fitting:
        return None
    return fitting[0] if oldest else fitting[-1]


def _file_content(key: DkimKey) -> bytes:
    facts = [f"State: {key.state}", f"Made: {key.made_at.isoformat()}"]
    if key.retired_at is not None:
        facts.append(f"Retired: {key.retired_at.astimezone(UTC).isoformat(timespec='seconds')}")
    if key.slot:
        facts.append(f"Slot: {key.slot}")
    pem = key.signing.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return "\n".join([*facts, "", ""]).encode("ascii") + pem


def _read(path: Path, content: bytes) -> DkimKey:
    selector = path.stem
    if not _SELECTOR.issuperset(selector):
        raise ConfigError(f"{path}: a selector has small letters, digits, '-', '_' and '.' only")
    try:
        preamble, begin, pem = content.partition(_PEM_BEGIN)
        private = load_pem_private_key(begin + pem, None)
        facts = dict(line.split(": ", 1) for line in preamble.decode("ascii").splitlines() if line)
        state = KeyState(facts.get("State", KeyState.ACTIVE))
        made_at = (
            datetime.fromisoformat(facts["Made"])
            if "Made" in facts
            else datetime.fromtimestamp(path.stat().st_mtime, UTC)
        )
        retired_at = datetime.fromisoformat(facts["Retired"]) if "Retired" in facts else None
        # Keys of before there were slots, and an admin's own, are told by their state.
        slot = int(facts.get("Slot", FIRST_SLOT if state is KeyState.ACTIVE else 0))
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}: not a private key of ours: {error}") from error
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigError(f"{path}: neither an RSA nor an Ed25519 key")
    if isinstance(private, RSAPrivateKey) and private.key_size < RSA_BITS:
        raise ConfigError(f"{path}: an RSA key needs {RSA_BITS} bits at least (RFC 8301)")
    return DkimKey(SigningKey(selector, private), state, made_at, retired_at, slot)
