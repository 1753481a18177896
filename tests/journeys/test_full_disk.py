"""A full disk defers and is recovered from without a restart."""

import os
import shutil
import smtplib
import subprocess
import time
from contextlib import contextmanager

import pytest

from tests.journeys.company import ADMIN, Company, answer_mail, invoice_mail, octets, receive
from tests.journeys.hop import next_hop
from tests.journeys.operating import asked
from tests.journeys.process import gateway
from tests.journeys.processes import until

pytestmark = pytest.mark.journey

JANA = "jana@client.example"


@contextmanager
def small_disk(place, size="24m"):
    """Mount a small file system there; skip where that is not allowed."""
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill")
    options = f"size={size},mode=0700"
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", options, "postroom-test", place],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(file):
    """Take all the space that is left."""
    with file.open("wb", buffering=0) as taking:
        try:
            while True:
                taking.write(b"x" * 4096)
        except OSError:
            return


def test_a_full_disk_defers_and_is_recovered_from_without_a_restart(tmp_path):
    with small_disk(tmp_path / "data"), next_hop() as hop:
        settings = ADMIN + hop.settings
        with gateway(tmp_path, settings=settings) as running:
            company = Company.added(running, "Acme")
            kept = receive(running, mail_of(0), company.address)
            company.message(kept)
            fill(tmp_path / "data" / "filler")
            refused = [refusal(running, company, mail_of(number)) for number in range(1, 12)]
            assert refused[-1] is not None
            assert {reply[0] // 100 for reply in refused if reply} == {4}
            # What was refused gives back the little that it took: fill that, too.
            fill(tmp_path / "data" / "filler-2")
            assert company.api.post("/v1/invoices", json=invoice("F-1")).status_code == 507
            assert company.get(f"/v1/messages/{kept}")["readable"]
            with pytest.raises(smtplib.SMTPDataError) as refusal_of:
                company.submit(invoice_mail(company, "F-0", JANA), [JANA])
            assert refusal_of.value.smtp_code // 100 == 4

            (tmp_path / "data" / "filler").unlink()
            (tmp_path / "data" / "filler-2").unlink()
            began = time.monotonic()
            until(lambda: refusal(running, company, mail_of(20)) is None, "mail taken", seconds=10)
            until(lambda: takes_invoice(company), "an invoice taken", seconds=10)
            assert time.monotonic() - began < 10
            hop.next_for(JANA)
            accepted = 2 + refused.count(None)
            company.until(
                lambda: len(company.all("/v1/messages?direction=in")) == accepted, "all mail"
            )
            assert asked(running, "verify") == [{"ok": True, "findings": []}]
            company.close()


def mail_of(number, octets_=300_000):
    line = "lorem ipsum dolor sit amet consectetur\n"
    text = f"mail {number}\n" + line * (octets_ // len(line))
    return octets(answer_mail("x", text, message_id=f"<full-{number}@client.example>"))


def refusal(running, company, mail):
    """Return the reply that refused a mail, None if it was taken."""
    with smtplib.SMTP(*running.address("mx"), timeout=30) as client:
        client.ehlo("mx.client.example")
        client.mail(JANA)
        client.rcpt(company.address)
        reply = client.data(mail)
    return None if reply[0] == 250 else reply


def invoice(number):
    return {
        "number": number,
        "amount": "1.00",
        "currency": "EUR",
        "customer": {"name": "Jana", "email": JANA},
    }


def takes_invoice(company):
    return company.api.post("/v1/invoices", json=invoice("F-2")).status_code in {202, 409}
