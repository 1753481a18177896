"""The tables, declared by SQLModel; nothing outside `store` sees them.

Moments are microseconds since 1970 in UTC: exact, the same in both databases, and
comparable with the database's own clock. Values that strangers choose the length of
(Message-IDs, document numbers) are looked up by a digest of 16 octets (`rows.key_of`),
since an index can't hold long ones. `position` numbers rows in the order they came.
"""

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table, text
from sqlmodel import Field, SQLModel

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
SERIAL = BigInteger().with_variant(Integer, "sqlite")


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of the rows for which `where` holds."""
    clause = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=clause, postgresql_where=clause)


def position_field() -> Any:
    """Return the field that numbers rows in the order they came."""
    return Field(
        default=None, primary_key=True, sa_type=SERIAL, sa_column_kwargs={"autoincrement": True}
    )


def big(**more: Any) -> Any:
    """Return a field for a moment, a size, or another number beyond 32 bits."""
    return Field(sa_type=BigInteger, **more)


def moment() -> Any:
    """Return a field for such a number, or NULL."""
    return Field(default=None, sa_type=BigInteger, nullable=True)


def octets(**more: Any) -> Any:
    """Return a field for octets."""
    return Field(sa_type=LargeBinary, **more)


class Stored(SQLModel):
    """What all tables share."""

    metadata = METADATA


def table_of(model: type[Stored]) -> Table:
    """Return the table of a model."""
    return METADATA.tables[str(model.__tablename__)]
