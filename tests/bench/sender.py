"""A loader: answers of customers, each different, by SMTP; a process of its own.

    python -m tests.bench.sender PORT RECIPIENTS --count N --clients N [--rate R] [--new]

Prints a JSON list of [id, loop time of its 250] when all are taken. With a rate, mails leave
at even times; else each client sends as fast as it is answered.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time

import uvloop

from tests.bench.read import answer

_MARK = b"<CAF0x1y2z3@mail.gmail.com>"
_TO = b"acme-sro-rabcdefabcdefabcdefabcdefabcdefabcdef@reply.example.com"


async def run(options):
    recipients = [recipient.encode() for recipient in options.recipients.split(",")]
    before, after = answer(pdf_octets=options.pdf).split(_MARK)
    after += b"" if after.endswith(b"\r\n") else b"\r\n"
    numbers, taken = iter(range(options.count)), []
    loop = asyncio.get_running_loop()
    began, seed = loop.time(), time.time_ns()

    async def client():
        reader = writer = None
        for number in numbers:
            if options.rate:
                await asyncio.sleep(began + number / options.rate - loop.time())
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", options.port)
                await reader.readline()
                writer.write(b"HELO client.example\r\n")
                await reader.readline()
            recipient = recipients[number % len(recipients)]
            mark = b"<%x.%d@client.example>" % (seed, number)
            mail = before.replace(_TO, recipient) + mark + after + b".\r\n"
            for piece in (
                b"MAIL FROM:<jana.stastna@example.org>\r\n",
                b"RCPT TO:<" + recipient + b">\r\n",
                b"DATA\r\n",
                mail,
            ):
                writer.write(piece)
                line = await reader.readline()
                if line[:1] not in b"23":
                    raise RuntimeError(line)
            taken.append((line.split()[-1].decode(), time.monotonic()))
            if options.new:
                writer.write(b"QUIT\r\n")
                await reader.readline()
                writer.close()
                writer = None
        if writer is not None:
            writer.close()

    await asyncio.gather(*(client() for _ in range(options.clients)))
    json.dump(taken, sys.stdout)


def send(port, recipients, *, count, clients, rate=0.0, pdf=0):
    """Send and return a process whose output `taken` reads."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.bench.sender", str(port), ",".join(recipients)),
            *("--count", str(count), "--clients", str(clients)),
            *("--rate", str(rate), "--pdf", str(pdf)),
        ],
        stdout=subprocess.PIPE,
    )


def taken(process):
    """Wait for a sender; return {id: time of its 250}, the times as `time.monotonic` has them."""
    out, _ = process.communicate(timeout=300)
    if process.returncode:
        raise RuntimeError("the sender failed")
    return dict(json.loads(out))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("recipients", help="separated by commas")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--pdf", type=int, default=0)
    parser.add_argument("--new", action="store_true")
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
