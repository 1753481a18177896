"""The lock of a data directory: one process writes."""

import contextlib
import fcntl
import os
from pathlib import Path

from gateway.mail.errors import Fault
from gateway.store.engine import LOCK_FILE


class InUse(Fault):
    """Another process has the store open; `process` is its number, 0 if unknown."""

    def __init__(self, process: int) -> None:
        """Say who it is."""
        who = f"process {process}" if process else "another process"
        super().__init__(f"the store is in use by {who}")
        self.process = process


class DirectoryLock:
    """Held from `take` to `release`; the operating system ends it if the process dies."""

    def __init__(self, directory: Path) -> None:
        """Name the directory."""
        self._path = directory / LOCK_FILE
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock; raises InUse if another has it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.pread(file, 32, 0).decode("ascii", "replace").strip()
            os.close(file)
            raise InUse(int(text) if text.isdecimal() else 0) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Let others take it."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None
