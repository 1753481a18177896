"""The demo's stage: a gateway of its own, two companies, a catcher; nothing leaves the machine."""

import asyncio
import signal
import socket
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.app.commands import perform
from gateway.app.demo.browser import visit
from gateway.app.demo.catcher import Catcher
from gateway.app.demo.gallery import Gallery, Scene
from gateway.app.demo.journey import CUSTOMER, NotSeen, Stage, play, reply
from gateway.app.office import Office, open_office
from gateway.app.serve import Gateway, Roles
from gateway.mail.errors import ConfigError
from gateway.rules.payments import day_of
from gateway.settings import HostPort, Loaded, NextHop, Secret, Settings
from gateway.web.catalogues import catalogues

_LATER_SECONDS = 6.0
_ANY = (HostPort("127.0.0.1", 0),)
_NO_RESOLVER = HostPort("127.0.0.1", 9)
"""The port that discards: nobody answers there."""
_SECOND = {
    "number": "N-77",
    "amount": "89.90",
    "currency": "EUR",
    "due_on": "2026-12-01",
    "customer": {"name": "Peter Kral", "email": "peter@customer.example"},
    "message": "Hello Peter, here is the invoice for the repair.",
}


async def show(port: int, *, once: bool, say: Callable[[str], None], language: str = "") -> bool:
    """Play the demo; True if every step was seen to work.

    port: of the pages, 0 for any. once: leave when the journey is over, else stay until told.
    language: what all customers read; "" shows each state in a language of its own.

    Raises ConfigError if the port can't be had, or if there is no such language.
    """
    if language and language not in catalogues():
        known = ", ".join(sorted(catalogues()))
        raise ConfigError(f"no words in the language {language!r}; there are: {known}")
    async with AsyncExitStack() as stack:
        data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-demo-")))
        catcher = Catcher()
        await catcher.start()
        stack.push_async_callback(catcher.close)
        pages = _listening(port)
        http = f"http://127.0.0.1:{pages.getsockname()[1]}"
        settings = _settings(data_dir, http, catcher.port)
        office = await stack.enter_async_context(open_office(settings))
        loaded = Loaded(settings, None, {}, {})
        gateway = Gateway(loaded, office, Roles(), sockets={"http": [pages]})
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        first = {"name": "Acme s.r.o.", "slug": "acme-sro", "locale": language or "en"}
        company = await perform(office, "tenant.add", first)
        second = await perform(office, "tenant.add", {"name": "Novák Joinery"})
        say(f"gateway ready, two companies: {company['name']}, {second['name']}")
        stage = _stage(gateway, office, http, company=company, catcher=catcher, say=say)
        try:
            await play(stage)
            await _second_company(http, second, catcher)
            say("second company's invoice by HTTP, at the catcher")
            today = day_of(office.context.clock.now(), "UTC")
            scenes = await Gallery(http, company, today, language=language).fill()
            say(f"{len(scenes)} more conversations, one for each state")
        except (NotSeen, TimeoutError) as error:
            say(f"NOT SEEN: {str(error) or 'nothing came in time'}")
            return False
        if once:
            say("every step was seen to work")
            return True
        await _tell_links(office, stage, company, second, say)
        _tell_scenes(scenes, say)
        await _stay(stage, say)
        return True


def _settings(data_dir: Path, http: str, next_hop_port: int) -> Settings:
    base = Settings()
    return replace(
        base,
        server=replace(
            base.server,
            data_dir=data_dir,
            public_url=http,
            secret=Secret(file=data_dir / "secret"),
        ),
        dkim=replace(base.dkim, directory=data_dir / "dkim"),
        listen=replace(base.listen, mx=_ANY, submission=_ANY, http=()),
        relay=replace(base.relay, next_hop=NextHop("127.0.0.1", next_hop_port)),
        # Nothing leaves this computer, questions to DNS included.
        inbound=replace(base.inbound, verify=False),
        dns=replace(base.dns, resolvers=(_NO_RESOLVER,)),
    )


def _stage(
    gateway: Gateway,
    office: Office,
    http: str,
    *,
    company: Mapping[str, Any],
    catcher: Catcher,
    say: Callable[[str], None],
) -> Stage:
    records = office.dkim.records(office.context.names.sender, office.context.clock.now())
    published = {record.name: (record.value,) for record in records}
    return Stage(
        http=http,
        mx=_address(gateway.addresses["mx"][0]),
        submission=_address(gateway.addresses["submission"][0]),
        company=company,
        catcher=catcher,
        txt=lambda name: published.get(name.rstrip("."), ()),
        now=office.context.clock.now,
        say=say,
        language=str(company["locale"]),
    )


async def _second_company(http: str, second: Mapping[str, Any], catcher: Catcher) -> None:
    sent = await visit("POST", f"{http}/v1/invoices", key=second["api_key"], given=_SECOND)
    if sent.status != 202:
        raise NotSeen(f"the second company's invoice taken ({sent.status} {sent.body[:300]!r})")
    await catcher.next_for("peter@customer.example")


async def _tell_links(
    office: Office,
    stage: Stage,
    company: Mapping[str, Any],
    second: Mapping[str, Any],
    say: Callable[[str], None],
) -> None:
    say("")
    say(f"Customer's chat window:  {stage.links['chat']}")
    for one in (company, second):
        link = await perform(office, "inbox.link", {"tenant": one["id"]})
        say(f"Inbox of {one['name']}:  {link['url']}")
    say(f"API of {company['name']}, with the key {company['api_key']}:  {stage.http}/docs")
    key = await perform(office, "key.add", {"admin": True})
    say(f"Admin page, with the key {key['api_key']}:  {stage.http}/inbox/admin")


def _tell_scenes(scenes: Sequence[Scene], say: Callable[[str], None]) -> None:
    say("")
    say("One page for each state:")
    for scene in scenes:
        say(f"  {scene.link}  {scene.state} ({scene.language})")
    say("This is a demo: no mail leaves this computer. Ctrl-C ends it and leaves nothing behind.")


async def _stay(stage: Stage, say: Callable[[str], None]) -> None:
    """Let a second reply come a few seconds later, then wait to be told to end."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    with suppress(TimeoutError):
        async with asyncio.timeout(_LATER_SECONDS):
            await told.wait()
    if not told.is_set():
        await reply(stage, stage.invoice(), "One more thing: may I pay on Friday?\r\n")
        say(f"A second reply of {CUSTOMER} has just come in.")
        await told.wait()


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise ConfigError(f"port {port} is in use: {error.strerror}; say --port 0") from error
    listening.listen(128)
    listening.setblocking(False)
    return listening


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
