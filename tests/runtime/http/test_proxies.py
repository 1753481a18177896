from ipaddress import ip_network

import pytest

from gateway.runtime.http.proxies import TrustedProxies
from tests.smtp.loops import in_loop

OURS = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


async def seen(peer, headers, trusted=OURS):
    found = {}

    async def app(scope, receive, send):
        found.update(scope)

    scope = {
        "type": "http",
        "client": (peer, 4711),
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    await TrustedProxies(app, lambda: trusted)(scope, None, None)
    return found["client"][0], found["scheme"]


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        pytest.param(
            "10.0.0.1",
            [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")],
            ("192.0.2.7", "https"),
            id="a listed proxy is believed",
        ),
        pytest.param(
            "192.0.2.1",
            [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")],
            ("192.0.2.1", "http"),
            id="a stranger is not",
        ),
        pytest.param(
            "127.0.0.1",
            [("x-forwarded-for", "192.0.2.7")],
            ("127.0.0.1", "http"),
            id="loopback earns no trust by itself",
        ),
        pytest.param(
            "10.0.0.1",
            [("x-forwarded-for", "198.51.100.9, 192.0.2.7, 10.0.0.2")],
            ("192.0.2.7", "http"),
            id="what stands left of a stranger is hearsay",
        ),
        pytest.param(
            "10.0.0.1",
            [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-for", "10.0.0.3")],
            ("192.0.2.7", "http"),
            id="two fields are one list",
        ),
        pytest.param(
            "10.0.0.1",
            [("x-forwarded-for", "nonsense"), ("x-forwarded-proto", "javascript")],
            ("10.0.0.1", "http"),
            id="nonsense is ignored",
        ),
        pytest.param(
            "::ffff:10.0.0.1",
            [("x-forwarded-for", "[2001:db8::7]:443")],
            ("2001:db8::7", "http"),
            id="a mapped peer, an address with a port",
        ),
    ],
)
@in_loop
async def test_the_peer_is_who_listed_proxies_say(peer, headers, expected):
    assert await seen(peer, headers) == expected


@in_loop
async def test_nobody_is_trusted_where_nobody_is_listed():
    assert await seen("10.0.0.1", [("x-forwarded-for", "192.0.2.7")], []) == ("10.0.0.1", "http")
