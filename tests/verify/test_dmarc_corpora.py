"""Our DMARC, judged by other projects' vectors."""

import asyncio
import json

import pytest

from gateway.verify.dmarc import check_dmarc
from tests.corpora import corpora_set
from tests.verify.zone import TIMEOUT, Zone

pytestmark = pytest.mark.corpora


def postalsys_zone(told):
    table = {}
    for name, kinds in told.items():
        table[name] = {}
        for kind, answer in kinds.items():
            if isinstance(answer, dict):
                missing = answer.get("error") in {"ENOTFOUND", "ENODATA", "NXDOMAIN", "NODATA"}
                table[name][kind] = [] if missing else TIMEOUT
            else:
                table[name][kind] = ["".join(one) for one in answer]
    gone = [
        name
        for name, kinds in told.items()
        if all(isinstance(one, dict) and one.get("error") == "ENOTFOUND" for one in kinds.values())
    ]
    return Zone({name: kinds for name, kinds in table.items() if name not in gone})


def domain_of(told):
    return told if isinstance(told, str) else told["domain"]


def test_vectors_of_postalsys():
    wrong = []
    for case in corpora_set("dmarc_postalsys"):
        told = json.loads(case.path.read_text())
        authors = told["input"]["headerFrom"]
        authors = [authors] if isinstance(authors, str) else authors
        if len(authors) != 1:
            continue  # no certain author: DMARC is not asked, tests/verify/test_verifier.py
        given = told["input"]
        spf = [domain_of(one) for one in given["spfDomains"]]
        found = asyncio.run(
            check_dmarc(
                postalsys_zone(told["zone"]),
                authors[0].rpartition("@")[2],
                dkim=[domain_of(one) for one in given["dkimDomains"]],
                spf=spf[0] if spf else None,
            )
        )
        flat = case.expect["flat"]
        if flat.get("status.result", found.result) != found.result:
            wrong.append((case.line["name"], found, flat))
        if "policy" in flat and flat["policy"] != found.policy:
            wrong.append((case.line["name"], found, flat))
        if "domain" in flat and flat["domain"] != found.organization:
            wrong.append((case.line["name"], found, flat))
    assert wrong == []


def test_vectors_of_stalwart():
    wrong = []
    for case in corpora_set("dmarc_stalwart"):
        told = json.loads(case.path.read_text())
        table = {name: {"TXT": [text]} for name, text in told["zone"].items()}
        for name in told["exists"]:
            table.setdefault(name, {})["A"] = ["192.0.2.1"]
        passing = [one["d"] for one in told["dkim"] if one["result"] == "pass"]
        spf = told["spf"]["domain"] if told["spf"]["result"] == "pass" else None
        author = told["from"].rpartition("@")[2]
        found = asyncio.run(check_dmarc(Zone(table), author, dkim=passing, spf=spf))
        expect = case.expect
        seen = {
            "policy": found.policy,
            "dkim": "pass" if found.dkim else "fail" if passing else "none",
            "spf": "pass" if found.spf else "fail" if spf else "none",
            "record": found.policy,
        }
        if any(seen[key] != value for key, value in expect.items()):
            wrong.append((case.id, found, expect))
    assert wrong == []
