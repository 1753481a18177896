"""Whose fault it is: the three exceptions that cross floors."""


class MailError(Exception):
    """The bytes of the peer break a rule; trying again with the same bytes won't help."""


class Fault(Exception):  # noqa: N818 (a fault is the house's word for it)
    """A network or a service is away or full: try again later."""


class ConfigError(Exception):
    """The admin has to change something; the text says what and where."""
