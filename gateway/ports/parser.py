"""Reading mail where no mail can do harm."""

from pathlib import Path
from typing import Protocol

from gateway.mail.errors import Fault
from gateway.mail.reading import Reading


class ReaderDied(Fault):
    """The reader was killed, hung, or ran out of time or memory over this mail.

    Count it against the mail: after a few times it is the mail that is to blame.
    """


class Parser(Protocol):
    """Reads mail, apart from everything that must go on."""

    async def read(self, content: bytes | Path, *, null_sender: bool = False) -> Reading:
        """Return what a mail says.

        content: its bytes, or a file that holds them; the file stays as it is.
        null_sender: whether it came with the null reverse-path.

        Large attachments come back as files (`Attachment.path`), which the caller takes over.

        Raises MailError if nothing can be read in it, ReaderDied if reading it killed the
        reader, Fault if there is no reader or the file is missing.
        """
