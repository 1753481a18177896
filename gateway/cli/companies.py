"""`tenant`, `key`, `login`, `inbox-link`."""

from typing import Annotated, Any

import typer

from gateway.cli.asking import AsJson, ConfigFile, ask, confirm, show_one, show_rows

TenantName = Annotated[str, typer.Argument(help="The company's id or slug.")]
_TENANT = ("slug", "name", "sender_address", "id", "managed_by_file")
_KEY = ("id", "kind", "tenant_id", "scopes", "last_used_at", "revoked_at")
_LOGIN = ("username", "tenant_id", "created_at", "revoked_at")


def register(program: typer.Typer) -> None:
    """Add the commands."""
    for name, group, words in (
        ("tenant", _tenant, "Companies."),
        ("key", _key, "API keys."),
        ("login", _login, "SMTP submission logins."),
    ):
        program.add_typer(group, name=name, help=words, no_args_is_help=True)
    program.command("inbox-link")(inbox_link)
    program.command("erase")(erase)


def erase(
    tenant: TenantName,
    address: Annotated[str, typer.Argument(help="The person's mail address.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Erase a person: content, attachments, copies. Accounting facts stay, without them."""
    confirm(f"Erase everything of {address}? It can't be undone.", yes=yes)
    given = {"tenant": tenant, "address": address}
    show_one(ask(config, "person.erase", given), as_json=as_json)


_tenant = typer.Typer()
_key = typer.Typer()
_login = typer.Typer()


@_tenant.command("add")
def tenant_add(
    name: Annotated[str, typer.Argument(help="The company's name, as customers read it.")],
    slug: Annotated[str | None, typer.Option(help="Its part of the sender address.")] = None,
    locale: Annotated[str | None, typer.Option(help="Its language, such as sk.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Such as Europe/Bratislava.")] = None,
    attach_pdf: Annotated[str | None, typer.Option(help="smtp-only, always or never.")] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Add a company; shows its API key and SMTP login this once."""
    given = {
        "name": name,
        "slug": slug,
        "locale": locale,
        "timezone": timezone,
        "attach_pdf": attach_pdf,
    }
    show_one(ask(config, "tenant.add", given), as_json=as_json)


@_tenant.command("list")
def tenant_list(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List companies."""
    rows = ask(config, "tenant.list", {})
    empty = 'No companies yet. Add one: postroom tenant add "Acme s.r.o."'
    show_rows(rows, as_json=as_json, columns=_TENANT, empty=empty)


@_tenant.command("show")
def tenant_show(tenant: TenantName, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Show a company."""
    show_one(ask(config, "tenant.show", {"tenant": tenant}), as_json=as_json)


@_tenant.command("edit")
def tenant_edit(
    tenant: TenantName,
    name: Annotated[str | None, typer.Option()] = None,
    slug: Annotated[str | None, typer.Option()] = None,
    locale: Annotated[str | None, typer.Option()] = None,
    timezone: Annotated[str | None, typer.Option()] = None,
    attach_pdf: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Change a company."""
    given: dict[str, Any] = {
        "tenant": tenant,
        "name": name,
        "slug": slug,
        "locale": locale,
        "timezone": timezone,
        "attach_pdf": attach_pdf,
    }
    show_one(ask(config, "tenant.edit", given), as_json=as_json)


@_tenant.command("remove")
def tenant_remove(
    tenant: TenantName,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Remove a company: its keys and logins stop working, its queue is cancelled."""
    confirm(f"Remove {tenant}?", yes=yes)
    show_one(ask(config, "tenant.remove", {"tenant": tenant}), as_json=as_json)


@_key.command("add")
def key_add(
    tenant: Annotated[str | None, typer.Option(help="The company's id or slug.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="A key for all companies.")] = False,
    test: Annotated[bool, typer.Option("--test", help="For tests: no mail leaves.")] = False,
    scopes: Annotated[str | None, typer.Option(help="Separated by commas.")] = None,
    expires: Annotated[str | None, typer.Option(help="When it stops to work, as 90d.")] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Add an API key; shows it this once."""
    wanted = [scope.strip() for scope in (scopes or "").split(",") if scope.strip()]
    given = {
        "tenant": tenant,
        "admin": admin,
        "test": test,
        "scopes": wanted,
        "expires": expires,
    }
    show_one(ask(config, "key.add", given), as_json=as_json)


@_key.command("list")
def key_list(
    tenant: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List API keys."""
    rows = ask(config, "key.list", {"tenant": tenant})
    show_rows(rows, as_json=as_json, columns=_KEY, empty="No keys.")


@_key.command("revoke")
def key_revoke(key_id: str, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Revoke an API key."""
    show_one(ask(config, "key.revoke", {"id": key_id}), as_json=as_json)


@_login.command("add")
def login_add(
    tenant: Annotated[str, typer.Option(help="The company's id or slug.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Add a submission login; shows its password this once."""
    show_one(ask(config, "login.add", {"tenant": tenant}), as_json=as_json)


@_login.command("list")
def login_list(
    tenant: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List submission logins."""
    rows = ask(config, "login.list", {"tenant": tenant})
    show_rows(rows, as_json=as_json, columns=_LOGIN, empty="No logins.")


@_login.command("revoke")
def login_revoke(username: str, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Revoke a submission login."""
    show_one(ask(config, "login.revoke", {"username": username}), as_json=as_json)


def inbox_link(tenant: TenantName, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Print a one-time link that signs in to a company's Inbox."""
    answer = ask(config, "inbox.link", {"tenant": tenant})
    if as_json:
        show_one(answer, as_json=True)
    else:
        print(answer["url"])
