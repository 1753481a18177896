"""A Postfix of the tests' own: one service a kind of server, on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.skips import missing

LOGIN, PASSWORD = "invoices@acme.test", "canary-5f1d"
_DAEMONS = Path("/usr/lib/postfix/sbin")
_SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def find_postfix():
    """Return the program; skips, saying so, where it can't be run."""
    found = shutil.which("postfix")
    if found is None or shutil.which("saslpasswd2") is None:
        missing("postfix with sasl2-bin and libsasl2-modules")
    if os.getuid() != 0:
        missing("root, which starts postfix")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Service:
    """An smtpd. certificate: the name of one; wrapped: TLS first; options: of master.cf."""

    certificate: str | None = None
    wrapped: bool = False
    options: dict = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    address: str = "127.0.0.1"

    def lines(self, directory):
        options = dict(self.options)
        if self.certificate is None:
            options |= {"smtpd_tls_security_level": "none", "smtpd_tls_auth_only": "no"}
        else:
            options["smtpd_tls_chain_files"] = f"{directory}/{self.certificate}.pem"
        if self.wrapped:
            options["smtpd_tls_wrappermode"] = "yes"
        given = "".join(f"\n  -o {{{name}={value}}}" for name, value in options.items())
        return f"{self.address}:{self.port} inet n - n - - smtpd{given}\n"


@contextmanager
def postfix(services, certificates, *, settings=""):
    """Run it. certificates: name to PEM of key and chain; settings: more lines of main.cf."""
    program = find_postfix()
    directory = Path(tempfile.mkdtemp(prefix="postfix-", dir="/var/tmp"))
    directory.chmod(0o755)
    try:
        for name, pem in certificates.items():
            (directory / f"{name}.pem").write_bytes(pem)
        _configure(directory, services, settings)
        subprocess.run([program, "-c", str(directory), "start"], check=True, capture_output=True)
        try:
            yield directory
        finally:
            subprocess.run(
                [program, "-c", str(directory), "stop"], check=False, capture_output=True
            )
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _configure(directory, services, settings):
    (directory / "spool").mkdir()
    (directory / "data").mkdir()
    shutil.chown(directory / "data", "postfix")
    sasl = directory / "sasl"
    sasl.mkdir()
    (sasl / "smtpd.conf").write_text(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
        f"sasldb_path: {sasl}/db\n"
    )
    user, _, realm = LOGIN.partition("@")
    subprocess.run(
        ["saslpasswd2", "-p", "-c", "-f", str(sasl / "db"), "-u", realm, user],
        input=PASSWORD,
        text=True,
        check=True,
    )
    shutil.chown(sasl / "db", "postfix")
    (directory / "senders").write_text(f"{LOGIN} {LOGIN}\nother@acme.test somebody@acme.test\n")
    (directory / "main.cf").write_text(
        f"""\
compatibility_level = 3.6
queue_directory = {directory}/spool
data_directory = {directory}/data
daemon_directory = {_DAEMONS}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = smtp.acme.test
mydestination =
mynetworks =
default_transport = discard:
maillog_file = {directory}/log
maillog_file_prefixes = /var, /tmp
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {sasl}
smtpd_sender_login_maps = texthash:{directory}/senders
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject
{settings}
"""
    )
    lines = "".join(service.lines(directory) for service in services)
    (directory / "master.cf").write_text(lines + _SERVICES)
