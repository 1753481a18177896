"""How fast mail goes out: taken, kept, signed, at the next hop; beside Postfix with OpenDKIM.

    python -m tests.bench.relay [--count N] [--repeat N] [--kinds mail,plain,large,invoice]

Ten clients hand mails over as fast as they are answered, and the clock runs until the last one
is at the next hop, a sink in a process of its own. Ours takes them by submission and signs by
rsa and ed25519; Postfix (see `tests.bench.peers`) takes the same bytes and signs by rsa, with
OpenDKIM, or not at all ("plain": ours still signs). "invoice" is `POST /v1/invoices` with a PDF
of 100 KB against Postfix with OpenDKIM relaying the mail that came of it. Rounds are interleaved,
and only ratios mean anything; CPU is of all processes of a server.
"""

import argparse
import asyncio
import base64
import json
import multiprocessing
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx2
import uvloop
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.bench import peers
from tests.bench.processes import cpu_seconds
from tests.bench.relay_rate import Sink
from tests.bench.serving import scratch, serving

CLIENTS = 10
KINDS = {"mail": 10_000, "plain": 10_000, "large": 150_000, "invoice": 140_000}
PATIENCE_SECONDS = 120


class Counter(Sink):
    """A sink that tells how many mails it has taken."""

    taken = None
    offers = b"250-PIPELINING\r\n"

    def answer(self, verb):
        if self.in_data:
            with self.taken.get_lock():
                self.taken.value += 1
        return super().answer(verb)


def run_sink(pipe, taken):
    async def serve():
        kind = type("Kind", (Counter,), {"taken": taken})
        server = await asyncio.get_running_loop().create_server(kind, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())


def start_sink():
    """Return the port of a sink and the number of mails it has taken."""
    here, there = multiprocessing.Pipe()
    taken = multiprocessing.Value("l", 0)
    multiprocessing.Process(target=run_sink, args=(there, taken), daemon=True).start()
    return here.recv(), taken


@dataclass
class Server:
    """One that relays. hand: hands `count` mails over. taken: those at its sink."""

    name: str
    pids: tuple
    taken: object
    hand: object
    rates: list = field(default_factory=list)
    costs: list = field(default_factory=list)

    def round(self, count):
        wanted = self.taken.value + count
        used, began = cpu_seconds(*self.pids), time.perf_counter()
        self.hand(count)
        while self.taken.value < wanted:
            if time.perf_counter() - began > PATIENCE_SECONDS:
                raise RuntimeError(f"{self.name}: {wanted - self.taken.value} mails never came")
            time.sleep(0.002)
        self.rates.append(count / (time.perf_counter() - began))
        self.costs.append(1000 * (cpu_seconds(*self.pids) - used) / count)


def a_mail(sender, size):
    line = "Please find the statement of your account for this month; thank you for your order."
    body = "\r\n".join([line] * (size // (len(line) + 2)))
    return (
        f"From: Acme <{sender}>\r\nTo: Jana <jana@client.example>\r\nSubject: Statement\r\n"
        "Date: Mon, 02 Nov 2026 10:11:12 +0100\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nMessage-ID: <@@>\r\n\r\n{body}\r\n.\r\n"
    ).encode()


def by_smtp(port, sender, mail, login=None):
    """Return what hands mails over by SMTP, in a process of its own."""

    async def client(numbers, seed):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()

        async def say(octets):
            writer.write(octets)
            line = b"250-"
            while line[3:4] == b"-":
                line = await reader.readline()
            if line[:1] not in b"23":
                raise RuntimeError(line)

        await say(b"EHLO bench.example\r\n")
        if login is not None:
            given = base64.b64encode(b"\0" + b"\0".join(part.encode() for part in login))
            await say(b"AUTH PLAIN " + given + b"\r\n")
        for number in numbers:
            await say(f"MAIL FROM:<{sender}>\r\n".encode())
            await say(b"RCPT TO:<jana@client.example>\r\n")
            await say(b"DATA\r\n")
            await say(mail.replace(b"@@", b"%x.%d@bench.example" % (seed, number)))
        writer.close()

    async def run(count):
        numbers, seed = iter(range(count)), time.time_ns()
        await asyncio.gather(*(client(numbers, seed) for _ in range(CLIENTS)))

    return lambda count: in_a_process(lambda: uvloop.run(run(count)))


def by_http(address, key):
    """Return what hands invoices over by HTTP, in a process of its own."""
    pdf = base64.b64encode(b"%PDF-1.4\n" + bytes(range(256)) * 400).decode()

    async def run(count):
        numbers, seed = iter(range(count)), time.time_ns()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60) as web:

            async def client():
                for number in numbers:
                    invoice = {
                        "number": f"{seed:x}-{number}",
                        "amount": "1254.00",
                        "currency": "EUR",
                        "due_on": "2026-12-24",
                        "customer": {"name": "Jana", "email": "jana@client.example"},
                        "pdf": {"filename": "invoice.pdf", "content": pdf},
                    }
                    (await web.post("/v1/invoices", content=json.dumps(invoice))).raise_for_status()

            await asyncio.gather(*(client() for _ in range(CLIENTS)))

    return lambda count: in_a_process(lambda: uvloop.run(run(count)))


def in_a_process(work):
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(PATIENCE_SECONDS)
    if process.exitcode:
        raise RuntimeError("the loader failed")


def rsa_key():
    return rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def start_ours(stack, directory, kind):
    port, taken = start_sink()
    settings = f'[relay]\nnext_hop = "smtp://127.0.0.1:{port}"\n'
    running, company = stack.enter_context(serving(directory / "ours", settings=settings))
    if kind == "invoice":
        with running.client(company["api_key"]) as client:
            client.patch("/v1/tenant", json={"attach_pdf": "always"}).raise_for_status()
        hand = by_http(f"http://{running.ready['http'][0]}", company["api_key"])
    else:
        sender, login = company["sender_address"], company["smtp_login"]
        smtp = running.address("submission")[1]
        mail = a_mail(sender, KINDS[kind])
        hand = by_smtp(smtp, sender, mail, (login["username"], login["password"]))
    return Server("ours", (running.process.pid,), taken, hand)


def start_peers(stack, directory, kind):
    if not peers.can_change_user():
        return []
    port, taken = start_sink()
    settings = (
        f"relayhost=[127.0.0.1]:{port}\nsmtp_destination_concurrency_limit=20\n"
        "default_destination_concurrency_limit=20\nmaximal_queue_lifetime=1h\n"
    )
    name, pids = "Postfix", ()
    if kind != "plain":
        signer, milter = stack.enter_context(
            peers.opendkim(directory / "opendkim", rsa_key(), domain="mail.example.com")
        )
        settings += f"smtpd_milters=inet:127.0.0.1:{milter}\nmilter_default_action=tempfail\n"
        name, pids = "Postfix + OpenDKIM", (signer.pid,)
    process, smtp, _ = stack.enter_context(peers.postfix(directory / "postfix", settings))
    mail = a_mail("acme-s-r-o@mail.example.com", KINDS[kind])
    hand = by_smtp(smtp, "acme-s-r-o@mail.example.com", mail)
    return [Server(name, (process.pid, *pids), taken, hand)]


def main():
    multiprocessing.set_start_method("fork")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--kinds", default=",".join(KINDS))
    options = parser.parse_args()
    print("mails a second at the next hop, CPU seconds per 1,000; ratios are ours to theirs")
    for kind in options.kinds.split(","):
        if kind not in KINDS:
            sys.exit(f"no such kind: {kind}; there are {', '.join(KINDS)}")
        count = options.count // (4 if KINDS[kind] > 100_000 else 1)
        with scratch() as directory, ExitStack() as stack:
            servers = [
                start_ours(stack, directory, kind),
                *start_peers(stack, directory, kind),
            ]
            for _ in range(options.repeat):
                for server in servers:
                    server.round(count)
            show(kind, servers)


def show(kind, servers):
    ours = servers[0]
    line = f"{kind:>8} {KINDS[kind] // 1000:4} KB:"
    for server in servers:
        rate, cost = statistics.median(server.rates), statistics.median(server.costs)
        line += f"  {server.name} {rate:5.0f}/s {cost:5.2f}"
        if server is not ours:
            ratios = [mine / theirs for mine, theirs in zip(ours.rates, server.rates, strict=True)]
            cheaper = statistics.median(ours.costs) / cost if cost else 0
            line += f" (x{statistics.median(ratios):.2f}, CPU x{cheaper:.2f})"
    print(line, flush=True)


if __name__ == "__main__":
    main()
