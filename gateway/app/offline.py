"""A command on its way: to the running gateway, else done here under the store's lock."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from gateway.app.commands import perform
from gateway.app.office import CONTROL_SOCKET, open_office
from gateway.runtime.control import ask
from gateway.runtime.log import configure_for_commands
from gateway.settings import Settings
from gateway.store.engine import DATABASE_FILE


async def ask_or_do(settings: Settings, command: str, given: Mapping[str, Any]) -> Any:
    """Return the command's answer. Raises CommandError, ConfigError, Fault."""
    try:
        return await ask(settings.server.data_dir / CONTROL_SOCKET, command, given)
    except ConnectionError:
        configure_for_commands()
        async with open_office(settings, readers=1) as office:
            return await perform(office, command, given)


def has_store(settings: Settings) -> bool:
    """Say whether there is a store already, or a database that may hold one."""
    server = settings.server
    return bool(server.database_url.text) or (server.data_dir / DATABASE_FILE).exists()


Commander = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Does a command and returns its answer, as `ask_or_do` would."""


@asynccontextmanager
async def commander(settings: Settings) -> AsyncIterator[Commander]:
    """Give a way to do many commands: in the running gateway, else in a store opened once.

    Raises CommandError, ConfigError, Fault.
    """
    path = settings.server.data_dir / CONTROL_SOCKET
    try:
        await ask(path, "status", {})
    except ConnectionError:
        configure_for_commands()
        async with open_office(settings) as office:
            yield partial(perform, office)
    else:
        yield partial(ask, path)
