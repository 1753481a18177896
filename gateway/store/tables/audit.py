"""Who changed what."""

from sqlmodel import Field

from gateway.store.tables.base import Stored, big, position_field, table_of


class AuditRow(Stored, table=True):
    """A change of settings, keys, logins, people. changed: JSON of fields and harmless values."""

    __tablename__ = "audit"

    position: int | None = position_field()
    id: str = Field(unique=True)
    at: int = big()
    tenant_id: str | None = Field(default=None, foreign_key="tenant.id", index=True)
    who: str
    who_id: str
    prefix: str
    network: str
    action: str
    subject: str
    changed: str


AUDIT = table_of(AuditRow)
