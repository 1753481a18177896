"""Search in everything that a company's conversations hold."""

from gateway.api.paging import page_of, shown
from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.base import ListOf
from gateway.api.schemas.people import MailboxShown
from gateway.api.schemas.search import AskedSearch, FoundShown
from gateway.flow.refusal import invalid
from gateway.rules.model import Message
from gateway.rules.search import OPERATORS, BadQuery, Query, read_query, snippet


def question(text: str) -> Query:
    """Return what a line asks for. Raises Refused: an operator's value is none, or no word."""
    try:
        query = read_query(text)
    except BadQuery as error:
        raise invalid("q", str(error), code="invalid_query") from None
    if query.is_empty:
        hint = f"Operators are {', '.join(f'{one}:' for one in OPERATORS)}"
        raise invalid("q", "There is no word in it.", code="invalid_query", hint=hint)
    return query


async def search(call: Call) -> Reply:
    """Return messages that hold what was asked for."""
    asked, tenant_id = call.asked(AskedSearch), call.company.id
    query, wanted = question(asked.q), page_of(asked)
    context = call.services.context
    today = context.clock.now().date()
    listed = await context.store.read(
        lambda work: work.messages.search(tenant_id, query, wanted, today=today)
    )
    return Reply(shown(listed, lambda message: _found(message, query)))


def _found(message: Message, query: Query) -> FoundShown:
    author = MailboxShown(name=message.from_.name, address=message.from_.address)
    return FoundShown(
        **{"from": author},
        message_id=message.id,
        conversation_id=message.conversation_id,
        direction=message.direction.value,
        channel=message.channel.value,
        subject=message.subject,
        received_at=message.received_at,
        snippet=snippet(message.text, query.shown),
        invoice_id=message.invoice_id,
    )


ROUTES = (
    Route(
        "GET",
        "/v1/search",
        "Search messages",
        search,
        Access.COMPANY,
        "Search",
        scopes=("inbox:read",),
        query=AskedSearch,
        answer=ListOf[FoundShown],
    ),
)
