"""What a client has said about one message so far."""

from dataclasses import dataclass, field

from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.esmtp import MailParameters
from gateway.smtp.content import Body


@dataclass(slots=True)
class Transaction:
    """From MAIL to the reply to the content.

    body: the chunks of BDAT, or the content of DATA while it comes.
    has_failed: a chunk was refused; the client has to say RSET (RFC 3030, section 2).
    """

    sender: str
    parameters: MailParameters
    recipients: list[Recipient] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    body: Body | None = None
    has_failed: bool = False

    @property
    def envelope(self) -> Envelope:
        """What the client has said, as a value."""
        asked = self.parameters
        return Envelope(self.sender, tuple(self.recipients), asked.ret, asked.envid, asked.smtputf8)
