"""Failures to sign in, remembered for a while: what brute force is slowed by."""

from collections import OrderedDict, deque

MOST_KEYS = 10_000  # names and networks that failures are remembered for
DELAYED = 5  # failures beyond the limit that are answered late; the next ones not at all


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
            self._add(key, now)
        self._forget()

    def count_guess(self, guess: bytes, network: str, now: float) -> None:
        """Note a secret that opens nothing; the same one again is no further guess.

        guess: its hash. A service with an old key is no attack, however often it asks.
        """
        key = (guess.hex(), network)
        if not self._recent(key, now):
            self._add(key, now)
            self._add(("", network), now)
            self._forget()

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

    def _add(self, key: tuple[str, str], now: float) -> None:
        times = self._times.setdefault(key, deque(maxlen=self._most + DELAYED))
        times.append(now)
        self._times.move_to_end(key)

    def _forget(self) -> None:
        while len(self._times) > MOST_KEYS:
            self._times.popitem(last=False)
