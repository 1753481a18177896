import asyncio

import httpx2
import pytest
from starlette.applications import Starlette

from gateway.web import sts_file

DOMAINS = ("mail.example.com", "reply.example.com")


async def get(host, policy):
    app = Starlette(routes=[sts_file.route(DOMAINS, lambda: policy)])
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
        return await client.get("/.well-known/mta-sts.txt")


@pytest.mark.parametrize("host", ["mta-sts.mail.example.com", "MTA-STS.reply.example.com:8443"])
def test_the_policy_stands_at_the_host_of_each_domain(host):
    found = asyncio.run(get(host, b"version: STSv1\r\n"))
    assert (found.status_code, found.content) == (200, b"version: STSv1\r\n")
    assert found.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("host", "policy"),
    [
        ("mail.example.com", b"x"),
        ("mta-sts.evil.test", b"x"),
        ("mta-sts.mail.example.com", None),
    ],
)
def test_elsewhere_or_without_a_policy_there_is_nothing(host, policy):
    assert asyncio.run(get(host, policy)).status_code == 404
