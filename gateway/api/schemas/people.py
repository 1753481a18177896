"""People as requests name them and answers show them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from gateway.api.schemas.base import Given, Taken
from gateway.api.schemas.fields import Line, Locale, MailAddress, mistake
from gateway.mail.mailbox import Mailbox


class Person(Taken):
    """A name and an address."""

    name: Line = ""
    email: MailAddress

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        """Take `address` for `email`, as answers call it, and "Jana <jana@example.com>"."""
        if isinstance(given, str):
            name, angle, address = given.partition("<")
            if angle and address.rstrip().endswith(">"):
                return {"name": name.strip().strip('"'), "email": address.rstrip()[:-1].strip()}
            return {"email": given.strip(" ")}
        if isinstance(given, dict) and "address" in given and "email" not in given:
            return {**{k: v for k, v in given.items() if k != "address"}, "email": given["address"]}
        return given

    def mailbox(self) -> Mailbox:
        """Return it as the gateway keeps it."""
        return Mailbox(self.name, self.email)


class Customer(Taken):
    """Who gets an invoice or a message."""

    name: Line = ""
    email: MailAddress
    locale: Locale | None = None

    def mailbox(self) -> Mailbox:
        """Return it as the gateway keeps it."""
        return Mailbox(self.name, self.email)


def _several(given: Any) -> Any:
    """Take one person for a list of one."""
    if isinstance(given, list):
        if len(given) > 100:
            raise mistake("too_many", "At most 100 addresses fit here.")
        return tuple(given)
    return (given,)


_ONE = {
    "anyOf": [
        {"type": "string", "description": "`jana@example.com` or `Jana <jana@example.com>`"},
        {
            "type": "object",
            "properties": {"name": {"type": "string"}, "email": {"type": "string"}},
            "required": ["email"],
            "additionalProperties": False,
        },
    ]
}
Someone = Annotated[Person, WithJsonSchema(_ONE)]
People = Annotated[
    tuple[Person, ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [{"type": "array", "items": _ONE, "maxItems": 100}, *_ONE["anyOf"]]}),
]


class MailboxShown(Given):
    """A name, "" if none, and an address."""

    name: str
    address: str


class CustomerShown(Given):
    """The customer of a conversation or an invoice."""

    name: str
    email: str


class ErasedShown(Given):
    """How much of a person was erased.

    `invoices`: whose facts (number, amounts, days, payments) were kept, without the person.
    """

    conversations: int
    messages: int
    attachments: int
    deliveries: int
    invoices: int
