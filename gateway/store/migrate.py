"""Brings a database's tables up to date."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from gateway.mail.errors import ConfigError, Fault

HEAD = "0017"
"""The revision of this program's tables: the newest file in migrations/versions."""

_SCRIPTS = Path(__file__).parent / "migrations"
_MIGRATING = 0x706F7375
"""PostgreSQL's advisory lock: one process migrates."""


def revision_of(engine: Engine) -> str | None:
    """Return the revision of a database's tables, or None if it has none yet."""
    with engine.connect() as connection:
        return _revision(connection)


def bring_up(engine: Engine) -> bool:
    """Migrate to `HEAD`, in one transaction; False if there was nothing to do.

    Raises ConfigError if the tables were made by a newer version.
    """
    if revision_of(engine) == HEAD:
        return False
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        # Another process may have been faster.
        if _revision(connection) == HEAD:
            return False
        upgrade(connection)
    return True


def check_revision(engine: Engine) -> None:
    """Raise Fault if the tables need migrating first, ConfigError if they are newer."""
    found = revision_of(engine)
    if found is None:
        raise Fault("there is no store here yet: start the gateway once, or `postroom migrate`")
    if found != HEAD:
        check_known(found)
        raise Fault("the store was made by an older version: run `postroom migrate`")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    value = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if value is None else str(value)


def check_known(revision: str) -> None:
    """Raise ConfigError if this program doesn't know a revision: it is a newer one."""
    known = {path.stem.partition("_")[0] for path in (_SCRIPTS / "versions").glob("*.py")}
    if revision not in known:
        raise ConfigError(
            f"the store was made by a newer version of postroom (tables {revision}, this version "
            f"has {HEAD}): install that version, or restore a backup made by this one"
        )


def upgrade(connection: Connection, revision: str = HEAD) -> None:
    """Migrate in the connection's transaction; ConfigError if a revision is unknown."""
    # Only a start that has something to migrate pays for these imports.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    found = _revision(connection)
    for needed in {found, revision} - {None}:
        check_known(str(needed))
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
