"""Attachments: their bytes, as downloads."""

from starlette.responses import Response

from gateway.api.owners import found
from gateway.api.registry import Access, Call, Route
from gateway.api.streaming import Download, download
from gateway.flow.contents import stream
from gateway.ports.store import Work
from gateway.rules.model import Attachment


async def one(call: Call) -> Response:
    """Return an attachment's bytes."""
    wanted, tenant_id = call.path["id"], call.tenant_id
    context = call.services.context

    def look(work: Work) -> Attachment:
        return found(
            work, tenant_id, "attachment", lambda owner: work.messages.attachment(owner, wanted)
        )[0]

    attachment = await context.store.read(look)
    what = Download(
        filename=attachment.filename,
        content_type=attachment.content_type,
        size=attachment.size,
        pieces=stream(context, attachment.tenant_id, attachment.sha256),
        tag=attachment.sha256,
    )
    return await download(call.request.headers, what)


ROUTES = (
    Route(
        "GET",
        "/v1/attachments/{id}",
        "Download an attachment",
        one,
        Access.COMPANIES,
        "Messages",
        scopes=("inbox:read",),
        media="*/*",
        refuses=(416,),
    ),
)
