"""What an admin may ask of a gateway, running or not: one function a command.

Each takes the office and what was given on the command line, as JSON values, and returns
JSON values. It raises CommandError for what can't be done.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.app.commands import (
    archive,
    audit,
    companies,
    email,
    mail,
    queue,
    replay,
    secrets,
    sender_domains,
    upkeep,
)
from gateway.app.office import Office
from gateway.flow.audit import in_name_of
from gateway.flow.refusal import Refused
from gateway.ports.lists import BadCursor
from gateway.rules.audit import COMMAND_LINE
from gateway.runtime.control import CommandError

Command = Callable[[Office, Mapping[str, Any]], Awaitable[Any]]

COMMANDS: Mapping[str, Command] = {
    "tenant.add": companies.tenant_add,
    "tenant.list": companies.tenant_list,
    "tenant.show": companies.tenant_show,
    "tenant.edit": companies.tenant_edit,
    "tenant.remove": companies.tenant_remove,
    "key.add": companies.key_add,
    "key.list": companies.key_list,
    "key.revoke": companies.key_revoke,
    "login.add": companies.login_add,
    "login.list": companies.login_list,
    "login.revoke": companies.login_revoke,
    "audit.list": audit.audit_list,
    "inbox.link": companies.inbox_link,
    "email.show": email.email_show,
    "email.set": email.email_set,
    "email.test": email.email_test,
    "email.domain": sender_domains.domain_show,
    "email.domains": sender_domains.domain_list,
    "person.erase": companies.person_erase,
    "queue.list": queue.queue_list,
    "queue.show": queue.queue_show,
    "queue.retry": queue.queue_retry,
    "queue.hold": queue.queue_hold,
    "queue.release": queue.queue_release,
    "queue.cancel": queue.queue_cancel,
    "queue.summary": queue.queue_summary,
    "suppress.list": queue.suppress_list,
    "suppress.add": queue.suppress_add,
    "suppress.remove": queue.suppress_remove,
    "mail.send": mail.send,
    "mail.receive": mail.receive,
    "mail.place": mail.place,
    "import.check": archive.check,
    "import.piece": archive.piece,
    "import.mails": archive.mails,
    "replay.page": replay.page,
    "secrets.rotate": secrets.rotate,
    "verify": upkeep.verify,
    "backup": upkeep.backup,
    "export": upkeep.export,
    "tls.reports": upkeep.tls_reports,
    "status": upkeep.status,
}


async def perform(office: Office, command: str, given: Mapping[str, Any]) -> Any:
    """Do a command. Raises CommandError, Fault."""
    wanted = COMMANDS.get(command)
    if wanted is None:
        raise CommandError(f"this gateway knows no command {command}", "usage")
    try:
        with in_name_of(COMMAND_LINE):
            return await wanted(office, given)
    except Refused as refused:
        raise CommandError(refused.detail) from refused
    except BadCursor as error:
        raise CommandError("the cursor is none of this list's", "usage") from error
