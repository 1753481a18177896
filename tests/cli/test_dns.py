import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest
import trustme
import typer
from typer.testing import CliRunner

from gateway.app.dns_records import records, zone
from gateway.cli import dns as command
from gateway.rules.dns_verdicts import Record
from gateway.runtime.dkim_keys import DkimKeys, KeyDns, KeyState, split_txt
from gateway.settings import Settings, load
from tests.smtp.fakedns import answering

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SETTINGS = Settings()
KEY = KeyDns(
    "s1._domainkey.mail.example.com", split_txt("v=DKIM1; p=" + "x" * 400), KeyState.ACTIVE
)

app = typer.Typer()
command.register(app)


def run(*words: str):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "c.toml"
    file.write_text(f'[dkim]\ndirectory = "{tmp_path}/dkim"\n')
    DkimKeys(tmp_path / "dkim", ("ed25519-sha256",)).make_missing(NOW)
    return file


def test_every_kind_of_record_is_there():
    found = {(each.name, each.type): each.value for each in records(SETTINGS, [KEY], ["192.0.2.7"])}
    assert found["mail.example.com", "A"] == "192.0.2.7"
    assert found["7.2.0.192.in-addr.arpa", "PTR"] == "mail.example.com"
    assert found["reply.example.com", "MX"] == "10 mail.example.com"
    assert found["bounce.example.com", "TXT"] == "v=spf1 a:mail.example.com -all"
    assert found["s1._domainkey.mail.example.com", "TXT"] == KEY.value
    assert found["_dmarc.mail.example.com", "TXT"].startswith("v=DMARC1; p=reject;")
    assert found["_mta-sts.reply.example.com", "TXT"].startswith("v=STSv1; id=")
    assert found["mta-sts.reply.example.com", "CNAME"] == "mail.example.com"
    assert found["_smtp._tls.reply.example.com", "TXT"].startswith("v=TLSRPTv1; rua=mailto:")


def test_a_name_has_one_spf_record():
    found = [each.name for each in records(SETTINGS, [], []) if "v=spf1" in each.value]
    assert sorted(found) == ["bounce.example.com", "mail.example.com", "reply.example.com"]


def test_the_certificate_gives_a_tlsa_record(tmp_path):
    trustme.CA().issue_cert("mail.example.com").cert_chain_pems[0].write_to_path(tmp_path / "c.pem")
    settings = replace(SETTINGS, tls=replace(SETTINGS.tls, certificate=tmp_path / "c.pem"))
    (found,) = [each for each in records(settings, [], []) if each.type == "TLSA"]
    assert (found.name, found.value[:6], len(found.value)) == (
        "_25._tcp.mail.example.com",
        "3 1 1 ",
        70,
    )


def test_the_zone_text_is_one_that_name_servers_read():
    text = zone([*records(SETTINGS, [KEY], ["192.0.2.7", "2001:db8::7"])])
    found = dns.zone.from_text(text, origin=".", relativize=False, check_origin=False)
    published = {
        "".join(part.decode() for part in rdata.strings)
        for _, _, rdata in found.iterate_rdatas(dns.rdatatype.TXT)
    }
    assert KEY.value in published
    assert text.startswith("$TTL 300\n")


def test_what_is_not_known_is_a_comment():
    found = [Record("<address of this machine>", "PTR", "mail.example.com", "its name")]
    assert zone(found).splitlines()[1].startswith("; <address of this machine> IN PTR")


def test_rows_of_json_have_four_fields(config):
    rows = [json.loads(line) for line in run("--config", config, "--json").stdout.splitlines()]
    assert all(set(row) == {"name", "type", "value", "purpose"} for row in rows)
    assert {"MX", "TXT", "PTR"} <= {row["type"] for row in rows}


def test_one_domain_has_its_own_records_and_those_below(config):
    found = run("Reply.Example.com.", "--config", config, "--json").stdout.splitlines()
    names = {json.loads(line)["name"] for line in found}
    assert names == {
        "reply.example.com",
        "_dmarc.reply.example.com",
        "_mta-sts.reply.example.com",
        "mta-sts.reply.example.com",
        "_smtp._tls.reply.example.com",
    }


def test_a_domain_that_is_not_ours_fails(config):
    found = run("example.net", "--config", config)
    assert (found.exit_code, "reply.example.com" in found.stderr) == (1, True)


def test_the_addresses_are_those_that_are_given(config):
    assert "2001:db8::7" in run("--config", config, "--address", "2001:db8::7").stdout
    assert run("--config", config, "--address", "mail").exit_code == 2


def test_public_addresses_of_the_listener_serve_where_none_is_given(config):
    config.write_text(config.read_text() + '[listen]\nmx = ["9.9.9.9:25", "10.0.0.1:25"]\n')
    assert "mail.example.com. IN A 9.9.9.9 " in run("--config", config).stdout
    assert "10.0.0.1" not in run("--config", config).stdout


def test_keys_that_are_not_made_yet_are_told(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(f'[dkim]\ndirectory = "{tmp_path}/none"\n')
    found = run("--config", file)
    assert (found.exit_code, "No DKIM keys" in found.stderr) == (0, True)


def published(found):
    """The zone that holds the records."""
    held = {}
    for each in found:
        value = f'"{each.value}"' if each.type == "TXT" else each.value
        if each.type == "TXT" and len(each.value) > 255:
            value = f'"{each.value[:255]}" "{each.value[255:]}"'
        held.setdefault((each.name, each.type), []).append(value)
    return held


def checked(config, zone, *words):
    with answering(zone) as fake:
        text = config.read_text() + f'[dns]\nresolvers = ["127.0.0.1:{fake.port}"]\n'
        aside = config.with_name("checked.toml")
        aside.write_text(text)
        return run("--config", aside, "--check", "--address", "192.0.2.7", *words)


def wanted(config):
    settings = load(config).settings
    return [*records(settings, command.keys_of(settings), ["192.0.2.7"])]


def test_what_is_published_as_printed_passes(config):
    found = checked(config, published(wanted(config)))
    assert (found.exit_code, "All is published." in found.stdout) == (0, True), found.stdout


def test_what_is_missing_is_told_with_its_remedy(config):
    zone = published(wanted(config))
    del zone["reply.example.com", "MX"]
    zone["mail.example.com", "TXT"] = ['"v=spf1 ip4:198.51.100.1 -all"']
    zone["_dmarc.reply.example.com", "TXT"] = ['"v=DMARC1; p=none"']
    found = checked(config, zone, "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    wrong = {(row["name"], row["type"]): row for row in rows if row["state"] != "ok"}
    assert found.exit_code == 1
    assert set(wrong) == {
        ("reply.example.com", "MX"),
        ("mail.example.com", "TXT"),
        ("_dmarc.reply.example.com", "TXT"),
    }
    assert wrong["reply.example.com", "MX"]["state"] == "missing"
    assert "SPF gives fail for 192.0.2.7" in wrong["mail.example.com", "TXT"]["remedy"]


def test_an_spf_record_in_other_words_passes_if_it_lets_us_send(config):
    zone = published(wanted(config))
    zone["mail.example.com", "TXT"] = ['"v=spf1 ip4:192.0.2.0/24 -all"']
    assert checked(config, zone).exit_code == 0


def test_a_name_server_in_trouble_is_no_verdict(config):
    zone = published(wanted(config)) | {"_dmarc.mail.example.com": "SERVFAIL"}
    found = checked(config, zone, "--json")
    states = {json.loads(line)["state"] for line in found.stdout.splitlines()}
    assert (found.exit_code, states) == (1, {"ok", "unknown"})
