"""The reply of an SMTP server, ours or a peer's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: code, enhanced status ("" if none) and text (RFC 5321, 4.2; RFC 2034).

    text: the lines without code and enhanced status, joined by newlines.
    """

    code: int
    enhanced: str
    text: str

    @property
    def is_positive(self) -> bool:
        """True for 2yz and 3yz."""
        return 200 <= self.code < 400

    @property
    def is_temporary(self) -> bool:
        """True for 4yz: the peer may try again."""
        return 400 <= self.code < 500

    @property
    def is_final(self) -> bool:
        """True for 5yz."""
        return 500 <= self.code < 600

    def __str__(self) -> str:
        """Return the reply as one line, such as `550 5.1.1 No such user`."""
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)
