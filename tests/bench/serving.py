"""A gateway for measurements: `postroom serve` as its users run it, with one company."""

import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.bench import peers
from tests.journeys.process import RunningGateway

LIMITS = """
[limits]
tenant_rate = "100000000/h"
connections_per_address = 2000
"""


@contextmanager
def scratch():
    """Give a directory on a disk: what is kept in memory alone shows nothing."""
    base = "/var/tmp" if Path("/var/tmp").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="postroom-bench-", dir=base) as directory:
        path = Path(directory)
        path.chmod(0o755)
        yield path


@contextmanager
def serving(directory, *, settings="", arguments=()):
    """Run a gateway; gives it and its company with its secrets."""
    running = RunningGateway(directory, settings=LIMITS + settings, arguments=arguments).start()
    try:
        company = running.json("tenant", "add", "Acme s.r.o.")[0]
        yield running, company
    finally:
        running.stop()
        running.process.stdout.close()


def open_conversation(running, company, number):
    """Send an invoice to a new customer; return the Reply-To of its mail: a valid token."""
    with running.client(company["api_key"]) as client:
        given = {
            "number": f"B-{number}",
            "amount": "10.00",
            "currency": "EUR",
            "customer": {"name": "Jana", "email": f"jana{number}@client.example"},
            "message": "An invoice",
        }
        headers = {"Idempotency-Key": f"open-{number}"}
        answered = client.post("/v1/invoices", json=given, headers=headers)
        answered.raise_for_status()
        message_id = answered.json()["message_id"]
        raw = client.get(f"/v1/messages/{message_id}/raw").text
    reply_to = re.search(r"^Reply-To:.*?<(.*?)>", raw.replace("\r\n ", " "), re.MULTILINE)
    return reply_to[1]


def load(port, *, size, count, clients, reuse, recipient, sender="jana@client.example"):
    """Hand mails over by Postfix's smtp-source, each different from the others."""
    subprocess.run(
        [
            *(peers.tool("smtp-source"), "-4", "-s", str(clients), "-m", str(count)),
            *("-l", str(size), "-f", sender, "-t", recipient, "-M", "client.example"),
            *(["-d"] if reuse else []),
            f"127.0.0.1:{port}",
        ],
        env=peers.environment(),
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=120,
    )
