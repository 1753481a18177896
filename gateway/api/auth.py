"""Who asks: API keys, what they may do, and on behalf of which company."""

import hmac
from dataclasses import dataclass

from starlette.datastructures import Headers

from gateway.api.problems import Refusal, not_found
from gateway.api.services import Services
from gateway.flow.companies import ADMIN_SCOPES
from gateway.rules.audit import Actor, prefix_of
from gateway.rules.model import Tenant

_REALM = 'Bearer realm="postroom"'
_LONGEST_KEY = 512


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that was recognised. tenant_id None: an admin key.

    prefix: how it begins, "" unless it was made by us.
    """

    key_id: str
    tenant_id: str | None
    scopes: frozenset[str]
    prefix: str = ""

    @property
    def is_admin(self) -> bool:
        """Say whether it may see every company."""
        return self.tenant_id is None and "admin" in self.scopes

    def actor(self, network: str) -> Actor:
        """Return it as the audit log names it."""
        kind = "key" if self.tenant_id else "admin"
        return Actor(kind, self.key_id, self.prefix, network)


class WrongKey(Refusal):
    """A key was given that opens nothing."""


def bearer(headers: Headers) -> str:
    """Return the key that a request brings in our own way, "" without one."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


async def recognise(services: Services, secret: str) -> Caller:
    """Return whose key it is. Raises Refusal: 401; `WrongKey` if a key was given."""
    if not secret:
        raise Refusal(
            401,
            "key_missing",
            "This needs an API key.",
            hint="Send the header “Authorization: Bearer KEY”.",
            headers={"WWW-Authenticate": _REALM},
        )
    fixed = services.admin_key()
    if fixed and hmac.compare_digest(fixed.encode(), secret.encode("utf-8", "replace")):
        return Caller("key_fixed", None, frozenset(ADMIN_SCOPES))
    known = len(secret) <= _LONGEST_KEY and secret.isascii() and secret.isprintable()
    key = await services.companies.recognise(secret) if known else None
    if key is None:
        raise WrongKey(
            401,
            "key_unknown",
            "The API key is unknown or was revoked.",
            headers={"WWW-Authenticate": f'{_REALM}, error="invalid_token"'},
        )
    scopes = frozenset(key.scopes)
    if key.tenant_id is None and "admin" in scopes:
        scopes |= frozenset(ADMIN_SCOPES)
    return Caller(key.id, key.tenant_id, scopes, prefix_of(secret))


def permit(caller: Caller, *, admin: bool, scopes: tuple[str, ...]) -> None:
    """Check what a key may do: any of `scopes` suffices. Raises Refusal: 403."""
    if admin and not caller.is_admin:
        raise Refusal(403, "admin_only", "This needs an admin key.")
    if scopes and not caller.scopes.intersection(scopes):
        wanted = " or ".join(scopes)
        raise Refusal(
            403,
            "scope_missing",
            f"The key lacks the scope {wanted}.",
            headers={
                "WWW-Authenticate": f'{_REALM}, error="insufficient_scope", '
                f'scope="{" ".join(scopes)}"'
            },
        )


async def company(services: Services, caller: Caller, asked: str | None) -> Tenant | None:
    """Return the company that the request is about; None: an admin who names none.

    asked: the parameter `tenant`. Raises Refusal: 404 for other companies, 401 if the key's
    own one was removed.
    """
    if caller.tenant_id is not None and asked not in {None, caller.tenant_id}:
        raise not_found()
    tenant_id = caller.tenant_id or asked
    if tenant_id is None:
        return None
    tenant = await services.context.store.read(lambda work: work.tenants.get(tenant_id))
    if tenant is not None:
        return tenant
    if caller.tenant_id is not None:
        raise Refusal(401, "key_unknown", "The company of this key was removed.")
    raise not_found()
