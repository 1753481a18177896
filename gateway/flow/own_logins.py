"""How one signs in at companies' own mail servers: their secrets, sealed and opened."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace

from gateway.flow.access_tokens import AccessTokens
from gateway.flow.context import Context
from gateway.ports.relay import Credentials, OwnServer, Tls
from gateway.ports.store import Work
from gateway.rules.model import Tenant
from gateway.rules.own_server import (
    Account,
    Auth,
    OAuthSecrets,
    Security,
    kept,
    settings_of,
    vault_label,
)


class OwnLogins:
    """Knows how to sign in by an account."""

    def __init__(self, context: Context, tokens: AccessTokens) -> None:
        """Open secrets by the context's vault, get access tokens by `tokens`."""
        self._context = context
        self._tokens = tokens

    def sealed_password(self, tenant_id: str, password: str) -> str:
        """Return a password as an account keeps it, "" for none."""
        if not password:
            return ""
        return self._context.vault.seal(password.encode(), vault_label(tenant_id))

    def sealed(self, tenant_id: str, oauth: Mapping[str, str]) -> str:
        """Return the secrets of OAuth2 as an account keeps them, "" without a refresh token."""
        if not oauth.get("refresh_token"):
            return ""
        secrets = OAuthSecrets(oauth["refresh_token"], oauth.get("client_secret", ""))
        text = json.dumps(asdict(secrets)).encode()
        return self._context.vault.seal(text, vault_label(tenant_id))

    async def server(self, tenant: Tenant, account: Account, *, fresh: bool = False) -> OwnServer:
        """Return the server with its login. fresh: with an access token that nobody has used.

        Raises TokenRefused, Fault (no access token).
        """
        return OwnServer(
            host=account.host,
            port=account.port,
            tls=Tls.NONE if account.security is Security.NONE else Tls.VERIFIED,
            implicit_tls=account.security is Security.TLS,
            credentials=await self._credentials(tenant, account, fresh=fresh),
        )

    async def _credentials(
        self, tenant: Tenant, account: Account, *, fresh: bool
    ) -> Credentials | None:
        if not account.login:
            return None
        opened = self._context.vault.open(account.sealed, vault_label(tenant.id)) or b""
        if account.auth is not Auth.OAUTH2:
            return Credentials(account.login, opened.decode())
        secrets = OAuthSecrets(**json.loads(opened or b"{}"))
        granted = await self._tokens.of(tenant.id, account, secrets, fresh=fresh)
        if granted.refresh_token is not None:
            renewed = {**asdict(secrets), "refresh_token": granted.refresh_token}
            await self._renew(tenant, account, self.sealed(tenant.id, renewed))
        return Credentials(account.login, granted.access_token, is_token=True)

    async def _renew(self, tenant: Tenant, account: Account, sealed: str) -> None:
        """Keep the refresh token that took the place of the stored one."""
        now = self._context.clock.now()

        def store(work: Work) -> None:
            current = work.tenants.get(tenant.id)
            settings = settings_of(current) if current else None
            if current is None or settings is None or settings.account.sealed != account.sealed:
                return  # of settings that aren't the stored ones
            changed = replace(settings, account=replace(settings.account, sealed=sealed))
            work.tenants.change(replace(current, email=kept(changed), updated_at=now))

        await self._context.store.write(store)
