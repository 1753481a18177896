"""A transaction at driver level, and the connection of one thread that runs it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor

from gateway.store.rows import storable
from gateway.store.statements import POSTGRESQL, Statement

Row = tuple[Any, ...]
_SAVEPOINT = "SAVEPOINT job"
_RELEASE = "RELEASE SAVEPOINT job"


class Transaction:
    """Runs statements; collects the events and topics of the jobs that share it.

    writing: whether its jobs may write; rows that they read to change are locked then.
    """

    __slots__ = ("_cursor", "dialect", "events", "topics", "writing")

    def __init__(self, cursor: DBAPICursor, dialect: str, *, writing: bool) -> None:
        self._cursor = cursor
        self.dialect = dialect
        self.writing = writing
        self.events: list[dict[str, Any]] = []
        self.topics: set[str] = set()

    def rows(self, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
        """Return all rows that a statement gives."""
        self._execute(statement, parameters)
        rows: list[Row] = self._cursor.fetchall()  # type: ignore[assignment]  # any sequence of tuples
        return rows

    def row(self, statement: Statement, parameters: Mapping[str, Any]) -> Row | None:
        """Return the first row, or None."""
        rows = self.rows(statement, parameters)
        return rows[0] if rows else None

    def run(self, statement: Statement, parameters: Mapping[str, Any]) -> int:
        """Run a statement that gives no rows; return how many it wrote."""
        self._execute(statement, parameters)
        return self._cursor.rowcount

    def many(self, statement: Statement, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each set of parameters."""
        text, constants = statement.text(self.dialect)
        sets = [{**constants, **each} for each in parameters] if constants else list(parameters)
        self._cursor.executemany(text, sets)

    def reset(self) -> None:
        """Forget the events and topics of the transaction before."""
        self.events = []
        self.topics = set()

    def wake(self, topic: str) -> None:
        """Note a topic, for after the commit."""
        self.topics.add(topic)

    def _execute(self, statement: Statement, parameters: Mapping[str, Any]) -> None:
        text, constants = statement.text(self.dialect)
        if constants:
            parameters = {**constants, **parameters}
        try:
            self._cursor.execute(text, parameters)
        except Exception as error:
            if not _is_unstorable(error):
                raise
            clean = {name: storable(value) for name, value in parameters.items()}
            self._cursor.execute(text, clean)


def _is_unstorable(error: Exception) -> bool:
    """Return whether a driver refused text before it reached the database.

    psycopg says so with a DataError that has no SQLSTATE.
    """
    if isinstance(error, UnicodeEncodeError):
        return True
    return type(error).__name__ == "DataError" and getattr(error, "sqlstate", "") is None


class Line:
    """The connection of one thread, with its transaction.

    The driver begins nothing by itself: `begin` to `commit` is what happens.
    Raises the driver's errors.
    """

    def __init__(self, engine: Engine, *, writing: bool) -> None:
        """Connect."""
        self._connection = engine.raw_connection()
        self._dialect = engine.dialect.name
        if self._dialect == POSTGRESQL:
            driver: Any = self._connection.driver_connection
            driver.autocommit = True
            self._begin = "BEGIN" if writing else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        else:
            self._begin = "BEGIN IMMEDIATE" if writing else "BEGIN"
        self._cursor = self._connection.cursor()
        self._is_marked = False
        self.transaction = Transaction(self._cursor, self._dialect, writing=writing)

    @property
    def is_alive(self) -> bool:
        """Whether the connection is still worth using."""
        driver: Any = self._connection.driver_connection
        return not (self._dialect == POSTGRESQL and driver.closed)

    @property
    def is_open(self) -> bool:
        """Whether a transaction is open: some errors of SQLite end it."""
        driver: Any = self._connection.driver_connection
        if self._dialect == POSTGRESQL:
            return not driver.closed
        return bool(driver.in_transaction)

    @property
    def backend(self) -> int | None:
        """The number by which PostgreSQL knows this connection."""
        driver: Any = self._connection.driver_connection
        return driver.info.backend_pid if self._dialect == POSTGRESQL else None

    def begin(self) -> None:
        """Begin a transaction."""
        self._is_marked = False
        self._cursor.execute(self._begin)

    def commit(self) -> None:
        """Commit: synced to disk when it returns."""
        self._cursor.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        if self.is_open:
            self._cursor.execute("ROLLBACK")

    def mark(self) -> None:
        """Set the savepoint that `undo` goes back to."""
        # The one before goes in the same message: PostgreSQL is a round trip away.
        self._cursor.execute(f"{_RELEASE}; {_SAVEPOINT}" if self._is_marked else _SAVEPOINT)
        self._is_marked = True

    def keep(self) -> None:
        """Keep what was done since the savepoint."""
        if self._dialect != POSTGRESQL:
            self._cursor.execute(_RELEASE)
            self._is_marked = False

    def undo(self) -> None:
        """Undo what was done since the savepoint."""
        self._cursor.execute("ROLLBACK TO SAVEPOINT job")
        self.keep()

    def plain(self, text: str) -> list[Row]:
        """Run a statement without parameters outside any transaction; return its rows."""
        self._cursor.execute(text)
        rows: list[Row] = self._cursor.fetchall() if self._cursor.description else []  # type: ignore[assignment]  # any sequence of tuples
        return rows

    def notify(self, channel: str, topics: Iterable[str]) -> None:
        """Tell other processes on PostgreSQL that topics were woken; SQLite has no others."""
        if self._dialect == POSTGRESQL:
            words = [topic.replace("'", "''") for topic in topics]
            self._cursor.execute("; ".join(f"NOTIFY {channel}, '{word}'" for word in words))

    def close(self) -> None:
        """Close the connection for good."""
        self._connection.invalidate()
