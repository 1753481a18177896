"""SQLite finds what it is asked for by an index, however much there is."""

import importlib
import pkgutil
import re
import sqlite3

import pytest

import gateway.store
from gateway.rules.search import read_query
from gateway.store import (
    audit,
    conversations,
    deliveries,
    delivery_counts,
    hooks,
    invoices,
    messages,
    spool,
    turns,
)
from gateway.store.claim import Queue
from gateway.store.engine import DATABASE_FILE
from gateway.store.search import Way, messages_found, shape
from gateway.store.statements import SQLITE, Several, Statement

LARGE = "message message_name delivery inbound content event conversation participant attachment"
LARGE += " webhook_attempt"
SCANNED = {"conversations._REVOKED"}
"""Statements that read all of a large table's partial index."""


@pytest.fixture(scope="module")
def plan(empty_sqlite):
    with sqlite3.connect(empty_sqlite / DATABASE_FILE) as database:

        def plan_of(statement):
            if isinstance(statement, Several):
                statement = statement.of(["x"])[0]
            text, _ = statement.text(SQLITE)
            parameters = dict.fromkeys(re.findall(r"(?<!:):(\w+)", text), "1")
            rows = database.execute(f"EXPLAIN QUERY PLAN {text}", parameters)
            return [row[3] for row in rows]

        yield plan_of
    database.close()


def statements(value):
    """Give the statements of a module's variable."""
    match value:
        case Statement() | Several():
            yield value
        case Queue():
            for part in vars(value).values():
                yield from statements(part)
        case dict():
            for part in value.values():
                yield from statements(part)


def every_statement():
    for found in pkgutil.iter_modules(gateway.store.__path__):
        module = importlib.import_module(f"gateway.store.{found.name}")
        for name, value in vars(module).items():
            for statement in statements(value):
                yield f"{found.name}.{name}", statement


def test_no_statement_reads_all_of_a_large_table(plan):
    scans = {
        f"{name}: {step}"
        for name, statement in every_statement()
        if name not in SCANNED
        for step in plan(statement)
        if re.match(rf"SCAN ({LARGE.replace(' ', '|')})\b", step)
    }
    assert scans == set()


PAGE = conversations._page
WORDLESS = shape(read_query("a"))
OF_MANY = Way(tests=((True, False),))


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        pytest.param(messages._KNOWN, "autoindex_message_name", id="known names"),
        pytest.param(messages._OF_CONVERSATION, "ix_message_conversation", id="conversation"),
        pytest.param(invoices._OF_CONVERSATION, "ix_invoice_conversation", id="its invoices"),
        pytest.param(invoices._BY_NUMBER, "ix_invoice_number", id="invoice by number"),
        pytest.param(spool._QUEUE._oldest, "ix_inbound_due_at", id="claim of mail"),
        pytest.param(spool._CLAIM_TO_VERIFY, "ix_inbound_verify_at", id="claim of verification"),
        pytest.param(spool._WAITING, "ix_inbound_due_at", id="waiting mail"),
        pytest.param(turns._DUE, "ix_delivery_due_at", id="due deliveries"),
        pytest.param(turns._CLAIM_LANE, "ix_delivery_lane", id="claim of a lane"),
        pytest.param(turns._COMPANIES, "ix_delivery_lane", id="companies that wait"),
        pytest.param(turns._ROUTES, "ix_delivery_lane", id="routes that wait"),
        pytest.param(delivery_counts._DEPTH, "ix_delivery_due_at", id="depth"),
        pytest.param(delivery_counts._REASONS, "ix_delivery_due_at", id="reasons"),
        pytest.param(deliveries._NEXT, "ix_delivery_due_at", id="next one due"),
        pytest.param(deliveries._PAGE_OF_WAITING, "ix_delivery_due_at", id="queue"),
        pytest.param(deliveries._PAGE_OF_STATES[True], "ix_delivery_state", id="by state"),
        pytest.param(delivery_counts._BOUNCED, "ix_delivery_bounced", id="bounces"),
        pytest.param(hooks._CLAIM[False], "ix_webhook_due_at", id="claim of endpoints"),
        pytest.param(
            messages_found(WORDLESS, Way(match=True), "sqlite"),
            "VIRTUAL TABLE INDEX",
            id="search of words",
        ),
        pytest.param(
            messages_found(WORDLESS, OF_MANY, "sqlite"),
            "SEARCH his USING COVERING INDEX ix_message_tenant",
            id="search of words of many",
        ),
        pytest.param(
            messages_found(shape(read_query("is:unread")), Way(), "sqlite"),
            "ix_message_tenant",
            id="search of rest",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset(), WORDLESS, way=Way(match=True)),
            "SEARCH message USING INTEGER PRIMARY KEY",
            id="rare words",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset(), WORDLESS, way=OF_MANY),
            "COVERING INDEX ix_message_conversation",
            id="words of many",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset(), shape(read_query("before:2026-01-01"))),
            "COVERING INDEX ix_message_tenant",
            id="days",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset(), shape(read_query("is:claimed"))),
            "COVERING INDEX ix_invoice_unpaid",
            id="claimed",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset(), shape(read_query("invoice:1"))),
            "ix_invoice_number",
            id="invoice",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset(), shape(read_query("is:undelivered"))),
            "ix_conversation_failed",
            id="undelivered",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset({"assignee"})),
            "ix_conversation_assignee",
            id="of an assignee",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset({"tag"})),
            "ix_conversation_tagged",
            id="with a tag",
        ),
        pytest.param(
            PAGE(True, None, None, frozenset({"customer"})),
            "ix_conversation_customer",
            id="of a customer",
        ),
        pytest.param(audit._PAGE, "ix_audit_tenant_id", id="audit log"),
        pytest.param(hooks._READY, "ix_webhook_due_at", id="endpoints that are behind"),
        pytest.param(PAGE(True, None, None, frozenset()), "ix_conversation_updated", id="inbox"),
        pytest.param(PAGE(True, "open", None, frozenset()), "ix_conversation_status", id="open"),
        pytest.param(PAGE(True, "unread", None, frozenset()), "ix_conversation_unread", id="new"),
        pytest.param(
            PAGE(True, "not_delivered", None, frozenset()), "ix_conversation_failed", id="failed"
        ),
    ],
)
def test_what_is_asked_for_often_has_its_index(plan, statement, index):
    assert any(index in step for step in plan(statement)), plan(statement)
