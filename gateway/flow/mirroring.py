"""The test company of a company: made when it is first wanted."""

from gateway.flow.context import Context
from gateway.ports.store import Work
from gateway.rules.model import Tenant
from gateway.rules.testing import is_test, mirror_id_of, mirror_of


async def mirror(context: Context, tenant: Tenant) -> Tenant:
    """Return a company's test company; of a test company itself."""
    if is_test(tenant.id):
        return tenant
    now, wanted = context.clock.now(), mirror_id_of(tenant.id)
    found = await context.store.read(lambda work: work.tenants.get(wanted))

    def make(work: Work) -> Tenant:
        return work.tenants.get(wanted) or work.tenants.add(mirror_of(tenant, now))

    return await context.store.write(make) if found is None else found
