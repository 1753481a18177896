"""Ways to operate a gateway that several journeys share."""

import io
import json
import subprocess
from contextlib import redirect_stdout

from gateway.cli import run
from tests.journeys.process import ROOT
from tests.journeys.processes import until

NOWHERE = '[relay]\nnext_hop = "smtp://127.0.0.1:9"\n'
"""Settings of a next hop that nobody answers at."""


def logged(running, *events):
    """Return what the log says of these events."""
    lines = [json.loads(line) for line in running.log.read_text().splitlines() if line[:1] == "{"]
    return [line for line in lines if line["event"] in events]


def reloaded(running):
    """Reload, wait for the end of it, and return what the log says."""
    ends = "settings.reloaded", "settings.kept"
    before = len(logged(running, *ends))
    running.reload()
    return until(lambda: logged(running, *ends)[before:], "the end of the reload")[0]


def asked(running, *arguments):
    """Do a command in this process, which saves the start of another; return its JSON lines."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert run([*arguments, "--json", "--config", str(running.config)]) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def fails(running, code):
    """Start a gateway that can't; return what it says."""
    started = subprocess.run(
        running.command,
        cwd=ROOT,
        env=running.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (started.returncode, started.stdout) == (code, ""), started.stderr
    assert "Traceback" not in started.stderr
    return started.stderr
