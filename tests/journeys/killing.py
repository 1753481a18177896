"""The kill loop: kill -9 the whole process group at random moments under load, and see what holds.

    python -m tests.journeys.killing --kills 50 [--seed N]

Nothing that was acknowledged may be lost, nothing may be shown twice.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from random import Random

from tests.journeys.ledger import Ledger, Load, hand_over
from tests.journeys.process import RunningGateway
from tests.trace import as_received

LIMITS = """
[relay]
next_hop = "smtp://127.0.0.1:9"
[limits]
tenant_rate = "1000000/h"
connections_per_address = 200
"""


@dataclass
class Outcome:
    """What the loop found."""

    kills: int
    acked: int
    unknown: int
    lost: list
    corrupt: list
    doubled: list
    ghosts: list
    slowest_ready: float
    findings: list

    @property
    def holds(self):
        return not (self.lost or self.corrupt or self.doubled or self.ghosts or self.findings)


def kill_loop(directory, *, kills, seed, say=lambda text: None):
    """Run the loop and return what it found."""
    random = Random(seed)
    gateway = RunningGateway(directory, settings=LIMITS).start()
    company = gateway.json("tenant", "add", "Acme s.r.o.")[0]
    reply_address = _reply_address(gateway, company)
    ledger, slowest = Ledger(), 0.0
    for number in range(kills):
        load = Load(gateway, company, reply_address, ledger, random.random())
        load.start()
        time.sleep(random.uniform(0.05, 2.0))
        gateway.kill()
        load.stop()
        began = time.monotonic()
        gateway.start()
        slowest = max(slowest, time.monotonic() - began)
        _hand_over_again(gateway, company, reply_address, ledger, random)
        say(f"kill {number + 1}/{kills}: {len(ledger.of('ack'))} acknowledged")
    outcome = _judge(gateway, company, ledger, kills, slowest)
    gateway.stop()
    return outcome


def _reply_address(gateway, company):
    with gateway.client(company["api_key"]) as client:
        begun = client.post(
            "/v1/conversations",
            json={
                "subject": "Hello",
                "customer": {"name": "Jana", "email": "jana@client.example"},
                "text": "Hello",
            },
        ).json()
        messages = client.get(f"/v1/conversations/{begun['id']}/messages").json()["data"]
        raw = client.get(f"/v1/messages/{messages[0]['id']}/raw").content.decode()
    unfolded = raw.replace("\r\n ", " ")
    line = next(line for line in unfolded.splitlines() if line.startswith("Reply-To:"))
    return line.partition("<")[2].partition(">")[0]


def _hand_over_again(gateway, company, reply_address, ledger, random):
    """A sender that doesn't know tries again, with the same bytes and the same key."""
    for promise in ledger.of("unknown"):
        hand_over(gateway, company, reply_address, promise, random)


def _judge(gateway, company, ledger, kills, slowest):
    acked = ledger.of("ack")
    marks = {promise.mark: promise for promise in ledger.promises}
    lost, corrupt = [], []
    with gateway.client(company["api_key"]) as client:
        for promise in acked:
            if promise.path == "http":
                if client.get(f"/v1/invoices/{promise.id}").status_code != 200:
                    lost.append(promise.mark)
                continue
            if not _found(client, promise.id):
                lost.append(promise.mark)
            elif promise.path == "mx":
                raw = client.get(f"/v1/messages/{promise.id}/raw").content
                if hashlib.sha256(as_received(raw)).hexdigest() != promise.sha256:
                    corrupt.append(promise.mark)
        shown = Counter()
        for message in _all(client, "/v1/messages?direction=in"):
            shown[message["subject"]] += 1
        for one in _all(client, "/v1/invoices"):
            shown[one["number"]] += 1
    promised = {one.mark for one in ledger.of("ack", "unknown")}
    doubled = [mark for mark, count in shown.items() if count > 1]
    ghosts = [mark for mark in shown if mark in marks and mark not in promised]
    findings = gateway.cli("verify", "--json", check=False).stdout
    return Outcome(
        kills=kills,
        acked=len(acked),
        unknown=len(ledger.of("unknown")),
        lost=lost,
        corrupt=corrupt,
        doubled=doubled,
        ghosts=ghosts,
        slowest_ready=round(slowest, 2),
        findings=[] if '"ok": true' in findings else [findings],
    )


def _found(client, message_id):
    """Say whether a message is there, once what waits in the spool has been read in."""
    for _ in range(60):
        if client.get(f"/v1/messages/{message_id}").status_code == 200:
            return True
        client.get(f"/v1/events?after={10**9}&wait=1")
    return False


def _all(client, path):
    cursor = None
    joint = "&" if "?" in path else "?"
    while True:
        page = client.get(
            f"{path}{joint}limit=100" + (f"&cursor={cursor}" if cursor else "")
        ).json()
        yield from page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20261122)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        outcome = kill_loop(directory, kills=given.kills, seed=given.seed, say=print)
    print(outcome)
    sys.exit(0 if outcome.holds else 1)


if __name__ == "__main__":
    main()
