"""An open store per test, on each database, behind blocking calls."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.store.engine import DATABASE_FILE, make_engine, place_of
from gateway.store.migrate import HEAD, bring_up
from gateway.store.opening import open_store
from gateway.store.tables import METADATA
from tests.postgres import Postgres, postgres

__all__ = ["postgres"]


class Opened:
    """A store and the event loop that asks it."""

    def __init__(self, runner: asyncio.Runner, where: str | Path, **more) -> None:
        self.runner = runner
        self.where = where
        self.store = open_store(where, **more)
        self.run(self.store.start())

    @property
    def is_sqlite(self) -> bool:
        return isinstance(self.where, Path)

    def run(self, coroutine):
        return self.runner.run(coroutine)

    def write(self, job):
        return self.run(self.store.write(job))

    def read(self, job):
        return self.run(self.store.read(job))

    def writes(self, *jobs):
        """Hand over jobs at once; give results and exceptions in their order."""

        async def all_of_them():
            return await asyncio.gather(*map(self.store.write, jobs), return_exceptions=True)

        return self.run(all_of_them())

    def rows(self, text):
        with self.store.engine().connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(text)]

    def execute(self, text):
        with self.store.engine(readonly=False).begin() as connection:
            connection.exec_driver_sql(text)

    def close(self):
        self.run(self.store.close())


only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what is so on SQLite alone."""

Opener = Callable[..., Opened]


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory) -> Path:
    """A data directory that was just migrated."""
    directory = tmp_path_factory.mktemp("template")
    engine = make_engine(place_of(directory))
    bring_up(engine)
    engine.dispose()
    return directory


@pytest.fixture(scope="session")
def empty_postgres(postgres: Postgres) -> str:
    """The URL of a database that was just migrated."""
    url = postgres.url(postgres.create())
    engine = make_engine(place_of(url))
    bring_up(engine)
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request, tmp_path) -> Iterator[str | Path]:
    """Where an empty store lies."""
    if request.param == "sqlite":
        template = request.getfixturevalue("empty_sqlite")
        directory = tmp_path / "data"
        directory.mkdir()
        shutil.copy(template / DATABASE_FILE, directory)
        yield directory
        return
    url = request.getfixturevalue("empty_postgres")
    yield url
    with make_engine(place_of(url)).begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            house = " WHERE number <> 0" if table.name == "tenant" else ""
            connection.exec_driver_sql(f"DELETE FROM {table.name}{house}")
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{HEAD}'")


@pytest.fixture
def opener() -> Iterator[Opener]:
    """Opens stores, and closes them after the test."""
    opened: list[Opened] = []
    with asyncio.Runner() as runner:

        def open_one(where, **more) -> Opened:
            store = Opened(runner, where, **more)
            opened.append(store)
            return store

        yield open_one
        for store in opened:
            store.close()


@pytest.fixture
def store(database, opener) -> Opened:
    """An empty store that is open."""
    return opener(database)
