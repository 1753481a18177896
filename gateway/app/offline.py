"""A command on its way: to the running gateway, else done here under the store's lock."""

from collections.abc import Mapping
from typing import Any

from gateway.app.commands import perform
from gateway.app.office import CONTROL_SOCKET, open_office
from gateway.runtime.control import ask
from gateway.settings import Settings


async def ask_or_do(settings: Settings, command: str, given: Mapping[str, Any]) -> Any:
    """Return the command's answer. Raises CommandError, ConfigError, Fault."""
    try:
        return await ask(settings.server.data_dir / CONTROL_SOCKET, command, given)
    except ConnectionError:
        async with open_office(settings, readers=1) as office:
            return await perform(office, command, given)
