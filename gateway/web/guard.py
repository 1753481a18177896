"""Who may post: forms of our own pages, and programs that are no browsers."""

from collections import OrderedDict
from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import Request

from gateway.flow.refusal import Kind, Refused

_MOST_KNOWN = 20_000


def refuse_foreign_forms(request: Request, public_url: str) -> None:
    """Raise Refused if a page of another site sent the form (ux.md, 2.0).

    A browser tells with Sec-Fetch-Site, an old one with Origin. Where both are missing no
    browser is at work, so nobody's cookies or links are being borrowed.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site == "same-origin"
    else:
        origin = request.headers.get("origin")
        public = urlsplit(public_url)
        own = f"{request.url.scheme}://{request.headers.get('host', '')}"
        ours = origin is None or origin in {f"{public.scheme}://{public.netloc}", own}
    if not ours:
        raise Refused(Kind.FORBIDDEN, "foreign_form", "This form was not sent by our own page.")


def peer_of(request: Request) -> str:
    """Return the address of who asks, "" if there is none."""
    return request.client.host if request.client else ""


class Pace:
    """How often somebody may post; knows a bounded number of them."""

    def __init__(self, per_minute: int) -> None:
        """Allow `per_minute`, and as many at once."""
        self._per_minute = per_minute
        self._known: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, who: str, now: datetime) -> None:
        """Count one; raises Refused TOO_MANY."""
        full = float(self._per_minute)
        level, at = self._known.get(who, (full, now))
        level = min(full, level + full * (now - at).total_seconds() / 60)
        if level < 1:
            raise Refused(
                Kind.TOO_MANY,
                "too_many",
                "That was a lot at once. Please wait a minute.",
                retry_after=60,
            )
        self._known[who] = (level - 1, now)
        self._known.move_to_end(who)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
