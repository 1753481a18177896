"""A company's hand over its customers' links: for how long, a new one, none at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.audit import pen_of
from gateway.flow.context import Context
from gateway.flow.directory import Directory
from gateway.flow.links import next_issue
from gateway.flow.people import latest
from gateway.flow.refusal import invalid, not_found
from gateway.ports.store import Work
from gateway.rules.audit import link_changes
from gateway.rules.model import Participant, Tenant


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What is to become of a person's link; None: stays.

    renewed: a new one opens the chat window, the ones before open it no longer; links to PDFs
        that were mailed go on.
    revoked: True ends everything that the person was given, reply addresses included, until
        False gives it back.
    expires_at: set where `limited` says so; None there: never.
    """

    renewed: bool = False
    revoked: bool | None = None
    limited: bool = False
    expires_at: datetime | None = None


class LinkKeeping:
    """Shows and changes links. Each raises Refused NOT_FOUND for an unknown conversation."""

    def __init__(self, context: Context, directory: Directory | None = None) -> None:
        """Work on these ports; `directory`: what is to know at once whose mail is refused."""
        self._context = context
        self._directory = directory

    async def of(self, tenant: Tenant, conversation_id: str) -> Sequence[Participant]:
        """Return the people who were given links, the customer first."""
        return await self._context.store.read(lambda work: _people(work, tenant, conversation_id))

    async def change(
        self, tenant: Tenant, conversation_id: str, address: str, change: LinkChange
    ) -> Participant:
        """Change the link of a person. Raises Refused: nobody has that address there."""
        now = self._context.clock.now()
        if change.expires_at is not None and change.expires_at <= now:
            raise invalid("expires_at", "It has to be in the future; `revoked` ends a link now.")

        pen = pen_of(self._context, now)

        def store(work: Work) -> Participant:
            for person in _people(work, tenant, conversation_id):
                if person.mailbox.address.lower() == address.lower():
                    changed = _changed(person, change)
                    work.conversations.change_participant(changed)
                    differs = link_changes(person, changed)
                    pen.note(work, tenant.id, "link.changed", conversation_id, differs)
                    return changed
            raise invalid("address", f"Nobody with the address {address} takes part there.")

        person = await self._context.store.write(store)
        if self._directory is not None and change.revoked is not None:
            await self._directory.refresh()
        return person


def _people(work: Work, tenant: Tenant, conversation_id: str) -> Sequence[Participant]:
    conversation = work.conversations.get(tenant.id, conversation_id)
    if conversation is None:
        raise not_found("conversation")
    return work.conversations.participants(tenant.id, latest(work, conversation).id)


def _changed(person: Participant, change: LinkChange) -> Participant:
    return replace(
        person,
        link_issue=next_issue(person) if change.renewed else person.link_issue,
        revoked=person.revoked if change.revoked is None else change.revoked,
        link_expires_at=change.expires_at if change.limited else person.link_expires_at,
    )
