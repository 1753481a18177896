"""How fast mail is taken for good: 250 after a synced commit, against durable peers in one run.

    python -m tests.bench.accept [--repeat N] [--quick] [--role smtp]

Ours is `postroom serve` with its SQLite store on the disk, mail to an answer token. The peers
are Postfix, which holds what it takes, and stock aiosmtpd with its Mailbox handler; see
`tests.bench.peers` for how to get them. Loads are by Postfix's `smtp-source`. Rounds of all
of them are interleaved, and only ratios mean anything. CPU is of all processes of a server,
while it takes mail.

With all roles, ours reads, threads and stores the mail while more comes; `--role smtp` takes
it only, as Postfix does here, and reads it later.
"""

import argparse
import shutil
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import peers
from tests.bench.processes import cpu_seconds, memory_mib
from tests.bench.serving import load, open_conversation, scratch, serving

ROUNDS = [
    (10_000, 1, True),
    (10_000, 1, False),
    (10_000, 10, True),
    (10_000, 10, False),
    (10_000, 50, True),
    (10_000, 50, False),
    (150_000, 10, True),
    (150_000, 10, False),
]
COUNTS = {1: 150, 10: 600, 50: 1000}


@dataclass
class Server:
    """One that takes mail. emptied: a directory whose files are removed between rounds."""

    name: str
    pid: int
    port: int
    recipient: str
    emptied: Path | None = None
    rates: list = field(default_factory=list)
    costs: list = field(default_factory=list)

    def round(self, size, clients, reuse):
        count = COUNTS[clients] // (4 if size > 100_000 else 1)
        used, began = cpu_seconds(self.pid), time.perf_counter()
        load(
            self.port,
            size=size,
            count=count,
            clients=clients,
            reuse=reuse,
            recipient=self.recipient,
        )
        self.rates.append(count / (time.perf_counter() - began))
        self.costs.append(1000 * (cpu_seconds(self.pid) - used) / count)
        if self.emptied is not None:
            for path in self.emptied.rglob("*"):
                if path.is_file():
                    path.unlink()


def start_servers(stack, directory, roles):
    arguments = [word for role in roles for word in ("--role", role)]
    ours, company = stack.enter_context(serving(directory / "ours"))
    recipient = open_conversation(ours, company, 1)
    if arguments:
        ours.stop()
        ours.arguments = arguments
        ours.start()
    servers = [Server("ours", ours.process.pid, ours.address("mx")[1], recipient)]
    if peers.can_change_user():
        hold = "smtpd_client_restrictions=static:HOLD"
        process, port, spool = stack.enter_context(peers.postfix(directory / "postfix", hold))
        servers.append(Server("Postfix", process.pid, port, "c@d.example", spool / "hold"))
    process, port = stack.enter_context(peers.mailbox(directory / "mailbox"))
    kept = directory / "mailbox" / "Maildir"
    servers.append(Server("Mailbox", process.pid, port, "c@d.example", kept))
    return servers


def measure(servers, rounds, repeat):
    for size, clients, reuse in rounds:
        for server in servers:
            server.rates.clear()
            server.costs.clear()
        for _ in range(repeat):
            for server in servers:
                server.round(size, clients, reuse)
        show(servers, size, clients, reuse)
    for server in servers:
        print(f"memory of {server.name}: {memory_mib(server.pid):.0f} MiB (PSS)")


def show(servers, size, clients, reuse):
    ours = servers[0]
    how = "reused" if reuse else "new"
    line = f"{size // 1000:4} KB {clients:2} clients {how:>6}:"
    for server in servers:
        rate, cost = statistics.median(server.rates), statistics.median(server.costs)
        line += f"  {server.name} {rate:5.0f}/s {cost:5.2f}"
        if server is not ours:
            ratios = [mine / theirs for mine, theirs in zip(ours.rates, server.rates, strict=True)]
            cheaper = statistics.median(ours.costs) / cost if cost else 0
            line += f" (x{statistics.median(ratios):.2f}, CPU x{cheaper:.2f})"
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="10 KB, 10 clients only")
    parser.add_argument("--role", action="append", default=[], help="roles of ours; all")
    options = parser.parse_args()
    if not shutil.which("smtp-source") and peers.peers_directory() is None:
        parser.error("no smtp-source here: see tests.bench.peers")
    rounds = [one for one in ROUNDS if one[:2] == (10_000, 10)] if options.quick else ROUNDS
    print("mails a second, and CPU seconds per 1,000 mails; ratios are ours to theirs")
    with scratch() as directory, ExitStack() as stack:
        measure(start_servers(stack, directory, options.role), rounds, options.repeat)


if __name__ == "__main__":
    main()
