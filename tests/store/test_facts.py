"""Small facts, found by how their names begin."""

import asyncio

import pytest

from tests.postgres import Postgres
from tests.store.conftest import Opened

NAMES = ("report:a", "report:b", "reported:a", "Report:c", "repor", "report;", "zz")


def put_all(opened):
    def put(work):
        for name in NAMES:
            work.facts.put(name, f"of {name}")

    opened.write(put)


def test_those_that_begin_so_are_found_in_their_order_and_no_others(store):
    put_all(store)
    found = store.read(lambda work: work.facts.under("report:", 10))
    assert found == {"report:a": "of report:a", "report:b": "of report:b"}
    assert list(found) == ["report:a", "report:b"]
    assert list(store.read(lambda work: work.facts.under("report:", 1))) == ["report:a"]
    assert store.read(lambda work: work.facts.under("nothing:", 10)) == {}


@pytest.mark.postgres
def test_a_database_that_sorts_by_a_language_finds_the_same(postgres: Postgres):
    postgres.run("CREATE DATABASE spoken TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
    with asyncio.Runner() as runner:
        opened = Opened(runner, postgres.url("spoken"))
        try:
            put_all(opened)
            assert list(opened.read(lambda work: work.facts.under("report:", 10))) == [
                "report:a",
                "report:b",
            ]
        finally:
            opened.close()
            postgres.drop("spoken")


def test_a_fact_is_forgotten_once(store):
    store.write(lambda work: work.facts.put("x", "1"))
    assert store.write(lambda work: work.facts.remove("x"))
    assert not store.write(lambda work: work.facts.remove("x"))
    assert store.read(lambda work: work.facts.get("x")) is None
