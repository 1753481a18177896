"""How far long work is, in one line of a terminal; nothing where there is none."""

from types import TracebackType
from typing import Self, TextIO

_WIDTH = 30
_STEPS = 500


class Bar:
    """A bar that is drawn anew as the work goes on; wiped away at the end."""

    def __init__(self, out: TextIO) -> None:
        """Draw to `out` if it is a terminal."""
        self._out = out
        self._is_shown = out.isatty()
        self._last = ("", -1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_shown and self._last[1] >= 0:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def show(self, words: str, done: int, of: int) -> None:
        """Draw the bar, unless it would look the same."""
        if not self._is_shown:
            return
        step = _STEPS if of <= 0 else min(_STEPS, done * _STEPS // of)
        if (words, step) == self._last:
            return
        self._last = (words, step)
        full = step * _WIDTH // _STEPS
        bar = "█" * full + "░" * (_WIDTH - full)
        self._out.write(f"\r\x1b[K{words:<8} {bar} {step * 100 // _STEPS:3d} %")
        self._out.flush()
