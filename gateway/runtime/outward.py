"""The Outward port by httpcore: what companies and strangers name is asked through the gate."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from gateway.mail.errors import Fault
from gateway.ports.outward import MOST_OCTETS, HttpAnswer, NotPermitted
from gateway.runtime.egress import Egress

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Gives the addresses of a host; raises Fault."""

_AGENT = "Postroom"
_CONNECT_SECONDS = 10.0
_OWN_HEADERS = frozenset({"host", "content-length", "connection", "transfer-encoding"})


class HttpOutward:
    """Asks web servers, each at an address that the gate has judged.

    plain http is used only where the admin's `egress.allow` covers the address.
    """

    def __init__(
        self, egress: Egress, resolve: Resolve, *, context: ssl.SSLContext | None = None
    ) -> None:
        """Go out through `egress`; context: what certificates are trusted, else the system's."""
        self._backend = _Pinned(egress, resolve)
        self._context = context

    async def judge(self, url: str) -> None:
        """Return if the URL may be asked; see `ports.outward.Outward.judge`."""
        scheme, host = _judged(url)
        if scheme == "http":
            await self._backend.require_allowed(host)
        await self._backend.permitted(host)

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float = 15.0,
        most_octets: int = MOST_OCTETS,
    ) -> HttpAnswer:
        """Return the answer; see `ports.outward.Outward.ask`."""
        scheme, host = _judged(url)
        if scheme == "http":
            await self._backend.require_allowed(host)
        if self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context)
        sent = [(b"User-Agent", _AGENT.encode()), *_checked(headers or {})]
        if body or method not in {"GET", "HEAD"}:
            sent.append((b"Content-Length", str(len(body)).encode()))
        try:
            async with (
                asyncio.timeout(seconds),
                httpcore2.AsyncConnectionPool(
                    ssl_context=self._context, network_backend=self._backend
                ) as pool,
                pool.stream(method, url, headers=sent, content=body or None) as response,
            ):
                taken = bytearray()
                if method != "HEAD":
                    async for piece in response.aiter_stream():
                        taken += piece[: most_octets - len(taken)]
                        if len(taken) >= most_octets:
                            break
                answered = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                return HttpAnswer(response.status, answered, bytes(taken))
        except TimeoutError as error:
            raise Fault(f"{host}: no answer within {seconds:g} s") from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, ssl.SSLError) as error:
            raise Fault(f"{host}: {str(error) or type(error).__name__}") from error
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, ValueError) as error:
            raise Fault(f"{host}: no proper HTTP answer: {error}") from error


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Resolves a name once, lets the gate judge, and dials what passed."""

    def __init__(self, egress: Egress, resolve: Resolve) -> None:
        self._egress = egress
        self._resolve = resolve
        self._inner = httpcore2.AnyIOBackend()

    async def require_allowed(self, host: str) -> None:
        """Raise NotPermitted unless each address of the host is one that the admin allowed."""
        addresses = await self._resolve(host)
        if not addresses or not all(self._egress.is_allowed_by_name(one) for one in addresses):
            raise NotPermitted(f"{host}: only https is possible there")

    async def permitted(self, host: str) -> Sequence[str]:
        """Return the addresses of a host that may be used, at least one, or raise NotPermitted."""
        permitted = self._egress.permitted(await self._resolve(host))
        if not permitted:
            raise NotPermitted(f"{host}: this address can't be used")
        return permitted

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the library's interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect with an address of the host that passes the gate."""
        failure: Exception | None = None
        for address in await self.permitted(host):
            try:
                return await self._inner.connect_tcp(
                    address,
                    port,
                    timeout=_CONNECT_SECONDS if timeout is None else timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise httpcore2.ConnectError(str(failure))

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


def _judged(url: str) -> tuple[str, str]:
    """Return scheme and host of a URL that may be asked. Raises NotPermitted."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise NotPermitted("a URL holds printable ASCII characters alone")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise NotPermitted(f"not a URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotPermitted("a URL begins with https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise NotPermitted("a URL holds no user name and password")
    return parts.scheme, parts.hostname


def _checked(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    checked = []
    for name, value in headers.items():
        if name.lower() in _OWN_HEADERS or any(sign in name + value for sign in "\r\n\0"):
            raise NotPermitted(f"the header {name!r} can't be sent")
        checked.append((name.encode("ascii"), value.encode("latin-1", "replace")))
    return checked
