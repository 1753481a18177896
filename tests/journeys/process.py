"""A gateway as its users run it: `postroom serve` in a process of its own."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2

ROOT = Path(__file__).parent.parent.parent
READY_SECONDS = 60


class RunningGateway:
    """One `serve` process, its configuration, and ways to ask it."""

    def __init__(self, directory, *, settings="", environment=None, wrap=(), arguments=()):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config = self.directory / "postroom.toml"
        self.settings = settings
        self.environment = {**os.environ, **(environment or {})}
        self.wrap = list(wrap)
        self.arguments = list(arguments)
        self.process = None
        self.ready = {}
        self.log = self.directory / "log.txt"
        self.write_config()

    def write_config(self):
        data = self.directory / "data"
        self.config.write_text(
            "[server]\n"
            'hostname = "mail.example.com"\n'
            f'data_dir = "{data}"\n'
            f'secret = {{ file = "{data / "secret"}" }}\n'
            'public_url = "http://127.0.0.1:8025"\n'
            f"{self.settings_of('server')}"
            "[listen]\n"
            'mx = ["127.0.0.1:0"]\nsubmission = ["127.0.0.1:0"]\nhttp = ["127.0.0.1:0"]\n'
            f"{self.settings_of('listen')}"
            f'[dkim]\ndirectory = "{data / "dkim"}"\n'
            + "".join(
                f"[{table}]\n{text}"
                for table, text in self.tables().items()
                if table not in {"server", "listen"}
            )
        )

    def tables(self):
        """The wanted settings by table: "[relay]\\nnext_hop = ..."."""
        tables, name = {}, None
        for line in self.settings.splitlines():
            if line.startswith("["):
                name = line.strip("[]")
                tables[name] = ""
            elif line.strip():
                tables[name] += line + "\n"
        return tables

    def settings_of(self, table):
        return self.tables().get(table, "")

    @property
    def data_dir(self):
        return self.directory / "data"

    @property
    def command(self):
        """What starts it."""
        serve = [sys.executable, "-m", "gateway", "serve", "--config", str(self.config)]
        return [*self.wrap, *serve, *self.arguments]

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        line = self._first_line()
        if not line:
            self.process.wait(10)
            raise AssertionError(f"not ready:\n{self.log.read_text()[-4000:]}")
        self.ready = json.loads(line)
        assert self.ready["event"] == "ready"
        return self

    def _first_line(self):
        out = self.process.stdout
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            readable, _, _ = select.select([out], [], [], 0.2)
            if readable:
                return out.readline().decode()
            if self.process.poll() is not None:
                return ""
        return ""

    def stop(self):
        if self.process and self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
            self.process.wait(40)
        return self.process.returncode

    @property
    def pid(self):
        """The gateway's own process, below what wraps it."""
        pid = self.process.pid
        if self.wrap:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return int(children[0])
        return pid

    def kill(self):
        """Kill the whole process group at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def cli(self, *arguments, check=True, **options):
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments, "--config", str(self.config)],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **options,
        )
        if check:
            assert done.returncode == 0, done.stderr + done.stdout
        return done

    def json(self, *arguments):
        lines = self.cli(*arguments, "--json").stdout.splitlines()
        return [json.loads(line) for line in lines]

    def address(self, name):
        host, _, port = self.ready[name][0].rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def url(self):
        return f"http://{self.ready['http'][0]}"

    def client(self, key):
        return httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
            trust_env=False,
        )


@contextmanager
def gateway(directory, **options):
    running = RunningGateway(directory, **options).start()
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
        running.process.stdout.close()
