"""Where programs beside the gateway listen: a virus scanner, a spam filter."""

from dataclasses import dataclass

from gateway.settings.values import Unfit, host_of, port_of, url_of


@dataclass(frozen=True, slots=True)
class Daemon:
    """A socket file, or host and port."""

    path: str = ""
    host: str = ""
    port: int = 0


def daemon(text: str) -> Daemon | None:
    """Return where "unix:/run/clamav/clamd.ctl" or "host:port" is; None for "". Raises Unfit."""
    if not text:
        return None
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if not path.startswith("/"):
            raise Unfit('is no absolute path: write one such as "unix:/run/clamav/clamd.ctl"')
        return Daemon(path=path)
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]") or not host or "/" in text:
        raise Unfit(
            "is neither a socket nor a host and port: "
            'write "unix:/run/clamav/clamd.ctl" or "127.0.0.1:3310"'
        )
    return Daemon(host=host_of(host), port=port_of(port, least=1))


def worker_url(text: str) -> str:
    """Return the URL of "host:port" or of a URL, without a final slash; "" for "". Raises Unfit."""
    if not text:
        return ""
    right = '"127.0.0.1:11333" or "http://127.0.0.1:11333"'
    url = url_of(text if "://" in text else f"http://{text}", ("http", "https"), right)
    if url.query or url.fragment or url.username is not None:
        raise Unfit(f"has more than scheme, host, port and path: write {right}")
    if "://" not in text and url.port is None:
        raise Unfit(f"has no port: write {right}")
    return f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"
