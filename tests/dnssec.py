"""DNS as it is: a root of the tests' own, signed by ldns, answered by Debian's unbound.

unbound holds the zones and validates what it finds in them as it would those of the Internet,
from the key of our root on.
"""

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

from tests.skips import missing

_ALGORITHM = "ECDSAP256SHA256"
_PORT = 53
_HEAD = """\
$ORIGIN {name}
$TTL 60
@ IN SOA ns.test. admin.test. 1 3600 600 86400 60
@ IN NS ns.test.
"""
_SERVER = """\
server:
  interface: {address}
  port: {port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: "{directory}/unbound.pid"
  use-syslog: no
  trust-anchor-file: "{directory}/{anchor}.key"
  access-control: 127.0.0.0/8 allow
  module-config: "validator iterator"
  local-zone: "test." nodefault
remote-control:
  control-enable: no
"""
_ZONE = """\
auth-zone:
  name: "{name}"
  zonefile: "{file}"
  for-downstream: no
  for-upstream: yes
"""


def find_programs():
    """Return nothing where unbound and ldns are; skips, saying so, where they aren't."""
    if not all(map(shutil.which, ("unbound", "ldns-keygen", "ldns-signzone"))):
        missing("unbound and ldnsutils")


@contextmanager
def resolver(directory, address, zones, *, signed=(), broken=()):
    """Answer on port 53 of a loopback address, until the end.

    zones: name to records, lines of a zone file without their head. signed: names of those that
    the root vouches for. broken: those that it vouches for by a key which is not theirs.
    """
    find_programs()
    root = [f"ns.test. IN A {address}"]
    files = {}
    for name, records in zones.items():
        root.append(f"{name}. IN NS ns.test.")
        files[f"{name}."] = _written(directory, f"{name}.", records)
        if name in signed or name in broken:
            key = _key(directory, f"{name}.")
            root.append((directory / f"{key}.ds").read_text().strip())
            files[f"{name}."] = _signed(
                directory, f"{name}.", _key(directory, f"{name}.") if name in broken else key
            )
    anchor = _key(directory, ".")
    _written(directory, ".", root)
    files["."] = _signed(directory, ".", anchor)
    config = directory / "unbound.conf"
    config.write_text(
        _SERVER.format(address=address, port=_PORT, directory=directory, anchor=anchor)
        + "".join(_ZONE.format(name=name, file=file) for name, file in files.items())
    )
    with (directory / "unbound.log").open("wb") as log:
        running = subprocess.Popen(["unbound", "-c", config], stdout=log, stderr=log)
        try:
            _until_answering(address, running, directory)
            yield
        finally:
            running.terminate()
            running.wait(10)


def _written(directory, name, records):
    file = _file(name)
    (directory / file).write_text(_HEAD.format(name=name) + "\n".join(records) + "\n")
    return file


def _file(name):
    return f"zone.{name}" if name == "." else f"zone.{name.rstrip('.')}"


def _key(directory, name):
    made = subprocess.run(
        ["ldns-keygen", "-a", _ALGORITHM, "-k", name],
        cwd=directory,
        check=True,
        capture_output=True,
        text=True,
    )
    return made.stdout.strip()


def _signed(directory, name, key):
    file = f"{_file(name)}.signed"
    subprocess.run(
        ["ldns-signzone", "-f", file, _file(name), key],
        cwd=directory,
        check=True,
        capture_output=True,
    )
    return file


def _until_answering(address, running, directory):
    deadline = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection((address, _PORT), timeout=1):
                return
        except OSError:
            log = (directory / "unbound.log").read_text()
            assert running.poll() is None, log
            assert time.monotonic() < deadline, log
            time.sleep(0.05)
