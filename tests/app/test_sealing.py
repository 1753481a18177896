"""After a rotation, what companies gave us to keep is sealed with the newest secret alone."""

import json
from dataclasses import replace

import pytest

from gateway.app.sealing import seal_anew
from gateway.hooks.secrets import signers
from gateway.rules.tokens import Keyring
from gateway.runtime.vault import KeyringVault
from tests.flow.desk import KEYS
from tests.hooks.desk import open_hooks

pytestmark = pytest.mark.anyio
NEW = b"n" * 32


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_secrets_of_webhooks_and_payment_keys_open_once_the_old_secret_is_retired(tmp_path):
    async with open_hooks(tmp_path) as hooks:
        context, tenant_id = hooks.context, hooks.tenant_id
        webhook, secret = await hooks.add()
        _, rotated = await hooks.webhooks.rotate(tenant_id, webhook.id)
        fact, label = f"payments:{tenant_id}", f"payments secret_key of {tenant_id}"
        kept = json.dumps({"secret_key": context.vault.seal(b"sk_live_1", label)})
        await context.store.write(lambda work: work.facts.put(fact, kept))

        both = KeyringVault(Keyring((NEW, *KEYS.secrets)), context.chance)
        counts = [await seal_anew(replace(context, vault=both)) for _ in range(2)]

        alone = KeyringVault(Keyring((NEW,)), context.chance)
        found = signers(alone, await hooks.get(webhook.id), hooks.desk.clock.now())
        stored = json.loads(await hooks.desk.read(lambda work: work.facts.get(fact)))
        assert counts == [3, 0]
        assert [one.secret for one in found] == [rotated, secret]
        assert alone.open(stored["secret_key"], label) == b"sk_live_1"
