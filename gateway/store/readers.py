"""Reading threads: each has a connection of its own that can't write.

They see what was committed, and never wait for a writer.
"""

import queue
import threading
from collections.abc import Callable

from gateway.mail.errors import Fault
from gateway.store.faults import fault_of, spoils_connection
from gateway.store.jobs import Job, settle
from gateway.store.transaction import Line
from gateway.store.work import Work


class Reader:
    """One reading thread.

    jobs: what all of them take from; None ends the thread that takes it.
    connect: opens the thread's connection.
    """

    def __init__(
        self, jobs: "queue.SimpleQueue[Job | None]", connect: Callable[[], tuple[Line, Work]]
    ) -> None:
        """Don't start yet."""
        self._jobs = jobs
        self._connect = connect
        self._line: Line | None = None
        self._work: Work | None = None
        self._thread = threading.Thread(target=self._serve, name="postroom-reader", daemon=True)

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.future.cancelled():
                self._do(job)
                settle([job])
        self._drop_line()

    def _do(self, job: Job) -> None:
        # A connection that died while it was idle is opened anew, once.
        for _ in range(2):
            fresh = self._line is None
            try:
                line, work = self._opened()
                line.begin()
            except BaseException as error:  # noqa: BLE001 (the rim of a thread)
                self._drop_line()
                job.error = fault_of(error) or Fault("the store can't be read")
                job.error.__cause__ = error
                if fresh:
                    return
                continue
            job.error = None
            self._run(line, work, job)
            return

    def _run(self, line: Line, work: Work, job: Job) -> None:
        try:
            job.result = job.run(work)
        except BaseException as error:  # noqa: BLE001 (the job's error goes to its caller)
            job.error = fault_of(error) or error
            if job.error is not error:
                job.error.__cause__ = error
            if spoils_connection(error) or not line.is_alive:
                self._drop_line()
                return
        try:
            line.rollback()
        except Exception:  # noqa: BLE001 (the result stands; the connection doesn't)
            self._drop_line()

    def _opened(self) -> tuple[Line, Work]:
        if self._line is None or self._work is None:
            self._line, self._work = self._connect()
        return self._line, self._work

    def _drop_line(self) -> None:
        line, self._line, self._work = self._line, None, None
        if line is not None:
            line.close()
