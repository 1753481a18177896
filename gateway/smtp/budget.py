"""How much a client may cost before it brings good mail."""

from gateway.smtp.limits import SessionLimits


class Budget:
    """Errors, and commands that lead nowhere; both start anew with each message taken."""

    def __init__(self, limits: SessionLimits, now: float) -> None:
        """Start at loop time `now`, in seconds."""
        self._limits = limits
        self._errors = 0
        self._idle_commands = float(limits.idle_commands)
        self._at = now

    def err(self) -> bool:
        """Count a refusal for good; return False if it is one too many."""
        self._errors += 1
        return self._errors <= self._limits.errors_per_session

    def idle(self, now: float) -> bool:
        """Count a command that leads nowhere; return False if it is one too many.

        Some come back every second: who asks once in a while may do so for hours.
        """
        most = float(self._limits.idle_commands)
        back = (now - self._at) * self._limits.idle_commands_rate
        self._idle_commands = min(self._idle_commands + back, most) - 1
        self._at = now
        return self._idle_commands >= 0

    def renew(self) -> None:
        """Start anew: a client that sends good mail may err again."""
        self._errors = 0
        self._idle_commands = float(self._limits.idle_commands)
