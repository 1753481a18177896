"""Companies' own sender domains."""

from sqlmodel import Field

from gateway.store.tables.base import Stored, big, moment, table_of


class SenderDomainRow(Stored, table=True):
    """A company's claim to a domain. verdicts: JSON; check_at: when DNS is to be asked."""

    __tablename__ = "sender_domain"

    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    address: str
    token: str
    created_at: int = big()
    since: int = big()
    standing: str
    verified_at: int | None = moment()
    checked_at: int | None = moment()
    verdicts: str
    check_at: int = big(index=True)


SENDER_DOMAIN = table_of(SenderDomainRow)
