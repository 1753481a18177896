"""The six languages: whole, well-formed, and used."""

import ast
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import pytest
from babel.messages.pofile import read_po

from gateway.rules import probe_hints
from gateway.rules.phrases import WORDS
from gateway.rules.reasons import REASONS, parted, plain_words
from gateway.web import (
    company_settings,
    email_settings,
    keys_page,
    opened,
    payments_page,
    remedies,
    sender_domain,
    team_page,
    timeline,
    why,
)
from gateway.web.bills import BY_METHOD, METHOD_WORDS
from gateway.web.catalogues import catalogues
from gateway.web.company import SECTIONS
from gateway.web.desk import VIEW, VIEWS
from gateway.web.kinds import KINDS, UNDATED
from gateway.web.questions import _KNOWN
from gateway.web.transfers import _CODE_NAMES
from gateway.web.wording import wording, wording_of_browser

WEB = files("gateway.web")
OTHERS = ("cs", "de", "es", "fr", "sk")
CUSTOMERS = (
    "bank.html", "chat.html", "expired.html", "invoice.html",
    "genuine.html", "paid.html", "pay.html", "problem.html", "rows.html",
    "share.html", "thanks.html", "view.html",
    "phrase.html", "paper.html", "reminders.html", "base.html", "bank.html", "talk.html",
    "mail/layout.html", "mail/answer.html", "mail/answer.txt",
    "mail/invoice.html", "mail/invoice.txt",
)  # fmt: skip
JOURNEYS = (
    "invoice_letter.py",
    "invoice_words.py",
    "letters.py",
    "chat.py",
    "bills.py",
    "promise_line.py",
    "receipt_paper.py",
    "genuine.py",
    "reading.py",
    "viewing.py",
    "transfers.py",
)
COMPANIES = (
    "about.html", "company.html", "company_settings.html", "conversation.html", "document.html",
    "fates.html", "goals.html", "here.html", "inbox.html", "keys.html", "keys_page.html",
    "link.html", "payments.html", "places.html", "replies.html", "sender_domain.html",
    "settings.html", "signin.html", "team.html", "webhooks.html", "welcome.html",
)  # fmt: skip
INBOX = (
    "about.py", "colleagues.py", "company_settings.py", "email_settings.py", "fate.py",
    "formatted.py", "hooks_page.py", "inbox.py", "keys_page.py", "opened.py", "payments_page.py",
    "sender_domain.py", "signin.py", "team_page.py", "timeline.py",
)  # fmt: skip
# A machine reads this line, in any language.
NOT_FOR_PEOPLE = {"Ref: {marker}"}
# What banks call them everywhere.
PROPER_NAMES = {"PAY by square", "QR Platba", "STARTTLS", "SSL/TLS"}
ASKED = re.compile(r'say\.(?:text|many)\(\s*"([^"]+)"(?:,\s*"([^"]+)")?')


def read(language):
    with WEB.joinpath("locale", f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def ids_of(catalogue, context=None):
    return {
        each
        for message in catalogue
        if message.id and message.context == context
        for each in (message.id if isinstance(message.id, tuple) else (message.id,))
    }


def names_in(text):
    return set(re.findall(r"\{(\w+)\}", text))


def words_of_templates():
    for name in (*CUSTOMERS, *COMPANIES):
        for found in ASKED.finditer(WEB.joinpath("templates", *name.split("/")).read_text("utf-8")):
            yield from filter(None, found.groups())


def words_of_code():
    for name in {*JOURNEYS, *INBOX}:
        for node in ast.walk(ast.parse(WEB.joinpath(name).read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"text", "many"}:
                words = [a.value for a in node.args if isinstance(a, ast.Constant)]
                yield from (one for one in words if isinstance(one, str))


def words_of_tables():
    for label, sentence, _ in _KNOWN.values():
        yield from (label, sentence)
    for kind in KINDS.values():
        yield from (kind.title, kind.low, kind.view, kind.due, kind.due_short)
        yield from (kind.preheader, kind.date_label)
    yield from (*_CODE_NAMES.values(), *WORDS)
    yield from (UNDATED, *METHOD_WORDS.values(), *BY_METHOD.values())


def words_of_tables_for_companies():
    """What stands in tables, so that no call names it."""
    for table in (
        email_settings._STEPS, email_settings._FAILED_STEPS, dict(email_settings._REPLIES),
        dict(email_settings._SECURITIES), dict(email_settings._AUTHS), keys_page._SCOPES,
        dict(company_settings._PDF), dict(team_page._ROLES), team_page._BRIEF, remedies._WORDS,
        payments_page._BY, opened._BY_MAIL, timeline._LOOKS_LIKE, why._RULES,
    ):  # fmt: skip
        yield from table.values()
    yield from (words for words, _ in sender_domain._STATES.values())
    yield from (words for _, _, words in SECTIONS)
    yield email_settings._NOT_FOUND
    yield from (one.words for one in REASONS.values())
    yield from (*probe_hints._TROUBLES.values(), *(hint for _, hint in probe_hints._SAID))
    yield from (probe_hints._AUTH, probe_hints._SENDER, probe_hints._MUST_SIGN_IN)
    keys = WEB.joinpath("templates", "keys.html").read_text("utf-8").partition("%}")[0]
    found = re.findall(r'\("[^"]+", "([^"]+)"\)', keys)
    assert len(found) > 20
    yield from found


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_that_customers_and_companies_read_is_translated(language):
    wanted = {
        *words_of_templates(),
        *words_of_code(),
        *words_of_tables(),
        *words_of_tables_for_companies(),
    } - {
        "",
        *NOT_FOR_PEOPLE,
        *PROPER_NAMES,
    }
    assert len(wanted) > 600
    assert wanted - ids_of(read(language)) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_the_names_of_views_are_translated_apart_from_what_else_such_words_mean(language):
    assert {*VIEWS.values(), "Found"} == ids_of(read(language), VIEW)


@pytest.mark.parametrize("language", OTHERS)
def test_all_languages_say_the_same_things_and_know_no_other_values(language):
    catalogue = read(language)
    assert ids_of(catalogue) == ids_of(read("sk"))
    for message in catalogue:
        if not message.id:
            continue
        plural = isinstance(message.string, tuple)
        said = message.string if plural else (message.string,)
        asked = message.id if isinstance(message.id, tuple) else (message.id,)
        assert plural == (len(asked) == 2)
        assert all(said), message.id
        assert len(said) == (catalogue.num_plurals if plural else 1)
        for words in said:
            assert names_in(words) <= names_in(asked[-1]), message.id


@pytest.mark.parametrize("language", ["en", *OTHERS])
def test_no_two_words_of_phrases_read_alike_in_a_language(language):
    words = [wording(language).text(word).casefold() for word in WORDS]
    assert len(words) == len(set(words)) == 64


def test_a_language_is_a_file_and_nothing_else():
    on_disk = {one.name.removesuffix(".po") for one in WEB.joinpath("locale").iterdir()}
    assert set(catalogues()) == {"en", *on_disk} == {"en", *OTHERS}


@pytest.mark.parametrize(
    ("locale", "money", "day"),
    [
        ("sk", "1\u00a0254,00\u00a0€", "5. decembra 2026"),
        ("cs", "1\u00a0254,00\u00a0€", "5. prosince 2026"),
        ("de", "1.254,00\u00a0€", "5. Dezember 2026"),
        ("de-AT", "€\u00a01.254,00", "5. Dezember 2026"),
        ("fr", "1\u00a0254,00\u00a0€", "5 décembre 2026"),
        ("es", "1.254,00\u00a0€", "5 de diciembre de 2026"),
        ("en-GB", "€1,254.00", "5 December 2026"),
        ("en_US", "€1,254.00", "December 5, 2026"),
    ],
)
def test_money_and_days_are_written_as_the_country_does(locale, money, day):
    say = wording(locale)
    assert (say.money(Decimal(1254), "EUR"), say.day(date(2026, 12, 5))) == (money, day)


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 deň po splatnosti"), (3, "3 dni po splatnosti"), (5, "5 dní po splatnosti")],
)
def test_slovak_counts_one_few_and_many(days, words):
    assert wording("sk").many("Overdue {n} day", "Overdue {n} days", days) == words


@pytest.mark.parametrize("locale", ["", "xx", "../../etc/passwd", "sk" * 50, "-", "en-"])
def test_who_reads_none_of_ours_is_spoken_to_in_english(locale):
    say = wording(locale)
    assert (say.lang, say.text("Send")) == ("en", "Send")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("sk-SK,sk;q=0.9,en;q=0.8", "sk"),
        ("pl,en;q=0.5,de;q=0.7", "de"),
        ("", "en"),
        ("*;q=0.1", "en"),
        ("de;q=x,,;;q=,fr", "fr"),
    ],
)
def test_a_browser_is_answered_in_the_best_language_of_its_list(accepted, language):
    assert wording_of_browser(accepted).lang == language


def test_hours_follow_the_language_too():
    when = datetime(2026, 12, 5, 14, 2, tzinfo=UTC)
    assert wording("en-US").moment(when, "UTC") == "Dec 5, 2026, 2:02\u00a0PM"
    assert wording("sk").moment(when, "UTC") == "5. 12. 2026, 14:02"


def test_why_a_mail_failed_is_told_in_the_readers_language_with_its_number():
    plain = plain_words("too_large", limit_mb=20)
    words, values = parted(plain)
    assert wording("en").text(words, **values) == plain
    assert "höchstens 20 MB" in wording("de").text(words, **values)
    assert parted("their mailbox is full") == ("their mailbox is full", {})


@pytest.mark.parametrize(("language", "said"), [("sk", "bankový prevod"), ("de", "Überweisung")])
def test_amid_a_sentence_only_german_keeps_its_capitals(language, said):
    assert wording(language).amid("Bank transfer") == said
