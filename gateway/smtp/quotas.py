"""What all sessions of a process share: connections, and failures to sign in."""

from collections import OrderedDict, deque

from gateway.smtp.limits import SessionLimits

MOST_KEYS = 10_000  # names and networks that failures are remembered for
DELAYED = 5  # failures beyond the limit that are answered late; the next ones not at all


class Connections:
    """Connections let in, in all and by network."""

    def __init__(self, *, most: int, most_each: int) -> None:
        """Let in `most` connections, `most_each` of one network."""
        self._most = most
        self._most_each = most_each
        self._by_network: dict[str, int] = {}
        self._count = 0

    @property
    def is_full(self) -> bool:
        """True if nobody can be let in."""
        return self._count >= self._most

    @property
    def is_crowded(self) -> bool:
        """True if three in four places are taken."""
        return 4 * self._count > 3 * self._most

    def allow(self, *, most: int, most_each: int) -> None:
        """Let in so many from now on; nobody is sent away."""
        self._most = most
        self._most_each = most_each

    def enter(self, network: str) -> bool:
        """Return whether one more is let in; if so, `leave` must follow."""
        here = self._by_network.get(network, 0)
        if self._count >= self._most or here >= self._most_each:
            return False
        self._by_network[network] = here + 1
        self._count += 1
        return True

    def leave(self, network: str) -> None:
        """Count one less."""
        self._count -= 1
        left = self._by_network[network] - 1
        if left:
            self._by_network[network] = left
        else:
            del self._by_network[network]


class SignInFailures:
    """Failures to sign in, within a window, by login name, by network, and by both.

    A network with too many failures is answered late, and then no more. A name with too
    many is answered late everywhere, and no more where failures with that name come from:
    its owner, elsewhere, gets in, if late.
    """

    def __init__(self, *, most: int, window: float, delay: float) -> None:
        """Answer `most` failures in `window` seconds at once; `delay` is the first delay."""
        self._most = most
        self._window = window
        self._delay = delay
        self._times: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def allow(self, *, most: int, window: float) -> None:
        """Judge by another rate from now on; what is remembered still counts."""
        self._most = most
        self._window = window
        for key, times in self._times.items():
            self._times[key] = deque(times, maxlen=most + DELAYED)

    def count(self, login: str, network: str, now: float) -> None:
        """Note a failure."""
        for key in (("", network), (login, ""), (login, network)):
            times = self._times.setdefault(key, deque(maxlen=self._most + DELAYED))
            times.append(now)
            self._times.move_to_end(key)
        while len(self._times) > MOST_KEYS:
            self._times.popitem(last=False)

    def delay(self, login: str, network: str, now: float) -> float | None:
        """Return seconds to wait before an answer, or None if there should be none."""
        by_network = self._recent(("", network), now)
        by_login = self._recent((login, ""), now)
        last = self._most + DELAYED
        if by_network >= last or (by_login >= last and self._recent((login, network), now)):
            return None
        excess = max(by_network, by_login) - self._most
        return 0.0 if excess < 0 else self._delay * 2 ** min(excess, 3)

    def _recent(self, key: tuple[str, str], now: float) -> int:
        times = self._times.get(key)
        if times is None:
            return 0
        while times and times[0] <= now - self._window:
            times.popleft()
        if not times:
            del self._times[key]
        return len(times)


class Quotas:
    """One for all listeners of a process."""

    def __init__(self, limits: SessionLimits) -> None:
        """Begin with nothing used."""
        self.connections = Connections(
            most=limits.connections, most_each=limits.connections_per_address
        )
        self.failures = SignInFailures(
            most=limits.auth_failures,
            window=limits.auth_window.total_seconds(),
            delay=limits.auth_delay.total_seconds(),
        )

    def apply(self, limits: SessionLimits) -> None:
        """Go on with other limits."""
        self.connections.allow(most=limits.connections, most_each=limits.connections_per_address)
        self.failures.allow(most=limits.auth_failures, window=limits.auth_window.total_seconds())
