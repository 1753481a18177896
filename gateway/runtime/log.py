"""Logs: an event name in two words and key-value pairs, on standard error."""

import logging
import sys
from typing import TextIO, cast

import structlog


def configure(*, as_json: bool, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send logs to `stream` (standard error): JSON lines, or lines for people."""
    out = sys.stderr if stream is None else stream
    renderer: structlog.typing.Processor
    if as_json:
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=out.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    # aiosmtpd logs every command with its addresses at INFO.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.ERROR)


class _StandardError:
    """Whatever is standard error when something is written."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_for_commands() -> None:
    """Send warnings to standard error: standard output is for what a command answers."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _StandardError())),
    )
