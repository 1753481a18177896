"""The mails that the gateway writes itself (ux.md, 2.1); implements `ports.letters`."""

from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from gateway.mail.html_clean import clean
from gateway.ports.letters import AnswerFacts, InvoiceFacts, Letter
from gateway.web.invoice_letter import button_colour, code_images, foot, invoice_values
from gateway.web.rendering import environment
from gateway.web.wording import Wording, wording

_QUOTED_CHARS = 8_000
_PREHEADER_CHARS = 110
_HTML_CHARS = 24_000


class TemplateLetters:
    """Writes letters from the templates in `templates/mail`."""

    def __init__(self, templates: Environment | None = None) -> None:
        """Use these templates, or load our own."""
        self._templates = templates or environment()

    def invoice(self, facts: InvoiceFacts) -> Letter:
        """Return the mail that brings an invoice, or another kind of document."""
        say = wording(facts.locale)
        values = invoice_values(facts, say)
        return Letter(
            subject=facts.subject or values["subject"],
            text=self._text("invoice", values),
            html=self._render("mail/invoice.html", values),
            images=code_images(values),
        )

    def answer(self, facts: AnswerFacts) -> Letter:
        """Return a message of the company, the last message quoted below."""
        say = wording(facts.locale)
        cleaned = clean(facts.html) if facts.html else None
        formatted = cleaned is not None and len(cleaned.html) <= _HTML_CHARS
        values = {
            "say": say,
            "company": facts.tenant.name,
            "subject": facts.subject,
            "text": facts.text,
            "formatted": Markup(cleaned.html) if cleaned and formatted else None,  # noqa: S704 (cleaned)
            "preheader": _beginning(facts.text, _PREHEADER_CHARS),
            "view_url": facts.view_url,
            "button_colour": button_colour(facts.tenant),
            "quoted": _quoted(facts, say),
            **foot(facts, say),
        }
        return Letter(
            subject=facts.subject,
            text=self._text("answer", values),
            html=self._render("mail/answer.html", values),
        )

    def _text(self, name: str, values: dict[str, Any]) -> str:
        lines = self._render(f"mail/{name}.txt", values).split("\n")
        kept = [
            line.rstrip() if line != "-- " else line
            for number, line in enumerate(lines)
            if line or (number and lines[number - 1])
        ]
        return "\n".join(kept).strip("\n") + "\n"

    def _render(self, template: str, values: dict[str, Any]) -> str:
        return self._templates.get_template(template).render(values)


def _quoted(facts: AnswerFacts, say: Wording) -> dict[str, str] | None:
    if facts.quoted is None:
        return None
    name, when, text = facts.quoted
    if len(text) > _QUOTED_CHARS:
        text = text[:_QUOTED_CHARS].rstrip() + "\n[…]"
    moment = say.moment(when, facts.tenant.timezone)
    line = say.text("On {moment}, {name} wrote:", moment=moment, name=" ".join(name.split()))
    return {"attribution": line, "text": text.strip("\r\n")}


def _beginning(text: str, chars: int) -> str:
    line = " ".join(text[: chars * 4].split())
    return line if len(line) <= chars else line[: chars - 1].rstrip() + "…"
