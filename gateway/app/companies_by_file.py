"""Companies that the configuration describes: added, changed, removed to match it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from gateway.app.office import Office
from gateway.flow.audit import Pen
from gateway.flow.companies import ALL_SCOPES, hash_of, key_facts, keys_of
from gateway.mail.errors import ConfigError
from gateway.ports.lists import Taken
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.audit import FILE, compared, profile_changes
from gateway.rules.credentials import ApiKey, Login
from gateway.rules.keys import Kind, kind_of_text
from gateway.rules.model import Tenant
from gateway.rules.names import slug_of
from gateway.rules.own_server import (
    Account,
    Method,
    Replies,
    Security,
    settings_of,
    vault_label,
)
from gateway.rules.reminders import ReminderRules
from gateway.rules.testing import live_id_of, mirror_id_of, mirror_of
from gateway.runtime.passwords import KeptPasswords
from gateway.settings import TenantFile

log = structlog.get_logger()


async def apply_companies(office: Office, wanted: Sequence[TenantFile]) -> None:
    """Make the companies managed by file the ones that are wanted, in one transaction.

    A company that is no longer described stays, with its mail, but without its keys and
    logins from the file, and is managed by API and commands again.

    Raises ConfigError if a key or login is another company's; then nothing has changed.
    """
    if not wanted and not await _any_managed(office):
        return
    passwords = {
        login.username: await asyncio.to_thread(KeptPasswords().hashed, login.password.text)
        for company in wanted
        for login in company.logins
    }
    pen = Pen(office.context, FILE, office.context.clock.now())

    def store(work: Work) -> list[str]:
        slugs = []
        for company in wanted:
            tenant = _company(work, company, pen)
            slugs.append(tenant.slug)
            _email(office, work, tenant, company, pen)
            _keys(work, tenant, company, pen)
            _logins(work, tenant, company, passwords, pen)
        for tenant in work.tenants.all():
            if tenant.managed_by_file and tenant.slug not in slugs:
                _release(work, tenant, pen)
        return slugs

    try:
        slugs = await office.context.store.write(store)
    except Taken as taken:
        what = "key" if taken.field == "hash" else taken.field
        raise ConfigError(
            f"[[tenant]] a {what} in the files belongs to another company ({taken.holder})"
        ) from taken
    log.info("companies.applied", slugs=slugs)


async def _any_managed(office: Office) -> bool:
    tenants = await office.context.store.read(lambda work: work.tenants.all())
    return any(tenant.managed_by_file for tenant in tenants)


def _company(work: Work, company: TenantFile, pen: Pen) -> Tenant:
    slug = company.slug or slug_of(company.name)
    brand = {
        key: value
        for key, value in (("color", company.brand.color), ("logo", company.brand.logo))
        if value
    }
    known, now = work.tenants.by_slug(slug), pen.now
    if known is None:
        known = work.tenants.add(
            Tenant(
                id=pen.context.new_id(ids.TENANT, now),
                number=0,
                slug=slug,
                name=company.name,
                created_at=now,
                updated_at=now,
                managed_by_file=True,
            )
        )
        pen.note(work, known.id, "company.added", known.id)
    wanted = replace(
        known,
        name=company.name,
        locale=company.locale,
        timezone=company.timezone,
        brand=brand,
        attach_pdf=company.attach_pdf.value,
        notify_address=company.notify.address or None,
        managed_by_file=True,
    )
    if wanted == known:
        return known
    differs = profile_changes(known, wanted)
    pen.note(work, known.id, "profile.changed", known.id, differs)
    return work.tenants.change(replace(wanted, updated_at=now))


def _email(office: Office, work: Work, tenant: Tenant, company: TenantFile, pen: Pen) -> None:
    """Store how its mail leaves; a password that is the same stays sealed as it is."""
    given, before = company.email, settings_of(tenant)
    account = Account(
        login=given.smtp.login,
        host=given.smtp.host.lower(),
        port=given.smtp.port,
        security=Security(given.smtp.security.value),
        from_address=given.smtp.from_address,
    )
    vault, label = office.context.vault, vault_label(tenant.id)
    password = given.smtp.password.text.encode()
    known = vault.open(before.account.sealed, label) if before.account.sealed else b""
    sealed = before.account.sealed
    if password != known:
        sealed = vault.seal(password, label) if password else ""
    account = replace(account, sealed=sealed)
    if replace(before.account, tested_at="") == account:
        account = before.account
    wanted = replace(
        before,
        method=Method(given.method.value),
        account=account,
        replies=Replies(given.replies.value),
        reminders=ReminderRules(
            tuple(sorted(set(given.reminders.before))),
            given.reminders.on_due,
            tuple(sorted(set(given.reminders.after))),
        ),
    )
    if wanted.uses_own_server and not wanted.account.is_complete:
        raise ConfigError(
            f'[tenant.email.smtp] of {tenant.slug}: method = "smtp" needs host, password, and '
            "from_address or a login that is an address"
        )
    if wanted != before:
        office.accounts.write(work, tenant, wanted, pen)


def _keys(work: Work, tenant: Tenant, company: TenantFile, pen: Pen) -> None:
    """Make the keys that came from files the wanted ones, those of the test company too."""
    wanted = {hash_of(key.key.text): key for key in company.keys}
    kinds = {key_hash: kind_of_text(given.key.text) for key_hash, given in wanted.items()}
    if Kind.TEST in kinds.values() and work.tenants.get(mirror_id_of(tenant.id)) is None:
        work.tenants.add(mirror_of(tenant, pen.now))
    standing = {key.hash: key.scopes for key in _by_file(work, tenant)}
    for key in _by_file(work, tenant):
        if key.hash not in wanted:
            _revoke_key(work, key, pen)
    for key_hash, given in wanted.items():
        scopes = tuple(scope.value for scope in given.scopes) or ALL_SCOPES
        if standing.get(key_hash) != scopes:
            owner = mirror_id_of(tenant.id) if kinds[key_hash] is Kind.TEST else tenant.id
            key_id = pen.context.new_id(ids.KEY, pen.now)
            work.keys.add(ApiKey(key_id, owner, scopes, key_hash, pen.now, managed_by_file=True))
            held = next(key for key in work.keys.all(owner) if key.hash == key_hash)
            pen.note(work, tenant.id, "key.added", held.id, key_facts(scopes, kinds[key_hash]))


def _by_file(work: Work, tenant: Tenant) -> list[ApiKey]:
    """Return a company's keys from files that work."""
    keys = keys_of(work, tenant.id)
    return [key for key in keys if key.managed_by_file and key.revoked_at is None]


def _logins(
    work: Work,
    tenant: Tenant,
    company: TenantFile,
    passwords: Mapping[str, str],
    pen: Pen,
) -> None:
    wanted = {login.username for login in company.logins}
    known = {login.username for login in work.keys.logins(tenant.id) if login.revoked_at is None}
    for login in work.keys.logins(tenant.id):
        if login.managed_by_file and login.revoked_at is None and login.username not in wanted:
            _revoke_login(work, login, pen)
    for username in sorted(wanted):
        if username not in known:
            pen.note(work, tenant.id, "login.added", username)
        work.keys.add_login(
            Login(username, tenant.id, passwords[username], pen.now, managed_by_file=True)
        )


def _revoke_key(work: Work, key: ApiKey, pen: Pen) -> None:
    work.keys.revoke(key.id, pen.now)
    pen.note(work, key.tenant_id and live_id_of(key.tenant_id), "key.revoked", key.id)


def _revoke_login(work: Work, login: Login, pen: Pen) -> None:
    work.keys.revoke_login(login.username, pen.now)
    pen.note(work, login.tenant_id, "login.revoked", login.username)


def _release(work: Work, tenant: Tenant, pen: Pen) -> None:
    for key in _by_file(work, tenant):
        _revoke_key(work, key, pen)
    for login in work.keys.logins(tenant.id):
        if login.managed_by_file and login.revoked_at is None:
            _revoke_login(work, login, pen)
    released = compared({"managed_by_file": True}, {"managed_by_file": False})
    pen.note(work, tenant.id, "profile.changed", tenant.id, released)
    work.tenants.change(replace(tenant, managed_by_file=False, updated_at=pen.now))
