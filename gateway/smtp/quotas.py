"""What all sessions of a process share: connections, failures to sign in, dismissals."""

from collections import OrderedDict, deque

from gateway.runtime.failures import MOST_KEYS, SignInFailures
from gateway.smtp.limits import SessionLimits

STRANGERS = 5  # of so many places, one is for those who should sign in and have not


class Connections:
    """Connections let in, in all and by network."""

    def __init__(self, *, most: int, most_each: int) -> None:
        """Let in `most` connections, `most_each` of one network."""
        self._most = most
        self._most_each = most_each
        self._by_network: dict[str, int] = {}
        self._count = 0
        self._strangers = 0

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

    def wait_for_sign_in(self) -> bool:
        """Return whether one more may be here who has not signed in yet, but should.

        If so, `sign_in` must follow, at the latest when they leave.
        """
        if self._strangers * STRANGERS >= max(self._most, STRANGERS):
            return False
        self._strangers += 1
        return True

    def sign_in(self) -> None:
        """Count one stranger less."""
        self._strangers -= 1

    def leave(self, network: str) -> None:
        """Count one less."""
        self._count -= 1
        left = self._by_network[network] - 1
        if left:
            self._by_network[network] = left
        else:
            del self._by_network[network]


class Dismissals:
    """Sessions that were ended for too many errors, by network, within a minute.

    Who guesses recipients comes back at once, ten guesses a connection. From the third time on
    such a network is greeted late, which costs it more than us.
    """

    def __init__(self, *, borne: int, window: float, delay: float) -> None:
        """Bear so many in `window` seconds; greet `delay` seconds late from then on."""
        self._borne = borne
        self._window = window
        self._delay = delay
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, network: str, now: float) -> None:
        """Note one."""
        times = self._times.setdefault(network, deque(maxlen=self._borne))
        times.append(now)
        self._times.move_to_end(network)
        while len(self._times) > MOST_KEYS:
            self._times.popitem(last=False)

    def delay(self, network: str, now: float) -> float:
        """Return the seconds by which a session is greeted late."""
        times = self._times.get(network)
        if times is None or len(times) < self._borne:
            return 0.0
        return self._delay if times[0] > now - self._window else 0.0


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
        self.dismissals = Dismissals(
            borne=limits.dismissals,
            window=limits.dismissal_window.total_seconds(),
            delay=limits.dismissal_delay.total_seconds(),
        )

    def apply(self, limits: SessionLimits) -> None:
        """Go on with other limits."""
        self.connections.allow(most=limits.connections, most_each=limits.connections_per_address)
        self.failures.allow(most=limits.auth_failures, window=limits.auth_window.total_seconds())
