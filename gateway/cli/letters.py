"""`mail preview`, `mail lint`: how our own mails look, and whether they keep to the rules."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.asking import AsJson, read_mail

What = Annotated[
    list[str] | None,
    typer.Argument(
        help="States of the sample mail (new, due_soon, overdue, part_paid, paid, cancelled, "
        "corrected, message, bank_changed), or files .eml; none: every state.",
        show_default=False,
    ),
]
Locale = Annotated[str, typer.Option("--locale", help="The language of the samples.")]


def register(program: typer.Typer) -> None:
    """Add the commands."""
    mail = typer.Typer(no_args_is_help=True, help="The mails that the gateway writes itself.")
    mail.command("preview")(preview)
    mail.command("lint")(check)
    program.add_typer(mail, name="mail")


def preview(
    what: What = None,
    locale: Locale = "en",
    out: Annotated[Path, typer.Option("--out", help="Where the pages are written.")] = Path(),
) -> None:
    """Write a page a mail: light, dark, inverted, without style, narrow, as text, with lint."""
    from gateway.mail.errors import Fault
    from gateway.web.mail_preview import preview_page

    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, raw in _mails(what, locale):
            path = out / f"{name}.{locale}.html"
            path.write_text(preview_page(raw), encoding="utf-8")
            print(path)
    except (OSError, ValueError) as error:
        raise Fault(f"{out}: {error}") from error


def check(what: What = None, locale: Locale = "en", as_json: AsJson = False) -> None:
    """Say which rules a mail of ours breaks; exit code 1 if any."""
    from gateway.web.mail_lint import lint

    broken = 0
    for name, raw in _mails(what, locale):
        findings = lint(raw)
        broken += len(findings)
        if as_json:
            rows = [{"mail": name, "rule": one.rule, "says": one.says} for one in findings]
            for row in rows:
                print(json.dumps(row, ensure_ascii=False))
            continue
        print(f"{name}: {'nothing to mend' if not findings else ''}".rstrip())
        for one in findings:
            print(f"  {one.rule}  {one.says}")
    if broken:
        raise typer.Exit(1)


def _mails(what: list[str] | None, locale: str) -> list[tuple[str, bytes]]:
    from gateway.runtime.control import CommandError
    from gateway.web.mail_samples import STATES, sample_mail

    found = []
    for one in what or STATES:
        if one in STATES:
            found.append((one, sample_mail(one, locale)))
        elif one == "-" or one.endswith(".eml") or Path(one).exists():
            found.append((Path(one).stem or "mail", read_mail(one)))
        else:
            known = ", ".join(STATES)
            raise CommandError(f"{one} is no file and no state; there are {known}", "usage")
    return found
