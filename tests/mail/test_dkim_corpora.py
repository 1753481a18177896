"""Our own check of DKIM signatures, judged by other projects' test mails."""

import json
from datetime import UTC, datetime

import pytest

from gateway.mail.dkim.verify import DkimResult, verify
from gateway.mail.errors import Fault
from tests.corpora import corpora_set

pytestmark = pytest.mark.corpora

IN_TIME = datetime(2018, 6, 11, tzinfo=UTC)


def crlf(raw):
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def results(raw, zone, now=IN_TIME):
    """Check with a zone of name to records; a record of TEMPERROR is no answer."""

    def look_up(name):
        records = zone.get(name, [])
        if records == ["TEMPERROR"]:
            raise Fault("no answer")
        return [] if records == ["PERMERROR"] else records

    return [checked.result for checked in verify(raw, look_up, now=now)]


def zone_of(lines, separator):
    zone = {}
    for line in lines:
        name, found, value = line.partition(separator)
        if found:
            zone.setdefault(name.strip().lower().rstrip("."), []).append(value.strip())
    return zone


def test_mails_of_chasquid():
    states = {
        "SUCCESS": DkimResult.PASS,
        "TEMPFAIL": DkimResult.TEMPERROR,
        "PERMFAIL": DkimResult.PERMERROR,
    }
    for case in corpora_set("dkim_chasquid"):
        text = (case.path.parent.parent / case.line["dns_file"]).read_text()
        zone = zone_of(text.replace("\\\n", "").splitlines(), ":")
        wanted = [states[state] for state in case.expect["states"]]
        assert results(crlf(case.octets()), zone) == wanted, case.id


def test_mails_of_stalwart():
    for case in corpora_set("dkim_stalwart"):
        if case.line["kind"] != "dkim":
            continue
        zone, _, raw = case.octets().partition(b"\n\n")
        now = datetime.fromtimestamp(case.line["now"], UTC)
        found = results(crlf(raw), zone_of(zone.decode().splitlines(), " "), now)
        assert found[-1] == case.expect["last"], case.id


def test_mails_of_mail_dkim():
    for case in corpora_set("dkim_perl"):
        if case.line.get("dk"):
            continue  # DomainKeys (RFC 4870), the forerunner
        records = json.loads((case.path.parent.parent / "dns.json").read_text())
        zone = {name: ["TEMPERROR" if "~~" in value else value] for name, value in records.items()}
        found = results(crlf(case.octets()), zone)
        overall = "pass" if DkimResult.PASS in found else next(iter(found), "none")
        accepted = {*case.expect["accept"], case.expect["result"]}
        if case.line.get("obsolete"):
            # rsa-sha1, short keys and drafts before RFC 4871 are refused by now (RFC 8301).
            accepted |= {"permerror"}
        assert overall in accepted, case.id
