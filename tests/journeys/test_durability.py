"""What was promised holds: kill -9 under load, and 250 only after the sync."""

import shutil
import smtplib
import sys
import time

import pytest

from tests.journeys.ack_order import answers
from tests.journeys.killing import _reply_address, kill_loop
from tests.journeys.ledger import answer
from tests.journeys.process import RunningGateway
from tests.skips import missing

pytestmark = pytest.mark.journey
MAILS = 12


def test_nothing_acknowledged_is_lost_or_doubled_when_all_processes_are_killed(tmp_path):
    outcome = kill_loop(tmp_path, kills=3, seed=20261122)
    assert outcome.holds, outcome
    assert outcome.acked > 0
    assert outcome.slowest_ready < 20


def traced(directory, *, careless):
    """Send some mails to a gateway under strace; return the answers it gave."""
    if shutil.which("strace") is None:
        missing("strace")
    gateway = RunningGateway(directory).start()
    company = gateway.json("tenant", "add", "Acme")[0]
    address = _reply_address(gateway, company)
    gateway.stop()
    trace = directory / "trace.txt"
    calls = "write,writev,pwrite64,fsync,fdatasync,sendto,sendmsg"
    gateway.wrap = [
        "strace", "-f", "-yy", "-s", "9000", "-e", f"trace={calls}", "-o", str(trace),
    ]  # fmt: skip
    if careless:
        gateway.wrap += [sys.executable, "-m", "tests.journeys.careless"]
    gateway.start()
    marks = [f"mark{number:06d}order" for number in range(MAILS)]
    with smtplib.SMTP(*gateway.address("mx"), timeout=60) as client:
        for mark in marks:
            client.sendmail("jana@client.example", [address], answer(address, mark, 300))
    gateway.stop()
    return answers(trace.read_text(errors="replace"), gateway.data_dir, marks)


def test_each_250_follows_the_sync_of_its_bytes(tmp_path):
    given = traced(tmp_path, careless=False)
    assert [(one.written, one.synced) for one in given] == [(True, True)] * MAILS


def test_the_check_notices_a_database_that_does_not_sync_each_commit(tmp_path):
    given = traced(tmp_path, careless=True)
    assert len(given) == MAILS
    assert any(one.written and not one.synced for one in given)


def test_a_drained_gateway_leaves_nothing_half_done(tmp_path):
    gateway = RunningGateway(tmp_path).start()
    gateway.json("tenant", "add", "Acme")
    began = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - began < 15
