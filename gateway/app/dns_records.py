"""The DNS records that an installation publishes."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.mail.mta_sts import PUBLISHED_AGE
from gateway.rules.dns_verdicts import Record
from gateway.rules.sender_domains import keys_name
from gateway.runtime.dkim_keys import DkimKeys, KeyDns
from gateway.settings import DomainsSettings, Settings

_TTL = 300
_TXT_OCTETS = 255
UNKNOWN = "<address of this machine>"


def records(
    settings: Settings, keys: Sequence[KeyDns], addresses: Sequence[str]
) -> Iterator[Record]:
    """Yield every record to publish.

    keys: the TXT records of the DKIM keys. addresses: the machine's public ones; where they
    aren't known, a placeholder stands for them.
    """
    host, domains = settings.server.hostname, settings.domains
    postmaster = f"postmaster@{domains.sender}"
    yield from _host_records(host, addresses)
    for domain in mail_domains(domains):
        yield Record(domain, "MX", f"10 {host}", f"mail to {domain} comes to this machine")
    for name in dict.fromkeys((host, *mail_domains(domains))):
        yield Record(name, "TXT", f"v=spf1 a:{host} -all", _spf_purpose(settings, name))
    for key in keys:
        yield Record(key.name, "TXT", key.value, f"DKIM key, {key.state.value}")
    for domain in mail_domains(domains):
        policy = f"v=DMARC1; p=reject; rua=mailto:{postmaster}"
        purpose = "DMARC: mail in its name that is not ours is refused"
        yield Record(f"_dmarc.{domain}", "TXT", policy, purpose)
    for domain in mail_domains(domains):
        yield _sts(domain, host)
        yield Record(f"mta-sts.{domain}", "CNAME", host, "where others fetch the MTA-STS policy")
        report = f"v=TLSRPTv1; rua=mailto:{postmaster}"
        yield Record(f"_smtp._tls.{domain}", "TXT", report, "reports about TLS (RFC 8460)")
    if settings.tls.certificate is not None:
        yield from _tlsa(settings.tls.certificate, host)


def records_now(
    settings: Settings, keys: DkimKeys, addresses: Sequence[str], now: datetime
) -> Sequence[Record]:
    """Return every record to publish, with those of the keys. Raises ConfigError."""
    found = [*records(settings, keys.records(settings.domains.sender, now), addresses)]
    return [*found, *company_records(settings, keys, now)]


def company_records(settings: Settings, keys: DkimKeys, now: datetime) -> Sequence[Record]:
    """Return the records behind companies' own domains. Raises ConfigError."""
    if not settings.domains.company_domains:
        return ()
    return [
        Record(
            keys_name(key.slot, settings.domains.sender),
            "TXT",
            key.value,
            f"DKIM key {key.slot} behind companies' own domains{', signs' if key.signs else ''}",
        )
        for key in keys.company_keys(now)
    ]


def mail_domains(domains: DomainsSettings) -> tuple[str, ...]:
    """Return the domains whose mail comes here, each once."""
    return tuple(dict.fromkeys((domains.sender, domains.reply, domains.bounce)))


def _host_records(host: str, addresses: Sequence[str]) -> Iterator[Record]:
    for address in addresses or [UNKNOWN]:
        known = address != UNKNOWN
        kind = "AAAA" if known and ip_address(address).version == 6 else "A"
        yield Record(host, kind, address, "this machine")
    for address in addresses or [UNKNOWN]:
        name = ip_address(address).reverse_pointer if address != UNKNOWN else UNKNOWN
        purpose = "its name, set by whom the address belongs to; else others refuse its mail"
        yield Record(name, "PTR", host, purpose)


def _spf_purpose(settings: Settings, name: str) -> str:
    if name == settings.domains.bounce and settings.relay.next_hop is not None:
        return "SPF of return-paths; add what your smarthost asks for, such as include:"
    return "SPF: only this machine sends in its name"


def _sts(domain: str, host: str) -> Record:
    age = int(PUBLISHED_AGE.total_seconds())
    policy = f"version: STSv1 / mode: enforce / mx: {host} / max_age: {age}"
    policy_id = hashlib.sha256(policy.encode()).hexdigest()[:20]
    where = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
    purpose = f"MTA-STS (RFC 8461), once {where} says: {policy}"
    return Record(f"_mta-sts.{domain}", "TXT", f"v=STSv1; id={policy_id}", purpose)


def _tlsa(certificate: Path, host: str) -> Iterator[Record]:
    try:
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, ValueError):
        return  # `check` and `doctor` say what is wrong with it
    key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    yield Record(
        f"_25._tcp.{host}",
        "TLSA",
        f"3 1 1 {hashlib.sha256(key).hexdigest()}",
        "DANE (RFC 7672), only where DNSSEC signs the zone; keep the key when renewing",
    )


def public_addresses(settings: Settings) -> list[str]:
    """Return the public addresses that mx listens on."""
    found = []
    for place in settings.listen.mx:
        try:
            if ip_address(place.host).is_global:
                found.append(place.host)
        except ValueError:
            continue
    return found


def zone(found: Sequence[Record]) -> str:
    """Return records as lines of a zone file; those with a placeholder as comments."""
    return "\n".join([f"$TTL {_TTL}", *map(_line, found)])


def _line(record: Record) -> str:
    value = {
        "TXT": _strings(record.value),
        "MX": f"{record.value}.",
        "PTR": f"{record.value}.",
        "CNAME": f"{record.value}.",
    }.get(record.type, record.value)
    unknown = UNKNOWN in {record.name, record.value}
    name = record.name if record.name == UNKNOWN else f"{record.name}."
    return f"{'; ' if unknown else ''}{name} IN {record.type} {value} ; {record.purpose}"


def _strings(text: str) -> str:
    parts = [text[at : at + _TXT_OCTETS] for at in range(0, len(text), _TXT_OCTETS)]
    return " ".join(f'"{part}"' for part in parts)
