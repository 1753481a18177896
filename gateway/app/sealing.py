"""After a rotation of the installation's secrets: what is sealed is sealed with the newest.

What no secret opens stays as it is: that is told where it is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.flow.context import Context
from gateway.flow.online import sealed_anew
from gateway.hooks.secrets import label_of
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.ports.vault import Vault
from gateway.rules.hooks import Secret, Webhook
from gateway.rules.model import Tenant
from gateway.rules.own_server import kept, settings_of, vault_label


@dataclass(slots=True)
class Resealing:
    """Seals one text after the other, and counts those that were sealed anew."""

    vault: Vault
    count: int = 0

    def __call__(self, sealed: str, label: str) -> str:
        """Return it sealed with the newest secret."""
        if not sealed or self.vault.is_current(sealed):
            return sealed
        opened = self.vault.open(sealed, label)
        if opened is None:
            return sealed
        self.count += 1
        return self.vault.seal(opened, label)


async def seal_anew(context: Context) -> int:
    """Seal companies' passwords and keys, and endpoints' secrets; return how many changed."""

    def job(work: Work) -> int:
        again = Resealing(context.vault)
        for tenant in work.tenants.all():
            _passwords(work, tenant, again)
            sealed_anew(work, tenant.id, again)
            for webhook in _webhooks(work, tenant.id):
                _secrets(work, webhook, again)
        return again.count

    return await context.store.write(job)


def _passwords(work: Work, tenant: Tenant, again: Resealing) -> None:
    settings = settings_of(tenant)
    sealed = again(settings.account.sealed, vault_label(tenant.id))
    if sealed != settings.account.sealed:
        settings = replace(settings, account=replace(settings.account, sealed=sealed))
        work.tenants.change(replace(tenant, email=kept(settings)))


def _secrets(work: Work, webhook: Webhook, again: Resealing) -> None:
    label = label_of(webhook.id)
    secrets = tuple(Secret(again(one.sealed, label), one.until) for one in webhook.secrets)
    if secrets != webhook.secrets:
        work.hooks.change(replace(webhook, secrets=secrets))


def _webhooks(work: Work, tenant_id: str) -> Iterator[Webhook]:
    cursor: str | None = None
    while True:
        listed = work.hooks.page(tenant_id, Page(100, cursor))
        yield from listed.items
        cursor = listed.next_cursor
        if cursor is None:
            return
