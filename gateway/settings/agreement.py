"""Settings that are right one by one, but not together. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.settings.positions import Address
from gateway.settings.tree import Settings


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Settings that contradict each other, the one to blame first, and what is wrong."""

    between: tuple[Address, ...]
    text: str


def contradictions(settings: Settings) -> Iterator[Contradiction]:
    """Yield every disagreement between settings."""
    yield from _domains(settings)
    yield from _tls(settings)
    yield from _listeners(settings)
    yield from _companies(settings)


def _domains(settings: Settings) -> Iterator[Contradiction]:
    domains = settings.domains
    if domains.reply == domains.sender:
        yield Contradiction(
            (("domains", "reply"), ("domains", "sender")),
            f'[domains] reply = "{domains.reply}" is also that of sender: write a domain that '
            f'is used for nothing else, such as "reply.{domains.sender.partition(".")[2]}"',
        )
    for name in ("sender", "reply", "bounce"):
        domain = getattr(domains, name)
        if domain in settings.relay.sandbox_domains:
            yield Contradiction(
                (("domains", name), ("relay", "sandbox_domains")),
                f'[domains] {name} = "{domain}" is also among [relay] sandbox_domains: '
                "write another",
            )
    passed_on = domains.postmaster.rpartition("@")[2].lower()
    if passed_on in {domains.sender, domains.reply, domains.bounce}:
        yield Contradiction(
            (("domains", "postmaster"),),
            f'[domains] postmaster = "{domains.postmaster}" is at a domain of the gateway, where '
            'it would come back: write an address elsewhere, such as "admin@example.net"',
        )


def _tls(settings: Settings) -> Iterator[Contradiction]:
    certificate, key = settings.tls.certificate, settings.tls.key
    if certificate and not key:
        yield Contradiction(
            (("tls", "certificate"), ("tls", "key")),
            "[tls] key is missing: write the path of the certificate's private key",
        )
    if key and not certificate:
        yield Contradiction(
            (("tls", "key"), ("tls", "certificate")),
            "[tls] certificate is missing: write the path of the key's certificate",
        )
    if settings.listen.submissions and not certificate:
        yield Contradiction(
            (("listen", "submissions"), ("tls", "certificate")),
            "[listen] submissions needs a certificate: write [tls] certificate and key, "
            "or submissions = []",
        )


def _listeners(settings: Settings) -> Iterator[Contradiction]:
    listen = settings.listen
    taken: dict[str, Address] = {}
    for name in ("mx", "submission", "submissions", "http", "metrics"):
        for index, place in enumerate(getattr(listen, name)):
            if place.port and str(place) in taken:
                other = taken[str(place)]
                yield Contradiction(
                    (("listen", name, index), ("listen", name), other),
                    f'[listen] {name}: "{place}" is taken by {other[1]}: write another port',
                )
            taken[str(place)] = ("listen", name)


def _companies(settings: Settings) -> Iterator[Contradiction]:
    if not settings.tenant:
        return
    # Most configurations name no company, and every command reads one.
    from gateway.rules.names import slug_of  # noqa: PLC0415

    slugs: dict[str, str] = {}
    usernames: set[str] = set()
    for index, company in enumerate(settings.tenant):
        slug = company.slug or slug_of(company.name)
        if slug in slugs:
            yield Contradiction(
                (("tenant", index, "slug"), ("tenant", index)),
                f'[tenant] slug "{slug}" is also that of "{slugs[slug]}": write another',
            )
        slugs.setdefault(slug, company.name)
        for row, login in enumerate(company.logins):
            if login.username in usernames:
                yield Contradiction(
                    (("tenant", index, "logins", row, "username"), ("tenant", index)),
                    f'[tenant.logins] username "{login.username}" is taken by another login: '
                    "write another",
                )
            usernames.add(login.username)
