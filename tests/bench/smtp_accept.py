"""How fast an SMTP session takes mail, against bare aiosmtpd in the same run.

    python -m tests.bench.smtp_accept [--smtp-source PATH] [--repeat N] [--size OCTETS]

Nothing is stored on either side: this measures the dialogue. Servers run as processes of
their own. The load comes from Postfix's `smtp-source` where it is found, else from a small
client of our own that does not pipeline. Only the ratios of one run mean anything.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROUNDS = [("connection each", 10, False), ("reused", 10, True), ("reused, one client", 1, True)]


async def serve_ours(directory: Path, loop_name: str) -> None:
    from gateway.mail.replies import Reply
    from gateway.ports.reception import Content
    from gateway.smtp.limits import SessionLimits
    from gateway.smtp.listener import Listener
    from gateway.smtp.quotas import Quotas
    from gateway.smtp.spool import Spool
    from gateway.smtp.station import ListenerConfig, Role

    class Sink:
        async def authenticate(self, username, password, peer):
            return None

        async def judge(self, sender, accepted, recipient, peer):
            return None

        async def accept(self, envelope, content: Content, peer):
            if content.path is not None:
                os.unlink(content.path)  # noqa: PTH108 (as a store would, at once)
            return Reply(250, "2.0.0", "Queued as msg_1")

    limits = SessionLimits(connections_per_address=1000, messages=10**9)
    spool = Spool(
        directory, memory=limits.spool_memory, each=limits.spool_each, rate=limits.upload_rate
    )
    config = ListenerConfig(Role.MX, "mx.test", Sink(), spool, Quotas(limits), limits)
    listener = Listener(config, ["127.0.0.1:0"])
    await listener.start()
    print(listener.addresses[0].rpartition(":")[2], flush=True)
    await asyncio.Event().wait()


async def serve_stock(_directory: Path, loop_name: str) -> None:
    from aiosmtpd.handlers import Sink
    from aiosmtpd.smtp import SMTP

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Sink(), hostname="mx.test", enable_SMTPUTF8=True), "127.0.0.1", 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


SERVERS = {"ours": serve_ours, "aiosmtpd": serve_stock}


@contextlib.contextmanager
def server(name: str, loop_name: str) -> Iterator[tuple[int, int]]:
    """Run a server; give its port and process id."""
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.bench.smtp_accept",
                "--serve",
                name,
                directory,
                loop_name,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.terminate()
            process.wait()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load_by_smtp_source(
    tool: str, port: int, *, clients: int, count: int, size: int, reuse: bool
) -> float:
    library = Path(tool).resolve().parents[1] / "lib" / "postfix"
    started = time.perf_counter()
    subprocess.run(
        [
            tool,
            "-s",
            str(clients),
            "-m",
            str(count),
            "-l",
            str(size),
            *(["-d"] if reuse else []),
            "-f",
            "a@b.test",
            "-t",
            "c@d.test",
            f"127.0.0.1:{port}",
        ],
        check=True,
        env={**os.environ, "LD_LIBRARY_PATH": str(library)},
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


async def _client(port: int, count: int, data: bytes, *, reuse: bool) -> None:
    reader = writer = None
    for _ in range(count):
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            writer.write(b"HELO bench\r\n")
            await reader.readline()
        for piece in (b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<c@d.test>\r\n", b"DATA\r\n", data):
            writer.write(piece)
            line = await reader.readline()
            assert line[:1] in b"23", line
        if not reuse:
            writer.write(b"QUIT\r\n")
            await reader.readline()
            writer.close()
            writer = None


def load_by_own(port: int, *, clients: int, count: int, size: int, reuse: bool) -> float:
    data = b"Subject: bench\r\n\r\n" + (b"x" * 76 + b"\r\n") * (size // 78) + b".\r\n"

    async def all_clients() -> None:
        await asyncio.gather(
            *(_client(port, count // clients, data, reuse=reuse) for _ in range(clients))
        )

    import uvloop

    started = time.perf_counter()
    uvloop.run(all_clients())
    return time.perf_counter() - started


def measure(options: argparse.Namespace) -> None:
    tool = options.smtp_source or shutil.which("smtp-source")
    print(f"load by {tool or 'our own client'}, {options.size} octets a message, {options.loop}")
    with server("ours", options.loop) as ours, server("aiosmtpd", options.loop) as stock:
        for title, clients, reuse in ROUNDS:
            rates: dict[str, list[float]] = {"ours": [], "aiosmtpd": []}
            cpu: dict[str, float] = {"ours": 0.0, "aiosmtpd": 0.0}
            for _ in range(options.repeat):
                for name, (port, pid) in (("ours", ours), ("aiosmtpd", stock)):
                    before = cpu_seconds(pid)
                    how = {
                        "clients": clients,
                        "count": options.count,
                        "size": options.size,
                        "reuse": reuse,
                    }
                    took = (
                        load_by_smtp_source(tool, port, **how) if tool else load_by_own(port, **how)
                    )
                    rates[name].append(options.count / took)
                    cpu[name] += cpu_seconds(pid) - before
            medians = {name: statistics.median(found) for name, found in rates.items()}
            each = {
                name: 1000 * spent / (options.count * options.repeat) for name, spent in cpu.items()
            }
            print(
                f"{title:>20}: ours {medians['ours']:7.0f}/s ({each['ours']:.2f} ms CPU)"
                f"   aiosmtpd {medians['aiosmtpd']:7.0f}/s ({each['aiosmtpd']:.2f} ms CPU)"
                f"   ratio {medians['ours'] / medians['aiosmtpd']:.1f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", nargs=3, metavar=("NAME", "DIRECTORY", "LOOP"))
    parser.add_argument("--smtp-source", help="path of Postfix's smtp-source")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--loop", default="uvloop", choices=["uvloop", "asyncio"])
    options = parser.parse_args()
    if options.serve:
        import uvloop

        name, directory, loop_name = options.serve
        factory = uvloop.new_event_loop if loop_name == "uvloop" else asyncio.new_event_loop
        with asyncio.Runner(loop_factory=factory) as loop:
            loop.run(SERVERS[name](Path(directory), loop_name))
    else:
        measure(options)


if __name__ == "__main__":
    main()
