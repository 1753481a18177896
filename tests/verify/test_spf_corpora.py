"""Our SPF, judged by the test suite of RFC 7208, and by pyspf."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from gateway.verify.spf import SpfCheck, check_spf
from tests.corpora import corpora_set
from tests.verify.zone import TIMEOUT, Zone

pytestmark = pytest.mark.corpora

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def zone_of(path):
    """Return a zone as the suite means it: SPF is served as TXT unless TXT is there, too."""
    table = {}
    for name, entries in json.loads(path.read_text())["zonedata"].items():
        kinds = {}
        fails = False
        for entry in entries:
            if entry == TIMEOUT:
                fails = True
                continue
            [(kind, value)] = entry.items()
            if value == TIMEOUT:
                kinds[kind] = TIMEOUT
                continue
            if kind in {"TXT", "SPF"} and isinstance(value, list):
                value = "".join(value)
            values = kinds.setdefault(kind, [])
            if isinstance(values, list):
                values.append(tuple(value) if kind == "MX" else value)
        if "TXT" not in kinds and "SPF" in kinds:
            kinds["TXT"] = kinds["SPF"]
        if kinds.get("TXT") == ["NONE"]:
            del kinds["TXT"]
        for kind in ("A", "AAAA", "MX", "PTR", "TXT"):
            if fails:
                kinds.setdefault(kind, TIMEOUT)
        table[name] = kinds
    return Zone(table)


def outcome(case):
    line = case.line
    check = SpfCheck(line["host"], line["helo"], line["mailfrom"], "receiver.example.org", NOW)
    return asyncio.run(check_spf(zone_of(case.path), check))


def test_the_suite_of_rfc_7208():
    wrong = []
    for case in corpora_set("spf_rfc7208"):
        found = outcome(case)
        wanted = case.expect.get("explanation")
        if found.result not in case.expect["result"] or (
            wanted is not None and (found.explanation or "DEFAULT") != wanted
        ):
            wrong.append((case.id, found, case.expect))
    assert wrong == []
