"""Several conversations at once: selected in the list, put into another lane (ux.md, 2.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import invalid
from gateway.rules.ids import CONVERSATION
from gateway.rules.model import ConversationStatus
from gateway.web.desk import ROWS, asked_of
from gateway.web.pages import Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of

_STATUS = {
    "done": ConversationStatus.CLOSED,
    "wait": ConversationStatus.WAITING,
    "open": ConversationStatus.OPEN,
    "spam": ConversationStatus.SPAM,
}


@dataclass(frozen=True, slots=True)
class Several:
    """Answers POST /inbox/several."""

    services: WebServices
    pages: Pages
    sign_in: SignIn

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self.pages.route("/inbox/several", self.change, method="POST")]

    async def change(self, request: Request) -> Response:
        """Do one thing to each of them; an unknown one ends it there (404)."""
        seat = await self.sign_in.writer(request)
        fields = await fields_of(request)
        do, chosen = fields.get("do", ""), _chosen(fields)
        if do not in {*_STATUS, "read", "unread"}:
            raise invalid("do", "There is no such action.")
        if not chosen:
            raise invalid("do", "Select at least one conversation.")
        for conversation_id in chosen:
            await self._do(seat, conversation_id, do)
        return see_other(f"/inbox?{asked_of(request, 'open').kept}")

    async def _do(self, seat: Seat, conversation_id: str, do: str) -> None:
        conversing = self.services.conversing
        if do == "read":
            await conversing.mark_read(seat.tenant, conversation_id)
        elif do == "unread":
            await conversing.mark_unread(seat.tenant, conversation_id)
        else:
            await conversing.change(seat.tenant, conversation_id, status=_STATUS[do])


def _chosen(fields: Mapping[str, str]) -> Sequence[str]:
    """Return the conversations whose boxes were ticked: the box has the id for its name."""
    return [name for name in fields if name.startswith(CONVERSATION)][:ROWS]
