"""An installation, running or not, and its commands."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from gateway.cli import run
from tests.journeys.company import octets

DONE, FAILED, USAGE, BAD_CONFIGURATION = 0, 1, 2, 78


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def rows(self):
        """What was printed, each line a JSON object."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self):
        (row,) = self.rows
        return row


class Place:
    """An installation and its commands, run in this process: starting one costs a second."""

    def __init__(self, gateway, *, is_running):
        self.gateway = gateway
        self.is_running = is_running
        self.directory = gateway.directory

    def __call__(self, *arguments, code=DONE, config=True):
        given = [*map(str, arguments), *(("--config", str(self.gateway.config)) if config else ())]
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            done = Done(run(given), out.getvalue(), err.getvalue())
        assert done.code == code, (given, done)
        assert "Traceback" not in done.err
        return done

    def refuses(self, *arguments, code=FAILED):
        """Run a command that can't be done: it says so in a sentence, and prints nothing."""
        done = self(*arguments, code=code)
        assert done.out == ""
        assert done.err.strip()
        return done.err

    def company(self, name):
        return self("tenant", "add", name, "--json").row

    def mail(self, name, content):
        path = self.directory / name
        path.write_bytes(octets(content))
        return path


class Sender:
    """A company as the mail-making helpers want it."""

    def __init__(self, added):
        self.address = added["sender_address"]
