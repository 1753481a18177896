"""Migrations make exactly the tables that the code declares, on both databases."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.store import migrate
from gateway.store.engine import make_engine, place_of
from gateway.store.tables import METADATA, SHADOWS


def test_the_newest_migration_is_the_head():
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_a_migrated_database_is_left_alone(store):
    assert migrate.bring_up(store.store.engine(readonly=False)) is False


def is_declared(name, kind, _parents):
    """Leave out what stands as SQL beside the tables; its letters are compared below."""
    return kind not in {"table", "index"} or not name.startswith(SHADOWS)


def test_migrations_make_the_declared_tables(store):
    with store.store.engine().connect() as connection:
        ours = {"compare_type": True, "include_name": is_declared}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, METADATA) == []


def schema(engine):
    """Return the definitions of tables, constraints and indexes, as the database tells them."""
    if engine.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    else:
        query = """
            SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL
            SELECT conname, conrelid::regclass || pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL
            SELECT table_name || '.' || column_name,
                   data_type || is_nullable || coalesce(column_default, '') || ordinal_position
            FROM information_schema.columns WHERE table_schema = 'public'
        """
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(query).all()
    return {name: parts(text) for name, text in rows if "alembic" not in name}


def parts(definition):
    """Return the parts between commas outside brackets, whose order means nothing."""
    line = re.sub(r"\s+", " ", definition).strip().removesuffix(")").strip()
    return sorted(re.split(r", ?(?![^()]*\))", line))


def test_they_make_them_to_the_letter(store, tmp_path, request):
    if store.is_sqlite:
        where = tmp_path / "made"
        where.mkdir()
    else:
        server = request.getfixturevalue("postgres")
        name = server.create()
        request.addfinalizer(lambda: server.drop(name))
        where = server.url(name)
    made = make_engine(place_of(where))
    METADATA.create_all(made)
    assert schema(store.store.engine()) == schema(made)


def test_a_migration_that_is_cut_short_leaves_nothing(tmp_path):
    engine = make_engine(place_of(tmp_path))

    class CutShortError(Exception):
        pass

    def migrate_and_die():
        with engine.begin() as connection:
            migrate.upgrade(connection)
            raise CutShortError

    with pytest.raises(CutShortError):
        migrate_and_die()
    assert migrate.revision_of(engine) is None
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
    assert migrate.bring_up(engine) is True
