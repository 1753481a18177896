"""What the gateway writes of its own accord: reminders, reports to submitters, mail passed on."""

import smtplib
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx2
import pytest

from tests.journeys.company import ADMIN, Company, receive
from tests.journeys.hop import next_hop
from tests.journeys.process import RunningGateway

pytestmark = pytest.mark.journey
ADMIN_ADDRESS, SERVICE = "admin@isp.example", "bounces@service.example"


@pytest.fixture(scope="module")
def hop():
    with next_hop() as running:
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory, hop):
    directory = tmp_path_factory.mktemp("told")
    settings = f'{ADMIN}{hop.settings}[domains]\npostmaster = "{ADMIN_ADDRESS}"\n'
    started = RunningGateway(directory, settings=settings).start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def company(running):
    added = Company.added(running, "Acme")
    yield added
    added.close()


def noon_zone():
    """Return a time zone in which it is noon now, so that reminders may leave."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def test_a_submitter_that_asked_hears_of_a_refusal(running, company, hop):
    hop.script["gone@client.example"] = "550 5.1.1 No such user"
    with smtplib.SMTP(*running.address("submission"), timeout=30) as client:
        client.ehlo()
        client.login(company.login["username"], company.login["password"])
        client.mail(SERVICE, ["RET=HDRS", "ENVID=order-7"])
        client.rcpt("gone@client.example", ["NOTIFY=FAILURE", "ORCPT=rfc822;gone@client.example"])
        code, _ = client.data(
            f"From: {company.address}\r\nTo: gone@client.example\r\nSubject: Hi\r\n\r\nHello\r\n"
        )
        assert code == 250
    caught = hop.next_for(SERVICE)
    assert caught.sender == "<>"
    about, recipient = caught.mail.get_payload()[1].get_payload()
    assert about["Original-Envelope-Id"] == "order-7"
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert "550 5.1.1 No such user" in recipient["Diagnostic-Code"]


def test_mail_to_postmaster_is_passed_on(running, company, hop):
    fields = b"From: jana@client.example\r\nSubject: Stop\r\nMessage-ID: <a@b.example>\r\n"
    mail = fields + b"\r\nPlease.\r\n"
    receive(running, mail, "abuse@mail.example.com")
    caught = hop.next_for(ADMIN_ADDRESS)
    (original,) = caught.mail.iter_attachments()
    assert original.get_content()["Subject"] == "Stop"


def test_an_unpaid_invoice_is_reminded_of_after_a_start_and_stopped_by_one_click(
    running, company, hop
):
    zone = noon_zone()
    company.api.patch("/v1/tenant", json={"timezone": zone}).raise_for_status()
    rules = {"reminders": {"before": [], "on_due": True, "after": [1]}}
    company.api.patch("/v1/settings/email", json=rules).raise_for_status()
    due_on = datetime.now(ZoneInfo(zone)).date()
    body = {
        "number": "R-1",
        "amount": "10.00",
        "currency": "EUR",
        "due_on": due_on.isoformat(),
        "customer": {"name": "Jana", "email": "remind@client.example"},
    }
    sent = company.post("/v1/invoices", body, status=202)
    first = hop.next_for("remind@client.example")
    running.stop()
    running.start()
    company.reconnect()
    reminder = hop.next_for("remind@client.example", after=1)
    assert reminder.header("Subject").startswith("Reminder")
    assert first.header("Message-ID") in reminder.header("References")
    assert reminder.header("Auto-Submitted") == "auto-generated"

    link = urlsplit(reminder.header("List-Unsubscribe").strip("<>"))
    data = {"List-Unsubscribe": "One-Click"}
    clicked = httpx2.post(f"{running.url}{link.path}", data=data, trust_env=False)
    assert (clicked.status_code, clicked.text) == (200, "Done")
    refused = company.post(f"/v1/invoices/{sent['id']}/remind", status=409)
    assert refused["code"] == "no_reminders"
