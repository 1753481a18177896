"""Replies as they go over the wire, and those that a session has ready."""

from gateway.mail.replies import Reply

REPLY_OCTETS = 500  # of one line, less code and line end (RFC 5321, section 4.5.3.1.5)

UNKNOWN = Reply(500, "5.5.1", "Command not recognised")
NOT_SMTP = Reply(554, "5.7.0", "This is a mail server")
BARE_LINE_END = Reply(500, "5.5.2", "A command ends in CR LF, and has neither within")
TOO_LONG = Reply(500, "5.5.2", "The line is too long")
LOCAL_FAULT = Reply(451, "4.3.0", "Something went wrong on our side, please try again later")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, goodbye")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections, please try again later")
TOO_LATE = Reply(421, "4.4.2", "You took too long, goodbye")
RETIRING = Reply(421, "4.3.2", "The service is going down, please try again later")
GIVING_UP = Reply(421, "4.3.0", "Something went wrong on our side, goodbye")


def written(reply: Reply) -> bytes:
    """Return `reply` as it goes over the wire; nothing in its text can end a line early.

    RFC 5321, section 4.2.1.
    """
    if reply.text.isprintable() and reply.text.isascii() and len(reply.text) < REPLY_OCTETS:
        return f"{reply}\r\n".encode()
    between = f"{reply.enhanced} " if reply.enhanced else ""
    lines = [_plain(line) for line in reply.text.split("\n")]
    before = [f"{reply.code}-{between}{line}\r\n" for line in lines[:-1]]
    return "".join((*before, f"{reply.code} {between}{lines[-1]}\r\n")).encode("ascii")


def _plain(line: str) -> str:
    shown = "".join(character for character in line if character.isprintable())
    return shown.encode("ascii", "replace")[:REPLY_OCTETS].decode("ascii")
