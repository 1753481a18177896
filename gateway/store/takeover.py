"""Leases of a process that is gone: freed at once where only one process can hold any."""

from sqlalchemy import Engine, text, update

from gateway.store.claim import DatabaseNow
from gateway.store.tables import DELIVERY, INBOUND, WEBHOOK


def free_leases(engine: Engine) -> int:
    """Let everything that was claimed be claimed again now; return how many rows.

    For whoever holds the directory's lock: nobody else can be at work. On PostgreSQL
    leases run out instead.
    """
    freed = 0
    with engine.begin() as connection:
        for table in (INBOUND, DELIVERY, WEBHOOK):
            # What is leased waits; the index of what waits is small, the table may not be.
            waits = text("due_at IS NOT NULL")
            held = update(table).where(waits, table.c.lease_owner.is_not(None))
            freed += connection.execute(
                held.values(lease_owner=None, due_at=DatabaseNow())
            ).rowcount
        unverified = update(INBOUND).where(text("verify_at IS NOT NULL"))
        connection.execute(unverified.values(verify_at=DatabaseNow()))
    return freed
