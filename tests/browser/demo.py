"""The demo as somebody starts it: its links by what they show."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_SECONDS = 240
_LAST = "This is a demo:"
_LANGUAGE = re.compile(r" \([a-z]{2}(-[A-Z]{2})?\)$")
_LINK = re.compile(r"(?P<before>[^:]*: +)?(?P<url>http\S+)(?P<after>.*)")


class Demo:
    """A running `postroom demo`. links: by the words beside them.

    language: what its customers read; "" for a language of each one's own.
    """

    def __init__(self, language=""):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "demo", "--port", "0", "--language", language],
            cwd=ROOT,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.said = []
        self.links = {}

    def start(self):
        until = time.monotonic() + _SECONDS
        rest = b""
        out = self.process.stdout
        while not any(line.startswith(_LAST) for line in self.said):
            readable, _, _ = select.select([out], [], [], 0.2)
            piece = os.read(out.fileno(), 65536) if readable else b""
            ended = self.process.poll() is not None and not piece
            if ended or time.monotonic() > until:
                raise AssertionError("the demo did not start:\n" + "\n".join(self.said))
            *lines, rest = (rest + piece).split(b"\n")
            self.said += [line.decode() for line in lines]
        for line in self.said:
            found = _LINK.fullmatch(line.strip())
            if found and "/127.0.0.1:" in line:
                words = (found["before"] or "").strip(" :") or found["after"].strip()
                words = _LANGUAGE.sub("", words)
                self.links[words] = found["url"]
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.process.stdout.close()
