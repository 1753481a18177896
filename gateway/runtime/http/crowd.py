"""The connections of a server: how many, and which of them only wait."""

from typing import Protocol


class Connection(Protocol):
    """A connection that can be asked to leave."""

    def give_way(self) -> None:
        """Close at once: somebody else needs the place."""


class Crowd:
    """Bounds the connections; those that send no request make room for new ones.

    A peer that opens connections and finishes no request (slowloris) thereby pushes out
    its own ones first, and honest requests are still served.
    """

    def __init__(self, most: int) -> None:
        """Let in `most` at a time."""
        self._most = most
        self._inside: set[Connection] = set()
        self._waiting: dict[Connection, None] = {}

    def __len__(self) -> int:
        """Return how many are inside."""
        return len(self._inside)

    def enter(self, connection: Connection) -> bool:
        """Let a new connection in; False if all places are taken by working ones."""
        if len(self._inside) >= self._most:
            longest = next(iter(self._waiting), None)
            if longest is None:
                return False
            self.leave(longest)
            longest.give_way()
        self._inside.add(connection)
        self._waiting[connection] = None
        return True

    def begin_waiting(self, connection: Connection) -> None:
        """Note that it has no request; an earlier note keeps its place in the row."""
        if connection in self._inside:
            self._waiting.setdefault(connection)

    def end_waiting(self, connection: Connection) -> None:
        """Note that it has a request."""
        self._waiting.pop(connection, None)

    def leave(self, connection: Connection) -> None:
        """Forget it."""
        self._inside.discard(connection)
        self._waiting.pop(connection, None)
