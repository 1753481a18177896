"""The control socket: commands reach the running gateway by a file that only its owner opens.

A frame is four octets of length, big-endian, then JSON. A request is `{"command", "given"}`,
an answer `{"ok": …}` or `{"error": …, "kind": …}`.
"""

import asyncio
import contextlib
import json
import os
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from gateway.mail.errors import Fault

log = structlog.get_logger()

MOST_OCTETS = 128 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_CONNECT_SECONDS = 2.0

Answering = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Takes a command and what is given to it, returns JSON values, raises CommandError."""


class CommandError(Exception):
    """A command that can't be done; `kind` decides the exit code: "failed" or "usage"."""

    def __init__(self, text: str, kind: str = "failed") -> None:
        """Keep the words for the admin."""
        super().__init__(text)
        self.kind = kind


class ControlServer:
    """Listens on the socket file until it is closed."""

    def __init__(self, path: Path, answering: Answering) -> None:
        """Answer each request by `answering`."""
        self._path = path
        self._answering = answering
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Open the socket; a file left by a dead gateway is replaced."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, path=str(self._path))
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Close the socket and remove its file."""
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read_frame(reader)
            await _write_frame(writer, await self._answer(request))
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            log.info("control.dropped")
        finally:
            writer.close()

    async def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = await self._answering(str(request["command"]), request.get("given") or {})
        except CommandError as error:
            return {"error": str(error), "kind": error.kind}
        except Fault as error:
            return {"error": f"try again later: {error}", "kind": "failed"}
        except Exception:  # the rim of a task
            log.exception("control.failed", command=str(request.get("command")))
            return {"error": "the gateway failed; its log says why", "kind": "failed"}
        return {"ok": answer}


async def ask(path: Path, command: str, given: Mapping[str, Any]) -> Any:
    """Send a command to the running gateway and return its answer.

    Raises ConnectionError if none runs, CommandError if it can't be done.
    """
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_unix_connection(str(path))
    except (OSError, TimeoutError) as error:
        raise ConnectionError(f"no gateway listens on {path}") from error
    try:
        await _write_frame(writer, {"command": command, "given": given})
        answer = await _read_frame(reader)
    except asyncio.IncompleteReadError as error:
        raise CommandError("the gateway went away before it answered") from error
    finally:
        writer.close()
    if "error" in answer:
        raise CommandError(str(answer["error"]), str(answer.get("kind", "failed")))
    return answer.get("ok")


async def _read_frame(reader: asyncio.StreamReader) -> Mapping[str, Any]:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > MOST_OCTETS:
        raise ValueError("a frame of the control socket is too long")
    frame = json.loads(await reader.readexactly(length))
    if not isinstance(frame, dict):
        raise ValueError("a frame of the control socket is no object")  # noqa: TRY004
    return frame


async def _write_frame(writer: asyncio.StreamWriter, frame: Mapping[str, Any]) -> None:
    octets = json.dumps(frame).encode()
    writer.write(_LENGTH.pack(len(octets)) + octets)
    await writer.drain()
