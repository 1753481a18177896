"""`postroom sendmail`: what scripts expect at /usr/sbin/sendmail.

Options are those of Sendmail that its kin understand; the many that only tune it are passed
over. From has to be a company's address, as everywhere.
"""

import base64
import getopt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from gateway.cli.asking import ask, read_mail

_SHORT = "A:B:b:C:d:e:F:f:Gh:iL:M:mN:nO:o:p:R:r:sTtUV:vX:"
_LONG = ["config=", "help"]
_WISHES = ("NEVER", "SUCCESS", "FAILURE", "DELAY")
_USAGE = """Usage: postroom sendmail [-t] [-i] [-f ADDRESS] [-F NAME] [-N WISHES] [RECIPIENT…]

  -t         take the recipients from To, Cc and Bcc; Bcc is taken out
  -i, -oi    a line with a dot alone doesn't end the mail (it never does here)
  -f, -r     the envelope's sender; the author, too, where From is missing
  -F         the author's name, where From is missing
  -N         reports that are wanted: never, or success,failure,delay
  -R         how much of the mail a report brings back: full or hdrs
  -V         the envelope's id, for reports
  -bm        send mail (what happens anyway); -bp list the queue
  --config   the configuration file"""


@dataclass(slots=True)
class _Wanted:
    """What the options said."""

    recipients: list[str]
    from_header: bool = False
    sender: str = ""
    name: str = ""
    notify: tuple[str, ...] = ()
    ret: str | None = None
    envid: str | None = None
    lists_queue: bool = False
    config: Path | None = None


def register(program: typer.Typer) -> None:
    """Add the command."""
    settings = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    program.command("sendmail", context_settings=settings)(sendmail)


def sendmail(context: typer.Context) -> None:
    """Send a mail from standard input, as scripts do by sendmail -t -i -f."""
    from gateway.runtime.control import CommandError

    try:
        wanted = _wanted(context.args)
    except getopt.GetoptError as error:
        raise CommandError(f"sendmail: {error}\n{_USAGE}", "usage") from error
    if wanted is None:
        print(_USAGE)
        return
    if wanted.lists_queue:
        from gateway.cli.queue import queue_list

        queue_list(config=wanted.config)
        return
    if not wanted.recipients and not wanted.from_header:
        raise CommandError("sendmail: no recipient; name one, or say -t", "usage")
    given = {
        "raw": base64.b64encode(read_mail("-")).decode("ascii"),
        "recipients": wanted.recipients,
        "from_header": wanted.from_header,
        "sender": wanted.sender,
        "name": wanted.name,
        "notify": list(wanted.notify),
        "ret": wanted.ret,
        "envid": wanted.envid,
    }
    ask(wanted.config, "mail.send", given)


def _wanted(arguments: Sequence[str]) -> _Wanted | None:
    """Return what is wanted, None for help. Raises GetoptError, CommandError."""
    options, recipients = getopt.gnu_getopt(list(arguments), _SHORT, _LONG)
    wanted = _Wanted(recipients)
    for option, value in options:
        match option:
            case "--help":
                return None
            case "--config":
                wanted.config = Path(value)
            case "-t":
                wanted.from_header = True
            case "-f" | "-r":
                wanted.sender = value.strip("<>")
            case "-F":
                wanted.name = value
            case "-N":
                wanted.notify = _notify(value)
            case "-R":
                wanted.ret = _ret(value)
            case "-V":
                wanted.envid = value
            case "-b":
                wanted.lists_queue = _is_list(value)
            case _:
                continue
    return wanted


def _notify(value: str) -> tuple[str, ...]:
    words = tuple(word.strip().upper() for word in value.split(","))
    if not set(words) <= set(_WISHES) or ("NEVER" in words and len(words) > 1):
        raise getopt.GetoptError(f"-N {value}: never, or some of success,failure,delay", "N")
    return words


def _ret(value: str) -> str:
    if value.upper() not in {"FULL", "HDRS"}:
        raise getopt.GetoptError(f"-R {value}: full or hdrs", "R")
    return value.upper()


def _is_list(mode: str) -> bool:
    if mode not in {"m", "p"}:
        raise getopt.GetoptError(f"-b{mode} is none of -bm and -bp", "b")
    return mode == "p"
