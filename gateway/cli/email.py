"""`email show|set|test|domain|domains`: how a company's mail leaves."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.asking import AsJson, ConfigFile, ask, show_one, show_rows

Tenant = Annotated[str, typer.Argument(help="The company's id or slug.")]
Secret = Annotated[
    str | None,
    typer.Option(help="A file that holds it, - for standard input; never the secret itself."),
]
_STEPS = ("name", "ok", "ms", "detail")
_RECORD = ("state", "type", "name", "value", "remedy")
_DOMAIN = ("tenant", "address", "status", "since")

_email = typer.Typer()


def register(program: typer.Typer) -> None:
    """Add the commands."""
    words = "How a company's mail leaves: by the gateway, or by its own SMTP account."
    program.add_typer(_email, name="email", help=words, no_args_is_help=True)


@_email.command("show")
def email_show(tenant: Tenant, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Show a company's settings; no secret is among them."""
    show_one(ask(config, "email.show", {"tenant": tenant}), as_json=as_json)


@_email.command("set")
def email_set(
    tenant: Tenant,
    method: Annotated[str | None, typer.Option(help="gateway or smtp.")] = None,
    replies: Annotated[str | None, typer.Option(help="inbox, mailbox or both.")] = None,
    host: Annotated[str | None, typer.Option(help="The company's mail server.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port.")] = None,
    security: Annotated[str | None, typer.Option(help="none, starttls or tls.")] = None,
    login: Annotated[str | None, typer.Option(help="User name there.")] = None,
    password_file: Secret = None,
    from_address: Annotated[str | None, typer.Option("--from", help="From of its mail.")] = None,
    auth: Annotated[str | None, typer.Option(help="password or oauth2.")] = None,
    token_url: Annotated[str | None, typer.Option(help="Where access tokens are got.")] = None,
    client_id: Annotated[str | None, typer.Option(help="Of the app that got consent.")] = None,
    scope: Annotated[str | None, typer.Option(help="What for.")] = None,
    client_secret_file: Secret = None,
    refresh_token_file: Secret = None,
    remind_before: Annotated[
        str | None, typer.Option(help='Days before the due date, such as "7,3"; "" for none.')
    ] = None,
    remind_on_due: Annotated[bool | None, typer.Option(help="Remind on the due date.")] = None,
    remind_after: Annotated[
        str | None, typer.Option(help='Days after the due date, such as "7,14"; "" for none.')
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Change a company's settings; what is not named stays."""
    given = {
        "tenant": tenant,
        "method": _one_of(method, "--method", ("gateway", "smtp")),
        "replies": _one_of(replies, "--replies", ("inbox", "mailbox", "both")),
        "host": host,
        "port": port,
        "security": _one_of(security, "--security", ("none", "starttls", "tls")),
        "login": login,
        "password": _secret(password_file, "--password-file"),
        "from_address": from_address,
        "auth": _one_of(auth, "--auth", ("password", "oauth2")),
        "token_url": token_url,
        "client_id": client_id,
        "scope": scope,
        "client_secret": _secret(client_secret_file, "--client-secret-file"),
        "refresh_token": _secret(refresh_token_file, "--refresh-token-file"),
        "before": remind_before,
        "on_due": remind_on_due,
        "after": remind_after,
    }
    show_one(ask(config, "email.set", given), as_json=as_json)


@_email.command("test")
def email_test(
    tenant: Tenant,
    talk: Annotated[bool, typer.Option("--talk", help="Show the whole SMTP talk.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Test the connection with a company's own mail server; no mail is sent."""
    told: dict[str, Any] = ask(config, "email.test", {"tenant": tenant})
    if as_json:
        show_one(told, as_json=True)
    else:
        show_rows(told["steps"], as_json=False, columns=_STEPS, empty="")
        print(told["message"])
        if told["hint"]:
            print(told["hint"])
        for line in told["talk"] if talk else ():
            print(f"{line['by'][0].upper()}: {line['text']}")
    if not told["ok"]:
        raise typer.Exit(1)


@_email.command("domain")
def email_domain(
    tenant: Tenant,
    address: Annotated[
        str | None, typer.Option("--set", help="Send from this address once DNS proves it.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Ask DNS now.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Send from the gateway's address again.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Show a company's own sender domain and its records; exit 1 while it is not verified."""
    if sum((address is not None, check, remove)) > 1:
        raise typer.BadParameter("one of them at a time", param_hint="--set, --check, --remove")
    given = {"tenant": tenant, "address": address, "check": check, "remove": remove}
    told: dict[str, Any] = ask(config, "email.domain", given)
    if as_json:
        show_one(told, as_json=True)
    else:
        show_rows(told["records"], as_json=False, columns=_RECORD, empty="")
        print(f"-- {told['tenant']}: {told['status']}.")
    if told["status"] not in {"verified", "removed"}:
        raise typer.Exit(1)


@_email.command("domains")
def email_domains(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List companies' own sender domains and where they stand."""
    empty = "No company has a sender domain of its own."
    told = ask(config, "email.domains", {})
    show_rows(told, as_json=as_json, columns=_DOMAIN, empty=empty)


def _one_of(word: str | None, option: str, known: tuple[str, ...]) -> str | None:
    if word is not None and word not in known:
        raise typer.BadParameter(f"{word} is none of {', '.join(known)}", param_hint=option)
    return word


def _secret(file: str | None, option: str) -> str | None:
    """Return the first line of a file: secrets on a command line are seen by everybody."""
    if file is None:
        return None
    try:
        text = typer.get_text_stream("stdin").read() if file == "-" else Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: {error}", param_hint=option) from None
    return text.split("\n", 1)[0].rstrip("\r")
