"""What recipients' domains published about TLS."""

from sqlmodel import Field

from gateway.store.tables.base import Stored, big, table_of


class StsPolicyRow(Stored, table=True):
    """A domain's MTA-STS policy. policy: the lines of its file; until: how long it holds."""

    __tablename__ = "sts_policy"

    domain: str = Field(primary_key=True)
    policy_id: str
    policy: str
    fetched_at: int = big()
    until: int = big(index=True)


STS_POLICY = table_of(StsPolicyRow)
