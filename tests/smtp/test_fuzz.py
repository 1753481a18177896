"""Any bytes leave the server well."""

import asyncio
import contextlib
import tempfile
from base64 import b64encode
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.smtp.limits import SessionLimits
from gateway.smtp.station import Role
from tests.fuzz import examples
from tests.smtp.kit import SOON, runner, serving

PIECES = [
    *(b"EHLO me\r\n", b"HELO me\r\n", b"RSET\r\n", b"NOOP\r\n", b"HELP\r\n", b"VRFY x\r\n"),
    *(
        b"MAIL FROM:<>\r\n",
        b"MAIL FROM:<a@b.test> SIZE=9 BODY=8BITMIME\r\n",
        b"RCPT TO:<c@d.test>\r\n",
    ),
    *(
        b"DATA\r\n",
        b"DATA x\r\n",
        b".\r\n",
        b"\r\n.\r\n",
        b"\n.\n",
        b"..\r\n",
        b"Subject: x\r\n\r\n",
    ),
    *(b"BDAT 3\r\nabc", b"BDAT 0 LAST\r\n", b"BDAT 3 LAST\r\nabc", b"BDAT x\r\n", b"BDAT 9\r\nabc"),
    *(b"AUTH PLAIN\r\n", b"AUTH LOGIN\r\n", b64encode(b"\0acme\0s3cret") + b"\r\n", b"*\r\n"),
    *(
        b"STARTTLS\r\n",
        b"QUIT\r\n",
        b"GET / HTTP/1.1\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\xff\xfe\r\n",
    ),
    *(b"x" * 600 + b"\r\n", b"x" * 20_000, b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n"),
]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(PIECES), max_size=25),
    st.sampled_from([Role.MX, Role.SUBMISSION]),
    st.sampled_from(["asyncio", "uvloop"]),
    st.booleans(),
)
def test_z1_any_sequence_of_pieces_leaves_the_server_well(pieces, role, kind, is_slow):
    limits = SessionLimits(message=10_000, idle=timedelta(seconds=SOON))

    async def talk():
        with tempfile.TemporaryDirectory() as folder:
            async with serving(
                Path(folder), role, limits=limits, plain_networks=(ip_network("127.0.0.0/8"),)
            ) as server:
                async with server.client() as client:
                    with contextlib.suppress(OSError, RuntimeError):  # the server was quicker
                        for piece in pieces:
                            client.writer.write(piece)
                            if is_slow:
                                await asyncio.sleep(0)
                        client.writer.write_eof()
                    said = await client.rest()
                    assert all(line[:3].isdigit() for line in said.split(b"\r\n") if line)
                await server.quiet()
                async with server.client() as client:
                    await client.hello()
                    if role is Role.SUBMISSION:
                        await client.say(b"AUTH PLAIN " + b64encode(b"\0acme\0s3cret"))
                    assert (await client.mail()).startswith("250 ")

    with structlog.testing.capture_logs() as logs:
        runner(kind)(talk())
    assert [entry for entry in logs if entry["event"] in {"session.failed", "session.fault"}] == []
