"""A company's own sender domain, and the records that prove it."""

from typing import Annotated

from pydantic import Field

from gateway.api.schemas.base import Given, Instant, Taken, one_of
from gateway.api.schemas.fields import Line
from gateway.rules.dns_verdicts import Published
from gateway.rules.sender_domains import Standing


class SenderDomainTaken(Taken):
    """Where the company's mail is to come from, once DNS proves that the domain is its own."""

    address: Line = Field(
        description="An address of the company's own domain; letters beyond ASCII are taken in the "
        "domain.",
        examples=["invoices@acme.example"],
    )


class RecordShown(Given):
    """A record to publish, and what DNS answered about it.

    One that is not optional and of type TXT is the gateway's own: told where it is at fault.
    """

    name: str
    type: Annotated[str, one_of("CNAME", "TXT")]
    value: str
    purpose: str
    optional: bool = Field(description="Mail is signed in the domain's name without it, too.")
    by_gateway: bool = Field(description="Published by the gateway, not by the company.")
    state: Annotated[str, one_of(*Published)] = Field(
        description="unknown: not asked yet, or DNS did not answer, which changes nothing."
    )
    found: list[str] = Field(description="What DNS answered.")
    remedy: str = Field(description='What to do; "" where all is well.')


class SenderDomainShown(Given):
    """A claim to a domain.

    While `status` is `verified`, mail comes from `address`, signed by its domain; else from
    `sending_from`, the gateway's address. A domain of which a record breaks is `failed`, and
    `verified` again as soon as DNS answers rightly.
    """

    address: str
    domain: str = Field(description="As DNS has it.")
    domain_shown: str = Field(description="As people read it: in its own letters.")
    status: Annotated[str, one_of(*Standing)]
    since: Instant = Field(description="When it came to stand so.")
    verified_at: Instant | None = Field(description="When DNS last proved it.")
    checked_at: Instant | None
    sending_from: str = Field(description="Where the company's mail comes from now.")
    records: list[RecordShown]
