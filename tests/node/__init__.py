"""Other people's JavaScript run against Postroom: packages of `package.json`, scripts beside it.

The packages are installed into this folder at first use, once for all workers of a run and
again when `package.json` has changed. Where Node.js or npm is absent the test skips, saying so.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from tests.skips import missing

HERE = Path(__file__).parent
INSTALL = (
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--ignore-scripts",
    "--loglevel=error",
)


def node(script, *arguments, seconds=60, stdin=None, **environment):
    """Run `script` of this folder; return what it prints. `environment` is added to ours."""
    _installed()
    done = subprocess.run(
        ["node", HERE / script, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, f"{script} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def _installed():
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            missing(program)
    wanted = hashlib.sha256((HERE / "package.json").read_bytes()).hexdigest()
    stamp = HERE / "node_modules" / ".postroom"
    with (HERE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        subprocess.run(INSTALL, cwd=HERE, check=True, capture_output=True, timeout=300)
        stamp.write_text(wanted)


@contextmanager
def started(name, text, **environment):
    """Run a script of this text beside the packages until the block ends; gives its process."""
    _installed()
    script = HERE / "node_modules" / name
    script.write_text(text)
    with subprocess.Popen(
        ["node", script], stdout=subprocess.PIPE, env={**os.environ, **environment}, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
