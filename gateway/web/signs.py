"""By what a customer knows whose page it is: the company's name, their two words, a TEST mark."""

from typing import Any

from gateway.flow.context import Context
from gateway.rules.model import Participant, Tenant
from gateway.rules.phrases import phrase_of
from gateway.rules.testing import is_test
from gateway.web.wording import Wording


def signs(
    context: Context, tenant: Tenant, say: Wording, person: Participant | None = None
) -> dict[str, Any]:
    """Return what every page of a company's customers tells; person: whose page it is.

    Who opens a page by somebody else's link is shown no words: those are one person's.
    """
    words = phrase_of(context.keys, tenant, person.mailbox.address) if person else ()
    return {"company": tenant.name, "test": is_test(tenant.id), "phrase": say.pair(words)}
