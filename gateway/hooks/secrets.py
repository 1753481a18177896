"""Secrets of endpoints, sealed at rest."""

from collections.abc import Sequence
from datetime import datetime

from gateway.mail.errors import Fault
from gateway.ports.vault import Vault
from gateway.ports.world import Chance
from gateway.rules.hooks import Secret, Webhook
from webhooks.signing import KEY_OCTETS, SEED_OCTETS, Signer


def new_signer(chance: Chance) -> Signer:
    """Return a secret and a key pair of chance."""
    return Signer(chance.octets(KEY_OCTETS), chance.octets(SEED_OCTETS))


def sealed(vault: Vault, webhook_id: str, signer: Signer) -> Secret:
    """Return it sealed, to sign until further notice."""
    return Secret(vault.seal(signer.key + signer.seed, label_of(webhook_id)))


def signers(vault: Vault, webhook: Webhook, now: datetime) -> Sequence[Signer]:
    """Return what signs now, the newest first.

    Raises Fault if the installation's secret opens none of them: it was replaced.
    """
    found = []
    for secret in webhook.secrets:
        if secret.until is not None and secret.until <= now:
            continue
        octets = vault.open(secret.sealed, label_of(webhook.id))
        if octets is not None:
            found.append(Signer(octets[:KEY_OCTETS], octets[KEY_OCTETS:]))
    if not found:
        raise Fault(f"{webhook.id}: its secret can't be opened; rotate it")
    return found


def label_of(webhook_id: str) -> str:
    """Return what the vault is told that an endpoint's secrets are about."""
    return f"webhook secret of {webhook_id}"
