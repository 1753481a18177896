"""How fast answers go the whole way: taken, read, threaded, stored, visible by the API.

    python -m tests.bench.whole_way [--count N] [--repeat N]

The mails are answers of 10 KB with text, HTML and a quotation. First the rate at which they
become visible while ten clients send as fast as they can, beside Postfix, which only takes
the same mails and holds them (see `tests.bench.peers`); then, at 70 % of that rate, how long
it takes from the 250 until the event of a message can be read.
"""

import argparse
import statistics
import time
from contextlib import ExitStack

from tests.bench import peers
from tests.bench.processes import cpu_seconds, memory_mib
from tests.bench.sender import send, taken
from tests.bench.serving import open_conversation, scratch, serving

CONVERSATIONS = 20
PATIENCE_SECONDS = 120
PAGE = 100


class Watcher:
    """Reads the company's events, and notes when each message was seen first."""

    def __init__(self, running, company):
        self.client = running.client(company["api_key"])
        self.after = 0
        self.seen = {}

    def look(self):
        """Read what is new; return how many messages that was."""
        given = {"after": self.after, "limit": PAGE, "types": "message.received"}
        events = self.client.get("/v1/events", params=given).json()["data"]
        now = time.monotonic()
        for event in events:
            self.after = event["sequence"]
            self.seen[event["data"]["message_id"]] = now
        return len(events)

    def until(self, count, pause=0.25):
        """Look until so many messages were seen since the last call."""
        seen, end = 0, time.monotonic() + PATIENCE_SECONDS
        while seen < count:
            found = self.look()
            seen += found
            if time.monotonic() > end:
                raise TimeoutError(f"{seen} of {count} messages became visible")
            if found < PAGE:
                time.sleep(pause)


def sustained(running, watcher, recipients, count):
    """Return mails a second until all are visible, and until all were taken; CPU per 1,000."""
    used, began = cpu_seconds(running.process.pid), time.monotonic()
    sending = send(running.address("mx")[1], recipients, count=count, clients=10)
    watcher.until(count)
    visible = time.monotonic() - began
    last = max(taken(sending).values()) - began
    cost = 1000 * (cpu_seconds(running.process.pid) - used) / count
    return count / visible, count / last, cost


def paced(running, watcher, recipients, count, rate):
    """Return the seconds from 250 to visible, sorted."""
    watcher.seen.clear()
    sending = send(running.address("mx")[1], recipients, count=count, clients=20, rate=rate)
    watcher.until(count, pause=0.02)
    return sorted(watcher.seen[id_] - at for id_, at in taken(sending).items())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with scratch() as directory, ExitStack() as stack:
        running, company = stack.enter_context(serving(directory / "ours"))
        recipients = [open_conversation(running, company, n) for n in range(CONVERSATIONS)]
        theirs = None
        if peers.can_change_user():
            hold = "smtpd_client_restrictions=static:HOLD"
            theirs = stack.enter_context(peers.postfix(directory / "postfix", hold))
        watcher = Watcher(running, company)
        watcher.look()
        rates, ratios = [], []
        for _ in range(options.repeat):
            rate, accepted, cost = sustained(running, watcher, recipients, options.count)
            rates.append(rate)
            line = f"visible {rate:.0f}/s, taken {accepted:.0f}/s, {cost:.2f} CPU s per 1,000"
            if theirs is not None:
                began = time.monotonic()
                sending = send(theirs[1], ["c@d.example"], count=options.count, clients=10)
                held = options.count / (max(taken(sending).values()) - began)
                ratios.append(rate / held)
                line += f"; Postfix takes {held:.0f}/s, x{ratios[-1]:.2f}"
            print(line, flush=True)
        rate = 0.7 * statistics.median(rates)
        waits = paced(running, watcher, recipients, options.count, rate)
        p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
        print(f"at {rate:.0f}/s from 250 to visible: median {p50:.3f} s, p99 {p99:.3f} s")
        if ratios:
            print(f"whole way against Postfix's taking: x{statistics.median(ratios):.2f}")
        print(f"memory {memory_mib(running.process.pid):.0f} MiB (PSS)")


if __name__ == "__main__":
    main()
