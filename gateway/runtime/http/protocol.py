"""One HTTP connection of uvicorn, with the deadlines that uvicorn lacks.

A header has to be complete in time, a body has to keep coming, an answer has to be read;
whoever stands still is told so and shown out.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway.runtime.http.crowd import Crowd
from gateway.runtime.http.lingering import LingeringTransport
from gateway.runtime.http.problem import bare_answer
from gateway.runtime.http.strict import StrictConnection


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What a peer may do.

    header: time for a whole header. body, body_bytes: each such time, as many bytes of a
    body have to come. answer: how long an answer may stay unread. linger: how long what a
    peer still sends after the answer is read and thrown away. idle: between two requests.
    connections: at a time.
    """

    header: timedelta = timedelta(seconds=10)
    body: timedelta = timedelta(seconds=30)
    body_bytes: int = 4096
    answer: timedelta = timedelta(seconds=60)
    linger: timedelta = timedelta(seconds=10)
    idle: timedelta = timedelta(seconds=30)
    connections: int = 4000


class PatientConfig(uvicorn.Config):
    """uvicorn's settings, and ours beside them."""

    def __init__(self, app: ASGIApp, limits: HttpLimits, *, drain: timedelta) -> None:
        """Serve `app`; drain: how long a stop waits for requests under way."""
        super().__init__(
            cast("Any", app),
            http=PatientProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=max(1, int(limits.idle.total_seconds())),
            timeout_graceful_shutdown=max(1, int(drain.total_seconds())),
            reset_contextvars=True,
        )
        self.limits = limits
        self.crowd = Crowd(limits.connections)


class PatientProtocol(H11Protocol):
    """A connection that is patient with slow peers, not with endless ones."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Take uvicorn's arguments; `config` is a `PatientConfig`."""
        super().__init__(config, server_state, app_state, _loop)
        assert isinstance(config, PatientConfig)
        self.conn = StrictConnection()
        self._limits = config.limits
        self._crowd = config.crowd
        self._wire: LingeringTransport | None = None
        self._lingers = False
        self._header_timer: asyncio.TimerHandle | None = None
        self._body_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._body_bytes = 0

    def connection_made(  # type: ignore[override]  # as uvicorn narrows it
        self, transport: asyncio.Transport
    ) -> None:
        """Begin, unless there are too many connections already."""
        self._wire = LingeringTransport(transport, self._begin_lingering)
        super().connection_made(self._wire)
        if self._crowd.enter(self):
            self._watch()
        else:
            self._refuse(503, "too_many_connections", "All connections are in use; try again.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all clocks."""
        self._crowd.leave(self)
        for timer in (self._header_timer, self._body_timer, self._answer_timer):
            if timer is not None:
                timer.cancel()
        self._header_timer = self._body_timer = self._answer_timer = None
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and look how far the peer is."""
        if self._lingers:
            return
        self._body_bytes += len(data)
        super().data_received(data)
        if not self.transport.is_closing():
            self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE:
            self._crowd.begin_waiting(self)

    def pause_writing(self) -> None:
        """Give the peer some time to read."""
        super().pause_writing()
        self._answer_timer = self._after(self._limits.answer, self.give_way)

    def resume_writing(self) -> None:
        """Be content: the peer reads."""
        super().resume_writing()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (it names the parser's fault, in our words below)
        """Answer bytes that are no request."""
        self._refuse(400, "bad_request", "The request does not keep to HTTP/1.1 (RFC 9112).")

    def give_way(self) -> None:
        """Close at once."""
        self.transport.abort()

    def _watch(self) -> None:
        """Set the clocks by where the peer is: in a header, in a body, done."""
        state = self.conn.their_state
        if state is h11.IDLE:
            self._crowd.begin_waiting(self)
            if self._header_timer is None:
                self._header_timer = self._after(self._limits.header, self._header_is_late)
        else:
            self._crowd.end_waiting(self)
            if self._header_timer is not None:
                self._header_timer.cancel()
                self._header_timer = None
        if state is not h11.SEND_BODY:
            if self._body_timer is not None:
                self._body_timer.cancel()
                self._body_timer = None
        elif self._body_timer is None:
            self._expect_body()

    def _expect_body(self) -> None:
        self._body_bytes = 0
        self._body_timer = self._after(self._limits.body, self._body_is_due)

    def _header_is_late(self) -> None:
        self._header_timer = None
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            self._refuse(408, "too_slow", "The header did not come in time.")
        else:
            self.transport.close()

    def _body_is_due(self) -> None:
        self._body_timer = None
        if self.transport.is_closing() or self.conn.their_state is not h11.SEND_BODY:
            return
        if self.cycle.response_complete:
            self.give_way()
            return
        ours = self.flow.read_paused or self.conn.they_are_waiting_for_100_continue
        if ours or self._body_bytes >= self._limits.body_bytes:
            self._expect_body()
        else:
            self._refuse(408, "too_slow", "The body did not come in time.")

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer in place of the application, and close."""
        self._crowd.leave(self)
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.give_way()
                return
        self.transport.write(bare_answer(status, code, detail))
        self._lingers = True
        self.transport.close()

    def _begin_lingering(self) -> bool:
        """Say whether the peer is still sending; if so, throw that away for a while."""
        self._lingers = self._lingers or self.conn.their_state is h11.SEND_BODY
        if self._lingers:
            self._unset_keepalive_if_required()
            if self.flow is not None:
                self.flow.resume_reading()
            self._body_timer = self._after(self._limits.linger, self.give_way)
        return self._lingers

    def eof_received(self) -> None:
        """Close after lingering: the peer has read the answer."""
        if self._lingers and self._wire is not None:
            self._wire.end()

    def _after(self, wait: timedelta, then: Any) -> asyncio.TimerHandle:
        return self.loop.call_later(wait.total_seconds(), then)
