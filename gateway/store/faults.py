"""What the drivers' errors mean: whose fault it is, and whether to try again."""

import sqlite3

from gateway.mail.errors import Fault
from gateway.ports.lists import Full

_FULL = {sqlite3.SQLITE_FULL}
_AWAY = {
    sqlite3.SQLITE_IOERR: "the database can't be read or written",
    sqlite3.SQLITE_BUSY: "the database is locked by another process",
    sqlite3.SQLITE_LOCKED: "the database is locked",
    sqlite3.SQLITE_CANTOPEN: "the database can't be opened",
    sqlite3.SQLITE_READONLY: "the database can't be written",
    sqlite3.SQLITE_NOMEM: "there is no memory left for the database",
    sqlite3.SQLITE_PROTOCOL: "the database is locked by another process",
    sqlite3.SQLITE_CORRUPT: "the database is damaged; run `postroom verify`",
    sqlite3.SQLITE_NOTADB: "the database's file is damaged",
    sqlite3.SQLITE_INTERRUPT: "the database was interrupted",
}
_PRIMARY_CODE = 0xFF
_REPEAT_STATES = {"40001", "40P01"}
_FULL_STATE = "53100"
_DAMAGE_STATES = ("XX001", "XX002")


def fault_of(error: BaseException) -> Fault | None:
    """Return the Fault that a driver's error means, or None if it is the job's own error."""
    error = _inner(error)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        if code in _FULL:
            return Full("the disk is full, or the database has reached its size")
        return Fault(_AWAY[code]) if code in _AWAY else None
    if not _is_psycopg(error):
        return None
    state = getattr(error, "sqlstate", None)
    if state == _FULL_STATE:
        return Full("the database's disk is full")
    if state in _DAMAGE_STATES:
        return Fault("the database is damaged")
    return Fault("the database is away") if _is_operational(error) else None


def wants_repeat(error: BaseException) -> bool:
    """Return whether the database asks for the same work again: a conflict with others."""
    error = _inner(error)
    return _is_psycopg(error) and getattr(error, "sqlstate", None) in _REPEAT_STATES


def spoils_connection(error: BaseException) -> bool:
    """Return whether a connection should be opened anew after the error."""
    error = _inner(error)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        return code in {
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_NOTADB,
        }
    return _is_psycopg(error) and getattr(error, "sqlstate", None) is None


def _inner(error: BaseException) -> BaseException:
    """Return the driver's own error, where SQLAlchemy has wrapped it."""
    inner = getattr(error, "orig", None)
    return inner if isinstance(inner, BaseException) else error


def _is_psycopg(error: BaseException) -> bool:
    # psycopg is an optional package: its classes are known by name.
    return type(error).__module__.partition(".")[0] == "psycopg"


def _is_operational(error: BaseException) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return not names.isdisjoint({"OperationalError", "InterfaceError"})
