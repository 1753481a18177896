"""DKIM and ARC with asynchronous look-ups, judged by other projects' test mails."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from gateway.mail.arc import ArcResult
from gateway.mail.dkim.verify import DkimResult, SignedMail
from gateway.verify.arc import check_arc
from gateway.verify.dkim import check_dkim
from tests.corpora import corpora_set
from tests.mail.test_dkim_corpora import IN_TIME, crlf, zone_of
from tests.verify.zone import TIMEOUT, Zone

pytestmark = pytest.mark.corpora

STATES = {
    "SUCCESS": DkimResult.PASS,
    "TEMPFAIL": DkimResult.TEMPERROR,
    "PERMFAIL": DkimResult.PERMERROR,
}


def dns(records):
    """Return a zone of TXT records; TEMPERROR and ~~ stand for no answer."""
    table = {}
    for name, texts in records.items():
        if texts == ["PERMERROR"]:
            continue
        fails = texts == ["TEMPERROR"] or any("~~" in text for text in texts)
        table[name] = TIMEOUT if fails else {"TXT": texts}
    return Zone(table)


def dkim(raw, records, now=IN_TIME):
    found = asyncio.run(check_dkim(dns(records), SignedMail(crlf(raw)), now=now))
    return [one.result for one in found]


def arc(raw, records, now=IN_TIME):
    return asyncio.run(check_arc(dns(records), SignedMail(crlf(raw)), now=now))


def test_signatures_of_chasquid():
    for case in corpora_set("dkim_chasquid"):
        text = (case.path.parent.parent / case.line["dns_file"]).read_text()
        records = zone_of(text.replace("\\\n", "").splitlines(), ":")
        wanted = [STATES[state] for state in case.expect["states"]]
        assert dkim(case.octets(), records) == wanted, case.id


def test_signatures_of_stalwart():
    for case in corpora_set("dkim_stalwart"):
        zone, _, raw = case.octets().partition(b"\n\n")
        records = zone_of(zone.decode().splitlines(), " ")
        if case.line["kind"] == "dkim":
            found = dkim(raw, records, datetime.fromtimestamp(case.line["now"], UTC))
            assert found[-1] == case.expect["last"], case.id
        else:
            found = arc(raw, records)
            assert (found.result, "") == (case.expect["cv"].lower(), found.reason), case.id
            assert DkimResult.PASS in dkim(raw, records), case.id


def test_signatures_of_mail_dkim():
    for case in corpora_set("dkim_perl"):
        if case.line.get("dk"):
            continue  # DomainKeys (RFC 4870), the forerunner
        records = json.loads((case.path.parent.parent / "dns.json").read_text())
        found = dkim(case.octets(), {name: [text] for name, text in records.items()})
        overall = "pass" if DkimResult.PASS in found else next(iter(found), "none")
        accepted = {*case.expect["accept"], case.expect["result"]}
        if case.line.get("obsolete"):
            # rsa-sha1, short keys and drafts before RFC 4871 are refused by now (RFC 8301).
            accepted |= {"permerror"}
        assert overall in accepted, case.id


def test_chains_of_valimail():
    wrong = []
    for case in corpora_set("arc_valimail"):
        if case.line["kind"] != "arc":
            continue  # sealing is not done here
        records = json.loads((case.path.parent.parent.parent / case.line["dns_file"]).read_text())
        found = arc(case.octets(), {name: [text] for name, text in records.items()})
        # "" stands for a chain that an earlier receiver had found broken.
        wanted = ArcResult(case.expect["cv"].lower() or "fail")
        if found.result is not wanted:
            wrong.append((case.id, found, wanted))
    assert wrong == []
