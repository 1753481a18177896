import pytest

from gateway.mail.automatic import judge_automatic
from gateway.mail.report import Report


@pytest.mark.parametrize(
    ("kind", "automatic"),
    [
        ("bounce", "bounce"),
        ("delay", "delay"),
        ("delivered", "report"),
        ("relayed", "report"),
        ("complaint", "report"),
        ("receipt", "report"),
    ],
)
def test_a_report_is_named_by_its_kind(kind, automatic):
    headers = [("Auto-Submitted", "auto-replied")]
    assert judge_automatic(headers, null_sender=True, report=Report(kind)).kind == automatic


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ([("Auto-Submitted", "auto-replied")], "auto_reply"),
        ([("Auto-Submitted", 'auto-replied; owner-email="a@b.example"')], "auto_reply"),
        ([("auto-submitted", "AUTO-GENERATED (rejected)")], "auto_reply"),
        ([("Auto-Submitted", "no")], None),
        ([("X-Autoreply", "yes")], "auto_reply"),
        ([("X-Autoreply", "no")], None),
        ([("X-Autorespond", "")], None),
        ([("Precedence", "auto_reply")], "auto_reply"),
        ([("X-MS-Exchange-Inbox-Rules-Loop", "jana@a.example")], "auto_reply"),
        ([("X-Auto-Response-Suppress", "All")], None),
        ([("Precedence", "bulk")], "bulk"),
        ([("Precedence", "first-class")], None),
        ([("List-Id", "<list.a.example>")], "bulk"),
        ([("List-Unsubscribe", "<https://a.example/>")], "bulk"),
        ([("Auto-Submitted", "auto-generated"), ("List-Id", "<l.a.example>")], "bulk"),
        ([("Auto-Submitted", "auto-replied"), ("Precedence", "bulk")], "auto_reply"),
        ([("X-TMDA-Fingerprint", "abc")], "challenge"),
        ([], None),
    ],
)
def test_header_fields_decide(headers, automatic):
    assert judge_automatic(headers).kind == automatic


def test_the_null_reverse_path_is_a_program():
    assert judge_automatic([], null_sender=True).kind == "auto_reply"


SUPPRESS = ("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply")


@pytest.mark.parametrize(
    ("subject", "text", "headers", "automatic"),
    [
        ("Automatic reply: Invoice", "Back on Monday.", [SUPPRESS], "auto_reply"),
        ("Automatická odpověď: Faktura", "Jsem na dovolené.", [], "auto_reply"),
        ("Abwesenheitsnotiz: Rechnung", "Ich bin im Urlaub.", [], "auto_reply"),
        ("Re: Invoice (Automatic Response)", "I am away.", [], "auto_reply"),
        ("Automatic reply: Invoice", "Thanks, paid.", [], None),
        ("Re: Automatic reply: Invoice", "I am out of the office, too.", [SUPPRESS], None),
        ("Invoice", "I am out of office next week, please send it now.", [], None),
    ],
)
def test_a_subject_alone_decides_nothing(subject, text, headers, automatic):
    assert judge_automatic(headers, subject=subject, text=text).kind == automatic


def test_a_gatekeeper_asks_to_click():
    text = (
        "This account is protected by Gatekeeper. Please click on the following link to have your "
        "address added to the recipient's allowed list: http://gate.example/1"
    )
    assert judge_automatic([], text=text).kind == "challenge"


@pytest.mark.parametrize(
    "text",
    [
        "Please confirm that you received our payment, see http://bank.example/1",
        "Please click http://shop.example to see the order. We put you on our price list.",
    ],
)
def test_people_ask_for_things_too(text):
    assert judge_automatic([], text=text).kind is None


@pytest.mark.parametrize(
    ("headers", "subject", "text", "why"),
    [
        ([("Auto-Submitted", "auto-replied; x")], "", "", "auto-submitted: auto-replied"),
        ([("X-Autoreply", "yes")], "", "", "field x-autoreply"),
        ([("User-Agent", "Vacation/1.2")], "", "", "user-agent: vacation/1.2"),
        ([("List-Id", "<l.example>")], "", "", "field list-id"),
        ([("Precedence", "bulk")], "", "", "precedence: bulk"),
        ([("X-TMDA-Challenge", "x")], "", "", "field x-tmda-challenge"),
        ([SUPPRESS], "Automatic reply: x", "", "field x-auto-response-suppress"),
        ([], "Automatic reply: x", "Paid.", "does not decide"),
        ([], "Invoice", "Paid.", "no field, and no words in the subject, say so"),
    ],
)
def test_what_decides_is_told(headers, subject, text, why):
    assert why in judge_automatic(headers, subject=subject, text=text).why
