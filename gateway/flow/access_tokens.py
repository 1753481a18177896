"""Access tokens for companies' mail servers that take no passwords (RFC 6749, section 6).

A refresh token that the company gave is turned into an access token that lasts an hour or so;
it is kept in memory alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from gateway.mail.errors import Fault
from gateway.ports.outward import Outward
from gateway.ports.world import Clock
from gateway.rules.own_server import Account, OAuthSecrets

_SECONDS = 15.0
_SPARE = timedelta(minutes=2)
_LASTS = timedelta(minutes=5)
"""How long a token is used whose server doesn't say."""
_MOST = 10_000
_MOST_CHARS = 16_384
_WORDS_CHARS = 1000
_REFUSED = range(400, 500)
_BUSY = frozenset({408, 425, 429})


class TokenRefused(Exception):  # noqa: N818 (an answer of the server, nobody's fault here)
    """The token server says no, in these words."""


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token. refresh_token: a new one in place of the old, None if that stays."""

    access_token: str
    refresh_token: str | None = None


class AccessTokens:
    """Asks token servers, and keeps what they gave while it is good."""

    def __init__(self, outward: Outward, clock: Clock) -> None:
        """Ask by `outward`: a company named the server."""
        self._outward = outward
        self._clock = clock
        self._kept: dict[tuple[object, ...], tuple[str, datetime]] = {}

    async def of(
        self, tenant_id: str, account: Account, secrets: OAuthSecrets, *, fresh: bool = False
    ) -> Granted:
        """Return an access token for an account. fresh: one that nobody has used yet.

        Raises TokenRefused, Fault (no answer, or none that can be read).
        """
        name, now = (tenant_id, *account.place), self._clock.now()
        token, until = self._kept.get(name, ("", now))
        if token and now < until and not fresh:
            return Granted(token)
        if not secrets.refresh_token:
            raise TokenRefused("there is no refresh token")
        given = {
            "grant_type": "refresh_token",
            "refresh_token": secrets.refresh_token,
            "client_id": account.client_id,
            "client_secret": secrets.client_secret,
            "scope": account.scope,
        }
        body = urlencode({key: value for key, value in given.items() if value}).encode("ascii")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        answer = await self._outward.ask(
            "POST", account.token_url, headers=headers, body=body, seconds=_SECONDS
        )
        told = _read(answer.body)
        if answer.status in _REFUSED and answer.status not in _BUSY:
            raise TokenRefused(_words(told, answer.status))
        token = str(told.get("access_token") or "")
        if answer.status != 200 or not _is_token(token):
            raise Fault(f"the token server answered {answer.status} and no token")
        lasts = _duration(told.get("expires_in"))
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[name] = (token, now + lasts)
        renewed = told.get("refresh_token")
        is_new = isinstance(renewed, str) and renewed and renewed != secrets.refresh_token
        return Granted(token, str(renewed) if is_new else None)


def _read(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _words(told: Mapping[str, object], status: int) -> str:
    """Return what the server said (RFC 6749, section 5.2)."""
    said = [str(told[name]) for name in ("error", "error_description") if told.get(name)]
    words = ": ".join(said) or f"the token server answered {status}"
    return "".join(char if char.isprintable() else " " for char in words)[:_WORDS_CHARS]


def _is_token(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and len(token) <= _MOST_CHARS


def _duration(expires_in: object) -> timedelta:
    try:
        seconds = float(str(expires_in))
    except ValueError:
        return _LASTS
    if not 0 < seconds < timedelta(days=365).total_seconds():
        return _LASTS
    return max(timedelta(seconds=seconds) - _SPARE, timedelta())
