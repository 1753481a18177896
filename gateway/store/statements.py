"""Statements: written in SQLAlchemy Core, compiled once per database, run by the driver.

Core's own way from statement to cursor costs more than most statements of ours.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, ClauseElement, ColumnElement, String, Table, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import Insert, insert, psycopg
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
_DIALECTS: Mapping[str, Dialect] = {
    SQLITE: sqlite.dialect(paramstyle="named"),
    POSTGRESQL: psycopg.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
}


class Statement:
    """A statement, with its texts for the databases.

    keys: the columns that an INSERT or UPDATE without VALUES sets, by parameters of
        the same names.
    """

    __slots__ = ("_clause", "_keys", "_texts")

    def __init__(self, clause: ClauseElement, *, keys: Sequence[str] | None = None) -> None:
        self._clause = clause
        self._keys = None if keys is None else list(keys)
        self._texts: dict[str, tuple[str, dict[str, Any]]] = {}

    def text(self, dialect: str) -> tuple[str, dict[str, Any]]:
        """Return the SQL text and the parameters that are constant."""
        try:
            return self._texts[dialect]
        except KeyError:
            made = self._texts[dialect] = self._compile(_DIALECTS[dialect])
            return made

    def _compile(self, dialect: Dialect) -> tuple[str, dict[str, Any]]:
        compiled = self._clause.compile(dialect=dialect, column_keys=self._keys)
        assert isinstance(compiled, SQLCompiler)
        constants: dict[str, Any] = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        return str(compiled), constants


class Several:
    """A statement about several values of one kind, compiled once per number of them.

    The number is rounded up to a power of two, and the last value repeated.
    """

    __slots__ = ("_build", "_made")

    def __init__(self, build: Callable[[Sequence[BindParameter[Any]]], ClauseElement]) -> None:
        self._build = build
        self._made: dict[int, Statement] = {}

    def of(self, values: Sequence[Any]) -> tuple[Statement, dict[str, Any]]:
        """Return the statement for these values, at least one, and their parameters."""
        size = 1 << (len(values) - 1).bit_length()
        statement = self._made.get(size)
        if statement is None:
            binds: list[BindParameter[Any]] = [bindparam(f"each_{n}") for n in range(size)]
            statement = self._made[size] = Statement(self._build(binds))
        padded = [*values, *[values[-1]] * (size - len(values))]
        return statement, {f"each_{index}": value for index, value in enumerate(padded)}


def new(table: Table) -> Insert:
    """Return an INSERT; PostgreSQL's ON CONFLICT is SQLite's too, and compiles for both."""
    return insert(table)


class InCodeOrder(ColumnElement[str]):
    """A text column, compared by its characters' numbers, whatever language the database speaks.

    SQLite does so anyway; PostgreSQL by the collation that the database was made with.
    """

    inherit_cache = False
    type = String()

    def __init__(self, column: ColumnElement[str]) -> None:
        """Compare this column so."""
        self.column = column


@compiles(InCodeOrder)
def _in_code_order(element: InCodeOrder, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.column, **more)


@compiles(InCodeOrder, POSTGRESQL)
def _in_code_order_of_postgresql(element: InCodeOrder, compiler: SQLCompiler, **more: Any) -> str:
    return f'{compiler.process(element.column, **more)} COLLATE "C"'


def passing(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a text column for a comparison that no index is to be chosen for."""
    return column + ""


def columns(table: Table, *without: str) -> list[str]:
    """Return the names of a table's columns but `position` and those named."""
    names = [column.name for column in table.columns]
    return [name for name in names if name not in {"position", *without}]
