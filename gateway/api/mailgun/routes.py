"""The routes of Mailgun's API that are here."""

from gateway.api.mailgun import sending
from gateway.api.mailgun.dialect import MAILGUN
from gateway.api.mailgun.schemas import Form
from gateway.api.registry import Access, Route
from gateway.api.schemas.base import AskedAnything

ROUTES = (
    Route(
        "POST",
        "/v3/{domain}/messages",
        "Send a mail",
        sending.send,
        Access.COMPANY,
        "Mailgun",
        scopes=("send",),
        query=AskedAnything,
        body=Form,
        dialect=MAILGUN,
        recover=sending.sent_before,
    ),
)
