"""A reload takes over what may change, and a bad file changes nothing and says why."""

import re
import smtplib
import ssl
from contextlib import ExitStack

import pytest
import trustme

from gateway.cli import run
from tests.journeys.company import ADMIN, ADMIN_KEY, Company
from tests.journeys.hop import next_hop
from tests.journeys.operating import NOWHERE, asked, reloaded
from tests.journeys.process import gateway

pytestmark = pytest.mark.journey

JANA = "jana@client.example"


def test_a_reload_changes_the_way_out_and_a_bad_file_changes_nothing(tmp_path):
    with ExitStack() as stack:
        first, second = stack.enter_context(next_hop()), stack.enter_context(next_hop())
        running = stack.enter_context(gateway(tmp_path, settings=ADMIN + first.settings))
        company = Company.added(running, "Acme")
        send(company, "one@client.example")
        first.next_for("one@client.example")

        running.settings = ADMIN + second.settings
        running.write_config()
        assert reloaded(running)["live"] == ["relay.next_hop"]
        send(company, "two@client.example")
        second.next_for("two@client.example")

        running.settings = ADMIN + first.settings + 'give_up_after = "5 dayz"\n'
        running.write_config()
        kept = reloaded(running)
        assert kept["event"] == "settings.kept"
        assert re.search(r"postroom\.toml:\d+:1: \[relay\] give_up_after", kept["why"])
        send(company, "three@client.example")
        second.next_for("three@client.example")
        assert not first.all("three@client.example")
        company.close()


def test_what_is_marked_live_holds_after_a_reload(tmp_path):
    with next_hop() as hop, gateway(tmp_path, settings=ADMIN + NOWHERE) as running:
        company = Company.added(running, "Acme")
        waiting = send(company, JANA)["message_id"]
        company.delivery(waiting, "deferred")
        another_key = "another admin key, not the first"
        running.settings = (
            f'[server]\nadmin_key = "{another_key}"\n'
            "[listen]\nsubmission_plain_from = []\n"
            '[limits]\nrecipients = 1\ntenant_rate = "1/h"\nauth_failures = "3/1h"\n'
            f'{hop.settings}retry = ["1s"]\ngive_up_after = "1h"\n'
        )
        running.write_config()
        assert set(reloaded(running)["live"]) == {
            "server.admin_key",
            "listen.submission_plain_from",
            "limits.recipients",
            "limits.tenant_rate",
            "limits.auth_failures",
            "relay.next_hop",
            "relay.retry",
            "relay.give_up_after",
        }
        for key, status in ((ADMIN_KEY, 401), (another_key, 200)):
            with running.client(key) as admin:
                assert admin.get("/v1/tenants").status_code == status
        with smtplib.SMTP(*running.address("submission"), timeout=30) as client:
            client.ehlo("service.example")
            assert not client.has_extn("auth")
        with smtplib.SMTP(*running.address("mx"), timeout=30) as client:
            client.ehlo("mx.client.example")
            client.mail(JANA)
            assert client.rcpt(company.address)[0] == 250
            assert client.rcpt("postmaster@mail.example.com")[0] == 452
        company.post(f"/v1/deliveries/{company.delivery(waiting, 'deferred')['id']}/retry")
        assert company.delivery(waiting, "sent")
        given = {"subject": "Hi", "customer": {"name": "N", "email": JANA}, "text": "Hi"}
        answers = [company.api.post("/v1/conversations", json=given) for _ in range(2)]
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) > 0
        company.close()


def test_companies_in_files_come_and_go_with_a_reload(tmp_path):
    files = tmp_path / "tenants.d"
    files.mkdir()
    with gateway(tmp_path, settings=ADMIN + NOWHERE) as running:
        file = files / "beta.toml"
        file.write_text(
            '[[tenant]]\nname = "Beta"\nslug = "beta"\n'
            'logins = [{ username = "beta-erp", password = "a password of beta" }]\n'
            'keys = [{ key = "pr_live_a_key_of_beta_0123456789", scopes = ["send"] }]\n'
        )
        described = file.read_text()
        assert reloaded(running)["event"] == "settings.reloaded"
        assert knows_beta(running) == (202, True)
        (shown,) = asked(running, "tenant", "list")
        assert (shown["slug"], shown["managed_by_file"]) == ("beta", True)
        edit = ["tenant", "edit", "beta", "--name", "X", "--config", str(running.config)]
        assert run(edit) == 1

        file.write_text(described + 'colour = "blue"\n')
        kept = reloaded(running)
        assert kept["event"] == "settings.kept"
        assert "beta.toml:6:1: " in kept["why"]
        assert knows_beta(running) == (202, True)

        file.unlink()
        assert reloaded(running)["event"] == "settings.reloaded"
        assert knows_beta(running) == (401, False)

        file.write_text(described)
        reloaded(running)
        assert knows_beta(running) == (202, True)
        log = asked(running, "audit", "--tenant", "beta")
        assert {row["who"] for row in log} == {"file"}
        told = [row["action"] for row in reversed(log) if row["action"] != "profile.changed"]
        made, revoked = ["key.added", "login.added"], ["key.revoked", "login.revoked"]
        assert told == ["company.added", *made, *revoked, *made]


def test_a_test_key_in_a_file_opens_the_test_company_alone(tmp_path):
    files, key = tmp_path / "tenants.d", "pr_test_a_key_of_beta_0123456789"
    files.mkdir()
    with gateway(tmp_path, settings=ADMIN + NOWHERE) as running:
        file = files / "beta.toml"
        described = '[[tenant]]\nname = "Beta"\nslug = "beta"\n'
        file.write_text(f'{described}keys = [{{ key = "{key}", scopes = ["send"] }}]\n')
        assert reloaded(running)["event"] == "settings.reloaded"
        with running.client(key) as client:
            given = {"to": [{"email": JANA}], "subject": "Hi", "text": "Hi"}
            assert client.post("/v1/messages", json=given).status_code == 202
            assert client.get("/v1/conversations").status_code == 403
            file.write_text(f'{described}keys = [{{ key = "{key}" }}]\nlocale = "sk"\n')
            reloaded(running)
            mine = client.get("/v1/tenant").json()
            assert (mine["test"], mine["slug"], mine["locale"]) == (True, "beta", "sk")
            (shown,) = client.get("/v1/keys").json()["data"]
            assert (shown["kind"], shown["managed_by_file"]) == ("test", True)
            assert client.delete(f"/v1/keys/{shown['id']}").status_code == 409
            file.write_text(described)
            reloaded(running)
            assert client.get("/v1/tenant").status_code == 401
        log = asked(running, "audit", "--tenant", "beta")
        told = [row for row in log if row["action"] in {"key.added", "key.revoked"}]
        assert [row["action"] for row in told] == ["key.revoked", "key.added", "key.added"]
        assert told[-1]["after"]["kind"] == "test"


def test_a_login_in_a_file_that_is_another_companys_changes_nothing(tmp_path):
    with gateway(tmp_path, settings=ADMIN + NOWHERE) as running:
        company = Company.added(running, "Acme")
        (tmp_path / "tenants.d").mkdir()
        (tmp_path / "tenants.d" / "thief.toml").write_text(
            f'[[tenant]]\nname = "Thief"\n'
            f'logins = [{{ username = "{company.login["username"]}", password = "0123456789" }}]\n'
        )
        kept = reloaded(running)
        assert kept["event"] == "settings.kept"
        assert "belongs to another company" in kept["why"]
        assert [row["slug"] for row in asked(running, "tenant", "list")] == [company.slug]
        with smtplib.SMTP(*running.address("submission"), timeout=30) as client:
            client.login(company.login["username"], company.login["password"])
        company.close()


def test_a_new_certificate_is_used_after_a_reload(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    first, second = trustme.CA(), trustme.CA()
    issue(first, certificate, key)
    tls = f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
    with gateway(tmp_path, settings=tls + NOWHERE) as running:
        greet(running, first)
        issue(second, certificate, key)
        assert reloaded(running)["event"] == "settings.reloaded"
        greet(running, second)
        certificate.write_text("nothing of the kind")
        assert reloaded(running)["event"] == "settings.kept"
        greet(running, second)


def issue(authority, certificate, key):
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(key))
    certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))


def greet(running, authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with smtplib.SMTP(*running.address("mx"), timeout=30) as client:
        client.starttls(context=context)
        assert client.ehlo()[0] == 250


def knows_beta(running):
    """Return what the file's key and login are good for."""
    with running.client("pr_live_a_key_of_beta_0123456789") as client:
        given = {"to": [{"email": JANA}], "subject": "Hi", "text": "Hi"}
        status = client.post("/v1/messages", json=given).status_code
    with smtplib.SMTP(*running.address("submission"), timeout=30) as client:
        try:
            client.login("beta-erp", "a password of beta")
        except smtplib.SMTPAuthenticationError:
            return status, False
    return status, True


def send(company, email):
    given = {"subject": "Hello", "customer": {"name": "N", "email": email}, "text": "Hello."}
    return company.post("/v1/conversations", given, status=201)
