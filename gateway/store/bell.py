"""The bell on PostgreSQL: hears from other processes which topics they woke.

Its connection also holds the shared lock that says "this store is in use".
"""

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Engine

from gateway.mail.errors import Fault

CHANNEL = "postroom"
IN_USE = 0x706F7374
"""The advisory lock: shared by who has the store open, whole for who replaces it."""

_AGAIN_SECONDS = 2.0


class Bell:
    """One listening thread.

    ring: is told the topics; called in the thread.
    is_ours: whether the backend with that number is a connection of this process, whose
        topics are known already.
    """

    def __init__(
        self,
        engine: Engine,
        ring: Callable[[Iterable[str]], None],
        is_ours: Callable[[int], bool],
    ) -> None:
        """Don't listen yet."""
        self._engine = engine
        self._ring = ring
        self._is_ours = is_ours
        self._ending = threading.Event()
        self._ear, self._mouth = socket.socketpair()
        self._connection: Any = None
        self._thread = threading.Thread(target=self._serve, name="postroom-bell", daemon=True)

    def start(self) -> None:
        """Listen; raises Fault if somebody is just replacing the store."""
        try:
            self._connection = self._connect()
        except BaseException:
            self._ear.close()
            self._mouth.close()
            raise
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._ending.set()
        self._mouth.send(b"\0")
        self._thread.join()
        self._hang_up()
        self._ear.close()
        self._mouth.close()

    def _connect(self) -> Any:
        pooled = self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()
        driver.autocommit = True
        row = driver.execute(f"SELECT pg_try_advisory_lock_shared({IN_USE})").fetchone()
        if not row[0]:
            driver.close()
            raise Fault("the store is in use: it is being restored")
        driver.execute(f"LISTEN {CHANNEL}")
        return driver

    def _serve(self) -> None:
        while not self._ending.is_set():
            try:
                if self._connection is None:
                    self._connection = self._connect()
                    # Whatever was said in the meantime is lost: everybody looks again.
                    self._ring(("spool", "deliveries", "events"))
                self._listen()
            except Exception:  # noqa: BLE001 (the rim of a thread: waits have a time-out as well)
                self._hang_up()
                self._ending.wait(_AGAIN_SECONDS)

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._connection.fileno(), select.POLLIN)
        poll.register(self._ear, select.POLLIN)
        poll.poll()
        for notice in self._connection.notifies(timeout=0):
            if not self._is_ours(notice.pid):
                self._ring((notice.payload,))

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()
