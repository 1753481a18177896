"""Stock aiosmtpd and its Mailbox handler, on uvloop: `-m tests.bench.stock_mailbox PORT DIR`."""

import asyncio
import sys

import uvloop
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP


async def serve(port, directory):
    handler = Mailbox(directory)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, hostname="mx.perf.example", enable_SMTPUTF8=True),
        "127.0.0.1",
        port,
        backlog=512,
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
