"""The copy that leaves: in whose name it is, signed to match.

A mail is never sent in the name of a domain that is not proven at that moment. One that was
composed for a company's own domain leaves in our name instead once the domain's records are broken;
it keeps its Message-ID and its tokens, so that answers find their conversation all the same.
"""

from dataclasses import replace

import structlog

from gateway.flow.contents import keep, whole
from gateway.flow.context import Context
from gateway.mail.authorship import author_of_copy, signed_as, with_author
from gateway.mail.errors import MailError
from gateway.ports.signer import Signer
from gateway.ports.store import Work
from gateway.rules.model import Delivery, Tenant
from gateway.rules.own_server import is_own_route, settings_of
from gateway.rules.sender_domains import OwnSender, is_selector_of

log = structlog.get_logger()


async def signed_copy(
    context: Context, signer: Signer, delivery: Delivery, tenant: Tenant | None
) -> tuple[Delivery, bytes]:
    """Return the delivery with its signature, and the bytes that belong below it.

    Raises Stale if somebody else has the delivery by now, ConfigError without keys, Fault.
    """
    raw = await whole(context, delivery.tenant_id, delivery.raw_sha256)
    if is_own_route(delivery.route):
        # A company's own server signs for its own domain.
        return replace(delivery, signature=delivery.signature or b""), raw
    domain = author_of_copy(raw).rpartition("@")[2]
    own = tenant.own_sender if tenant else None
    if tenant is not None and _is_foreign(context, tenant, domain):
        return await _in_our_name(context, signer, delivery, tenant, raw)
    if own is None or domain != own.domain:
        own = None
    if delivery.signature is not None and _still_holds(delivery.signature, own):
        return delivery, raw
    signature = await signer.sign(raw, own)
    if delivery.signature is None:
        return replace(delivery, signature=signature), raw
    # The domain was given up and claimed anew: its old names lead nowhere.
    return await _kept(context, replace(delivery, signature=signature)), raw


def _is_foreign(context: Context, tenant: Tenant, domain: str) -> bool:
    """Say whether a copy's From is in a domain that this company can't write in now."""
    if not domain or settings_of(tenant).uses_own_server:
        return False  # what goes to the sandbox may bear the address of its own server
    proven = tenant.own_sender.domain if tenant.own_sender else ""
    return domain not in {context.names.sender, proven}


def _still_holds(signature: bytes, own: OwnSender | None) -> bool:
    return own is None or is_selector_of(own, signed_as(signature)[1])


async def _in_our_name(
    context: Context, signer: Signer, delivery: Delivery, tenant: Tenant, raw: bytes
) -> tuple[Delivery, bytes]:
    try:
        copy = with_author(raw, context.names.sender_address(tenant))
    except MailError as error:
        log.warning("delivery.not_readdressed", id=delivery.id, why=str(error))
        return replace(delivery, signature=delivery.signature or b""), raw
    kept = await keep(context, delivery.tenant_id, copy)
    signature = await signer.sign(copy, None)
    changed = replace(delivery, signature=signature, raw_sha256=kept.sha256, raw_size=kept.size)

    def store(work: Work) -> None:
        work.contents.add(kept)
        message = work.messages.get(delivery.tenant_id, delivery.message_id)
        if message is not None and message.raw_sha256 == delivery.raw_sha256:
            sender = replace(message.from_, address=context.names.sender_address(tenant))
            shown = replace(message, from_=sender, raw_sha256=kept.sha256, raw_size=kept.size)
            work.messages.change(shown)
        work.deliveries.recopy(changed, fence=delivery.fence)

    await context.store.write(store)
    log.info("delivery.in_our_name", id=delivery.id, why="the sender domain is not verified")
    return changed, copy


async def _kept(context: Context, delivery: Delivery) -> Delivery:
    await context.store.write(lambda work: work.deliveries.recopy(delivery, fence=delivery.fence))
    return delivery
