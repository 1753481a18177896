"""Style sheets and pictures of the pages, served under names that change with their content."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_IMPORT = re.compile(rb'from "\./([a-z]+\.js)"')
"""How our modules import; what is imported imports nothing itself."""

_YEAR = 365 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    zipped: bytes
    media_type: str


class Assets:
    """The files in `static`, read once."""

    def __init__(self) -> None:
        """Read them."""
        self._urls: dict[str, str] = {}
        self._by_name: dict[str, _Asset] = {}
        found = {
            file.name: file.read_bytes()
            for file in files("gateway.web").joinpath("static").iterdir()
            if file.name.rpartition(".")[2] in _TYPES
        }
        # A module is named by what it holds, the names of the modules that it imports included.
        for file_name in sorted(found, key=lambda one: (bool(_IMPORT.search(found[one])), one)):
            stem, _, ending = file_name.rpartition(".")
            content = _IMPORT.sub(self._imported, found[file_name])
            name = f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
            self._urls[file_name] = f"/static/{name}"
            self._by_name[name] = _Asset(content, gzip.compress(content, mtime=0), _TYPES[ending])

    def _imported(self, match: re.Match[bytes]) -> bytes:
        return b'from "%b"' % self._urls[match[1].decode()].encode()

    def url(self, name: str) -> str:
        """Return the path of a file by its plain name; raises KeyError if there is none."""
        return self._urls[name]

    def route(self, headers: Mapping[str, str]) -> Route:
        """Return the route that serves them, with these headers besides."""

        async def serve(request: Request) -> Response:
            asset = self._by_name.get(request.path_params["name"])
            if asset is None:
                return Response("Not found", 404, headers, "text/plain")
            # The name changes with the content, so nobody has to ask again.
            kept = {"Cache-Control": f"public, max-age={_YEAR}, immutable", **headers}
            kept["Vary"] = "Accept-Encoding"
            if _takes_gzip(request.headers.get("accept-encoding", "")):
                kept["Content-Encoding"] = "gzip"
                return Response(asset.zipped, 200, kept, asset.media_type)
            return Response(asset.content, 200, kept, asset.media_type)

        return Route("/static/{name}", serve, methods=["GET"])


def _takes_gzip(accepted: str) -> bool:
    """Say whether a client that accepts these codings takes gzip (RFC 9110, 12.5.3)."""
    for coding in accepted.lower().split(",")[:20]:
        name, _, weight = coding.replace(" ", "").partition(";q=")
        if name in {"gzip", "*"}:
            return weight.strip("0.") != "" if weight else True
    return False
