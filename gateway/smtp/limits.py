"""What one SMTP session may cost: plain values, defaults of the contract."""

from dataclasses import dataclass
from datetime import timedelta

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Limits of sessions and of all sessions together; sizes in octets.

    The first part is `[limits]` of the configuration.

    message: content of one message; beyond it 552, at twice as much the line is cut.
    errors_per_session: refusals for good since the last message that was taken; then 421.
    data_min_rate: octets a second while content comes, averaged over `rate_window`;
        only time spent waiting for the client counts. 0 switches it off.
    auth_failures: failures within `auth_window` before answers are delayed.
    spool_memory: content in memory, all sessions together; beyond it content goes to disk.
    upload_rate: octets a second beyond `spool_each` of a message, all strangers together.

    The second part has no setting.

    spool_each: content of one message in memory; as much as rides in the transaction, so
        that no file is made for what goes into the database all the same.
    content_time: for one message, however fast it comes.
    lifetime, messages: of a connection; the session ends between transactions.
    messages_when_crowded: the same while three in four places are taken, so that everybody
        gets a turn.
    idle_commands: NOOP, RSET and the like at a stretch; `idle_commands_rate` come back a second.
    command_octets, path_octets, auth_octets: a command line with its line end: any,
        MAIL and RCPT with their parameters, and AUTH (RFC 4954, section 4).
    preface_time, handshake_time: for the PROXY header, and for the TLS handshake.
    auth_delay: the first delay; each later one is twice as long, up to eight times this.
    dismissals, dismissal_window, dismissal_delay: so many sessions of a network that ended for
        errors within the window, and its next ones are greeted that late.
    linger: how long a session that ends in discord still listens, so that the client
        reads the last reply and not a reset.
    """

    message: int = 25 * MIB
    recipients: int = 100
    connections: int = 1000
    connections_per_address: int = 20
    errors_per_session: int = 10
    idle: timedelta = timedelta(minutes=5)
    data_min_rate: int = 1024
    header_bytes: int = 64 * KIB
    hops: int = 50
    auth_failures: int = 10
    auth_window: timedelta = timedelta(minutes=10)
    spool_memory: int = 64 * MIB
    upload_rate: int = 16 * MIB

    spool_each: int = 256 * KIB
    rate_window: timedelta = timedelta(minutes=1)
    content_time: timedelta = timedelta(minutes=30)
    lifetime: timedelta = timedelta(hours=1)
    messages: int = 10_000
    messages_when_crowded: int = 100
    idle_commands: int = 20
    idle_commands_rate: int = 20
    command_octets: int = 512
    path_octets: int = 2 * KIB
    auth_octets: int = 12 * KIB
    preface_time: timedelta = timedelta(seconds=10)
    handshake_time: timedelta = timedelta(seconds=30)
    auth_delay: timedelta = timedelta(seconds=1)
    dismissals: int = 3
    dismissal_window: timedelta = timedelta(minutes=1)
    dismissal_delay: timedelta = timedelta(seconds=2)
    linger: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Seconds:
    """The durations among the limits as event loops count them."""

    idle: float
    rate_window: float
    content_time: float
    lifetime: float
    preface_time: float
    handshake_time: float
    linger: float

    @classmethod
    def of(cls, limits: SessionLimits) -> "Seconds":
        """Return the durations of `limits`."""
        return cls(
            limits.idle.total_seconds(),
            limits.rate_window.total_seconds(),
            limits.content_time.total_seconds(),
            limits.lifetime.total_seconds(),
            limits.preface_time.total_seconds(),
            limits.handshake_time.total_seconds(),
            limits.linger.total_seconds(),
        )
