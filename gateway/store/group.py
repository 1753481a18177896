"""Writing threads: many jobs share one commit.

A thread takes what waits, runs job after job, commits once, and tells all callers. Should a
job fail among others, the batch is undone and run again with each job in a savepoint. While
it waits for the disk, the next batch gathers. On SQLite there is one such thread; on
PostgreSQL several, and conflicts between them are settled by running a batch again.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from gateway.mail.errors import Fault
from gateway.store.events import number_events
from gateway.store.faults import fault_of, spoils_connection, wants_repeat
from gateway.store.jobs import Job, settle
from gateway.store.transaction import Line
from gateway.store.work import Work

MAX_JOBS = 200
MAX_SECONDS = 0.02
_TRIES_TOGETHER = 3
_TRIES_ALONE = 10


class _Repeat(Exception):  # noqa: N818 (it says what to do)
    """The database wants the batch again."""


class _Spoilt(Exception):  # noqa: N818 (it says what happened)
    """A job failed among others, with no savepoint between them."""


class Writer:
    """One writing thread.

    jobs: what all writing threads of a store take from; None ends the thread that takes it.
    connect: opens the thread's connection.
    ring: is told the topics after a commit.
    """

    def __init__(
        self,
        jobs: "queue.SimpleQueue[Job | None]",
        connect: Callable[[], tuple[Line, Work]],
        ring: Callable[[Line, Iterable[str]], None],
    ) -> None:
        """Don't start yet."""
        self._jobs = jobs
        self._connect = connect
        self._ring = ring
        self._line: Line | None = None
        self._work: Work | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._serve, name="postroom-store", daemon=True)

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def _serve(self) -> None:
        while not self._ended:
            first = self._jobs.get()
            if first is None:
                break
            if not first.future.cancelled():
                self._take(first)
        self._drop_line()

    def _take(self, first: Job) -> None:
        """Do a job and those that wait; every caller hears what came of it."""
        jobs = [first]
        try:
            if self._tried(jobs, _TRIES_TOGETHER, gather=True):
                return
            for job in jobs:
                if not self._tried([job], _TRIES_ALONE, gather=False):
                    self._refuse([job], Fault("the database is too busy"))
        except Exception as error:  # noqa: BLE001 (the rim of a thread: no connection, or a bug)
            self._refuse([*jobs, *self._gathered()], error)

    def _tried(self, jobs: list[Job], tries: int, *, gather: bool) -> bool:
        """Do a batch, again if the database asks for it; False if it still does."""
        for count in range(tries):
            self._open_line()
            try:
                self._do(jobs, gather=gather and count == 0)
            except _Repeat:
                for job in jobs:
                    job.result = job.error = None
            else:
                return True
        return False

    def _do(self, jobs: list[Job], *, gather: bool) -> None:
        """Do a batch in one transaction, adding jobs that wait if told so.

        Raises _Repeat, after which nothing is done and nobody was told.
        """
        line = self._line
        assert line is not None
        begun = False
        try:
            line.begin()
            begun = True
            self._run_batch(line, jobs, gather=gather)
            number_events(line.transaction)
            line.commit()
        except BaseException as error:
            self._roll_back(line, error)
            # A connection that died while nothing was done is no reason to bother callers.
            if wants_repeat(error) or (not begun and self._line is None):
                raise _Repeat from error
            self._refuse([job for job in jobs if job.error is None], error)
            settle(jobs)
            return
        topics = line.transaction.topics
        settle(jobs)
        if topics:
            self._ring(line, topics)

    def _run_batch(self, line: Line, jobs: list[Job], *, gather: bool) -> None:
        """Run the jobs, first without savepoints: jobs seldom fail, and savepoints cost much."""
        line.transaction.reset()
        try:
            self._run_all(line, jobs, gather=gather, is_parted=False)
        except _Spoilt:
            for job in jobs:
                job.result = job.error = None
            line.rollback()
            line.begin()
            line.transaction.reset()
            self._run_all(line, jobs, gather=False, is_parted=True)

    def _run_all(self, line: Line, jobs: list[Job], *, gather: bool, is_parted: bool) -> None:
        until = time.monotonic() + MAX_SECONDS
        done, kept = 0, 0
        while True:
            for job in jobs[done:]:
                kept += self._run(line, job, is_first=kept == 0, is_parted=is_parted)
                done += 1
            if not gather or done >= MAX_JOBS or time.monotonic() > until:
                return
            following = self._next()
            if following is None:
                return
            jobs.append(following)

    def _run(self, line: Line, job: Job, *, is_first: bool, is_parted: bool) -> bool:
        """Run one job; return whether it is part of the transaction.

        is_parted: savepoints stand between jobs. Raises _Spoilt if there would have to be
        one, and the driver's error if it concerns the whole transaction.
        """
        transaction, work = line.transaction, self._work
        assert work is not None
        events, topics = len(transaction.events), set(transaction.topics)
        if is_parted and not is_first:
            line.mark()
        try:
            job.result = job.run(work)
        except BaseException as error:
            if wants_repeat(error) or not line.is_open:
                raise
            if not (is_parted or is_first):
                raise _Spoilt from error
            job.error = fault_of(error) or error
            if job.error is not error:
                job.error.__cause__ = error
            del transaction.events[events:]
            transaction.topics = topics
            self._undo(line, is_first=is_first)
            return False
        if is_parted and not is_first:
            line.keep()
        return True

    def _undo(self, line: Line, *, is_first: bool) -> None:
        if is_first:
            line.rollback()
            line.begin()
        else:
            line.undo()

    def _next(self) -> Job | None:
        """Return the next job that waits, or None."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return None
            if job is None:
                self._ended = True
                return None
            if not job.future.cancelled():
                return job

    def _gathered(self) -> Sequence[Job]:
        jobs = []
        while (job := self._next()) is not None:
            jobs.append(job)
        return jobs

    def _refuse(self, jobs: Iterable[Job], error: BaseException) -> None:
        """Tell callers that their jobs could not be stored."""
        refused = list(jobs)
        for job in refused:
            job.error = fault_of(error) or Fault("the store failed")
            job.error.__cause__ = error
        settle(refused)

    def _roll_back(self, line: Line, error: BaseException) -> None:
        try:
            line.rollback()
        except Exception:  # noqa: BLE001 (a broken connection is dropped)
            self._drop_line()
            return
        if spoils_connection(error) or not line.is_alive:
            self._drop_line()

    def _open_line(self) -> None:
        if self._line is None:
            self._line, self._work = self._connect()

    def _drop_line(self) -> None:
        line, self._line, self._work = self._line, None, None
        if line is not None:
            line.close()
