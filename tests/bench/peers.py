"""The peers of the measurements: Postfix, OpenDKIM, aiosmtpd with its Mailbox; and loaders.

    python -m tests.bench.peers /var/tmp/peers

unpacks Debian's packages of Postfix and OpenDKIM there; nothing is installed, nothing runs.
The measurements find them by $POSTROOM_PEERS. Postfix and OpenDKIM need root, for they
change to other users; without them the measurements compare with aiosmtpd alone.
"""

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = (
    *("postfix", "opendkim", "libopendkim11", "liblua5.3-0", "libhashkit2", "libmemcached11"),
    *("libmilter1.0.1", "libopendbx1", "librbl1", "libvbr2"),
)
OWNER, GROUP = "uucp", "news"  # any unprivileged ones that nobody else uses
_QUEUES = ("incoming", "active", "deferred", "bounce", "defer", "flush", "corrupt", "hold")
_READY_SECONDS = 20


def unpack(directory):
    """Fetch Debian's packages by apt and unpack them."""
    directory.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=directory, check=True)
    for package in directory.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, directory], check=True)


def peers_directory():
    """Return where the peers are unpacked, or None."""
    place = os.environ.get("POSTROOM_PEERS")
    return Path(place) if place and Path(place, "usr/sbin/smtp-source").exists() else None


def tool(name):
    """Return the path of one of Postfix's tools, or None."""
    place = peers_directory()
    return str(place / "usr/sbin" / name) if place else shutil.which(name)


def libraries():
    place = peers_directory()
    parts = ("usr/lib/postfix", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib")
    return ":".join(str(place / part) for part in parts) if place else ""


def environment():
    return {**os.environ, "LD_LIBRARY_PATH": libraries()}


def can_change_user():
    return os.geteuid() == 0 and peers_directory() is not None


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def wait_for(port, greeting=b"220"):
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                if not greeting:
                    return
                connection.settimeout(5)
                if connection.recv(100).startswith(greeting):
                    connection.sendall(b"QUIT\r\n")
                    connection.recv(100)
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers on port {port}")


def end(process):
    """End a process that we started, and those below it, by their ids."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@contextmanager
def postfix(directory, settings):
    """Run a Postfix of its own; gives (its process, its port, its queue directory)."""
    place, port = peers_directory(), free_port()
    etc, spool, data = directory / "etc", directory / "spool", directory / "data"
    for made in (etc, spool, data):
        made.mkdir(parents=True)
    _make_queues(spool)
    shutil.chown(data, OWNER)
    (etc / "main.cf").write_text(
        f"compatibility_level=3.6\nqueue_directory={spool}\ndata_directory={data}\n"
        f"command_directory={place}/usr/sbin\ndaemon_directory={place}/usr/lib/postfix/sbin\n"
        f"mail_owner={OWNER}\nsetgid_group={GROUP}\nmyhostname=mx.perf.example\nmydestination=\n"
        "mynetworks=127.0.0.0/8\ninet_interfaces=127.0.0.1\ninet_protocols=ipv4\nalias_maps=\n"
        "relay_domains=\nlocal_recipient_maps=\nmessage_size_limit=40000000\n"
        f"import_environment=MAIL_CONFIG LD_LIBRARY_PATH={libraries()}\n{settings}\n"
    )
    (etc / "master.cf").write_text(_services(place, port))
    shutil.copy(place / "usr/share/postfix/dynamicmaps.cf", etc)
    directory.chmod(0o755)
    process = subprocess.Popen(
        [place / "usr/lib/postfix/sbin/master", "-c", etc, "-d"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(directory / "log").open("wb"),
        start_new_session=True,
    )
    try:
        wait_for(port)
        yield process, port, spool
    finally:
        end(process)


def _make_queues(spool):
    owner, group = pwd.getpwnam(OWNER).pw_uid, grp.getgrnam(GROUP).gr_gid
    for name in (*_QUEUES, "saved", "trace", "private"):
        (spool / name).mkdir(mode=0o700)
        os.chown(spool / name, owner, 0)
    for name, mode in (("maildrop", 0o730), ("public", 0o710)):
        (spool / name).mkdir()
        (spool / name).chmod(mode)
        os.chown(spool / name, owner, group)
    (spool / "pid").mkdir()


def _services(place, port):
    """Return Debian's master.cf, nothing in a chroot, without what comes from elsewhere."""
    dropped = {"pickup", "maildrop", "uucp", "ifmail", "bsmtp", "scalemail-backend", "mailman"}
    lines = []
    for line in (place / "usr/share/postfix/master.cf.dist").read_text().splitlines():
        if re.match(r"smtp\s+inet\s", line):
            lines.append(f"127.0.0.1:{port} inet n - n - 200 smtpd")
        elif re.match(r"[a-z]", line) and line.split()[0] not in dropped:
            fields = line.split(None, 7)
            fields[4] = "n"
            lines.append(" ".join(fields))
        elif line.startswith("  -o"):
            lines.append(line)
    return "\n".join(lines) + "\n"


@contextmanager
def opendkim(directory, key, *, domain, selector="s1"):
    """Run OpenDKIM with an RSA key; gives its process and its port."""
    directory.mkdir()
    directory.chmod(0o755)
    port = free_port()
    copy = directory / "key.pem"
    copy.write_bytes(key)
    copy.chmod(0o600)
    shutil.chown(copy, OWNER)
    shutil.chown(directory, OWNER)
    config = directory / "opendkim.conf"
    config.write_text(
        f"Syslog no\nMode s\nDomain {domain}\nSelector {selector}\nKeyFile {copy}\n"
        f"Socket inet:{port}@127.0.0.1\nUserID {OWNER}\nInternalHosts 127.0.0.1\n"
        f"Canonicalization relaxed/relaxed\nPidFile {directory}/pid\nRequireSafeKeys false\n"
        "Background no\n"
    )
    process = subprocess.Popen(
        [tool("opendkim"), "-f", "-x", config],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(directory / "log").open("wb"),
        start_new_session=True,
    )
    try:
        wait_for(port, b"")
        yield process, port
    finally:
        end(process)


@contextmanager
def mailbox(directory):
    """Run stock aiosmtpd with its Mailbox handler on uvloop; gives its process and its port."""
    directory.mkdir()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.stock_mailbox", str(port), str(directory / "Maildir")],
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        wait_for(port)
        yield process, port
    finally:
        end(process)


if __name__ == "__main__":
    unpack(Path(sys.argv[1]).absolute())
    print(f"unpacked; now: export POSTROOM_PEERS={Path(sys.argv[1]).absolute()}")
