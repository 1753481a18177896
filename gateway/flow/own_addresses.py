"""From which addresses a company's services may hand over mail."""

from gateway.flow.context import Context
from gateway.rules.model import Tenant
from gateway.rules.own_server import settings_of
from gateway.rules.testing import live_id_of


async def own_addresses(context: Context, tenant: Tenant) -> frozenset[str]:
    """Return the addresses that belong to a company, in lower case.

    One that sends by its own server writes from that server's address. One with a domain of its
    own may go on to name the gateway's address, and its own one while that is not verified: the
    mail leaves from the address that holds then, so that no invoice is lost to a broken record.
    """
    names = context.names
    if settings_of(tenant).uses_own_server:
        return frozenset({names.author_address(tenant).lower()})
    claim = await context.store.read(lambda work: work.sender_domains.get(live_id_of(tenant.id)))
    claimed = {claim.address} if claim else set()
    return frozenset({names.sender_address(tenant).lower(), *claimed})
