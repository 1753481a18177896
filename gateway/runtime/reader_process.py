"""A reader: the process in which strangers' mail is read, one after the other.

Started by `readers` with a command line that carries "postroom: reader". It reads requests
from standard input and answers on standard output until input ends, which it does when the
gateway is gone. The kernel bounds its memory, and the time for each mail; it may be killed
at any moment. Imports as little as reading needs, for there may be many.
"""

import gc
import json
import logging
import os
import resource
import signal
import sys
from dataclasses import replace
from typing import Any, BinaryIO

from gateway.mail.errors import MailError
from gateway.mail.message import read
from gateway.mail.reading import Attachment, ReadLimits
from gateway.runtime.reader_frames import INLINE_OCTETS, PREFIX, TAKEN, frame, plain

_OUT_OF_MEMORY = 3
_NICENESS = 15  # who hands mail over waits for its 250; nobody waits for a reader


def main(arguments: list[str]) -> None:
    """Serve until input ends. arguments: what `reader.command` put behind the title."""
    settings = json.loads(arguments[-1])
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up between frames
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)  # the gateway decides when
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    logging.disable(logging.CRITICAL)
    os.chdir(settings["scratch"])
    os.umask(0o077)
    os.nice(_NICENESS)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, settings["memory_octets"])
    _limit(resource.RLIMIT_FSIZE, settings["file_octets"])
    gc.collect()
    gc.freeze()
    limits = ReadLimits(**settings["limits"])
    while (request := _request(requests)) is not None:
        facts, octets = request
        answers.write(TAKEN)
        answers.flush()
        if "ping" in facts:
            continue
        _give_time(settings["cpu_seconds"])
        try:
            answer, blob = _answer(facts, octets, limits)
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)
        del octets, request
        answer["resident_octets"] = _resident_octets()
        answers.write(frame(answer, blob))
        answers.write(blob)
        answers.flush()


def _request(requests: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Return the next request, None at the end of input."""
    prefix = requests.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    json_length, length = PREFIX.unpack(prefix)
    facts = json.loads(requests.read(json_length))
    octets = requests.read(length)
    return (facts, octets) if len(octets) == length else None


def _answer(
    facts: dict[str, Any], octets: bytes, limits: ReadLimits
) -> tuple[dict[str, Any], bytes]:
    """Return the answer to a request, and the octets of small attachments."""
    try:
        if facts["path"] is not None:
            with open(facts["path"], "rb") as file:  # noqa: PTH123 (pathlib costs a megabyte)
                octets = file.read()
        reading = read(octets, limits=limits, null_sender=facts["null_sender"])
        attachments, blob = _parted(reading.attachments, facts["id"])
        return {"reading": plain(replace(reading, attachments=attachments))}, blob
    except MailError as error:
        return {"mail_error": str(error)}, b""
    except OSError as error:
        return {"fault": f"{type(error).__name__}: {error.strerror}"}, b""
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (the rim: a bug of ours must not cost a process)
        return {"died": f"{type(error).__name__} at {_place(error)}"}, b""


def _parted(
    attachments: tuple[Attachment, ...], request: int
) -> tuple[tuple[Attachment, ...], bytes]:
    """Return the attachments, large ones as files named after the request, and the small octets."""
    parted = []
    small = []
    for number, one in enumerate(attachments):
        content = one.content or b""
        if len(content) <= INLINE_OCTETS:
            small.append(content)
            parted.append(one)
        else:
            name = f"{request}-{number}"
            with open(name, "xb") as file:  # noqa: PTH123
                file.write(content)
            parted.append(replace(one, path=name))
    return tuple(parted), b"".join(small)


def _limit(kind: int, value: int) -> None:
    """Set a limit of the kernel, as low as `value`; a lower one that stands is kept."""
    _, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY or value <= hard:
        resource.setrlimit(kind, (value, value))


def _give_time(seconds: float) -> None:
    """Let the kernel end this process once it has worked so long from now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or soft <= hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _resident_octets() -> int:
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize()


def _place(error: Exception) -> str:
    """Return the file and line that raised, and nothing of the mail."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"


if __name__ == "__main__":
    main(sys.argv[1:])
