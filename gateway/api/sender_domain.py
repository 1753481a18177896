"""The company's own sender domain: shown, claimed, checked, given up."""

from dataclasses import replace

from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.sender_domain import RecordShown, SenderDomainShown, SenderDomainTaken
from gateway.flow.context import Context
from gateway.flow.refusal import not_found
from gateway.rules.domain_claims import shown_domain
from gateway.rules.model import Tenant
from gateway.rules.sender_domains import SenderDomain, is_ours, own_sender, shown, told

_PATH = "/v1/settings/email/sender-domain"


def sender_domain_shown(context: Context, tenant: Tenant, claim: SenderDomain) -> SenderDomainShown:
    """Return a claim as the API shows it."""
    return SenderDomainShown(
        address=claim.address,
        domain=claim.domain,
        domain_shown=shown_domain(claim.domain),
        status=claim.standing.value,
        since=claim.since,
        verified_at=claim.verified_at,
        checked_at=claim.checked_at,
        sending_from=context.names.author_address(replace(tenant, own_sender=own_sender(claim))),
        records=[
            RecordShown(**told(one), by_gateway=is_ours(one.record))
            for one in shown(claim, context.names.sender)
        ],
    )


def _answer(call: Call, claim: SenderDomain) -> Reply:
    return Reply(sender_domain_shown(call.services.context, call.company, claim))


async def read(call: Call) -> Reply:
    """Return the claim, with what DNS answered last."""
    claim = await call.services.sender_domains.of(call.company)
    if claim is None:
        raise not_found("sender domain")
    return _answer(call, claim)


async def claim(call: Call) -> Reply:
    """Claim an address, in the place of the one before, and ask DNS at once."""
    address = call.body(SenderDomainTaken).address
    return _answer(call, await call.services.sender_domains.claim(call.company, address))


async def verify(call: Call) -> Reply:
    """Ask DNS now."""
    return _answer(call, await call.services.sender_domains.check(call.company))


async def remove(call: Call) -> Reply:
    """Give the domain up: mail comes from the gateway's address from now on."""
    if not await call.services.sender_domains.remove(call.company):
        raise not_found("sender domain")
    return Reply()


ROUTES = (
    Route(
        "GET",
        _PATH,
        "Read the company's own sender domain",
        read,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        answer=SenderDomainShown,
    ),
    Route(
        "PUT",
        _PATH,
        "Have mail sent from an address of the company's own domain",
        claim,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        live_only=True,
        body=SenderDomainTaken,
        answer=SenderDomainShown,
    ),
    Route(
        "POST",
        f"{_PATH}/verify",
        "Ask DNS now whether the sender domain's records are published",
        verify,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        live_only=True,
        answer=SenderDomainShown,
    ),
    Route(
        "DELETE",
        _PATH,
        "Give the company's own sender domain up",
        remove,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        live_only=True,
        status=204,
    ),
)
