import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.forwards import Forwarded, mailboxes, read_forward
from gateway.mail.mailbox import Mailbox

JANA = Mailbox("Jana Nová", "jana@joinery.example")
BUYER = Mailbox("", "buyer@customer.example")
EVA = Mailbox("Eva Klein", "eva@customer.example")
GMAIL = """Can you pay this, please?

---------- Forwarded message ---------
From: Jana Nová <jana@joinery.example>
Date: Mon, Mar 3, 2025 at 10:05 AM
Subject: Invoice 2025-0142
To: <buyer@customer.example>
Cc: Eva Klein <eva@customer.example>

Please find the invoice attached.

Jana
"""
APPLE = """> Začiatok preposlanej správy:
>
> Od: Jana Nová <jana@joinery.example>
> Predmet: Faktúra 2025-0142
> Dátum: 3. marca 2025, 10:05:11 CET
> Komu: buyer@customer.example
>
> V prílohe je faktúra.
> > staršia veta
"""
OUTLOOK = """________________________________
Von: Jana Nová <jana@joinery.example>
Gesendet: Montag, 3. März 2025 10:05
An: buyer@customer.example <buyer@customer.example>; Eva Klein <eva@customer.example>
Betreff: Rechnung 2025-0142

Anbei die Rechnung.
"""
YAHOO = (
    "   ----- Message transmis ----- De : Jana Nová <jana@joinery.example>À : "
    '"buyer@customer.example" <buyer@customer.example>Envoyé : lundi 3 mars 2025, 10:05:11 UTC+1'
    "Objet : Facture 2025-0142\n Ci-joint la facture."
)
OUTLOOK_MAC = """\ufeffDne 03/03/2025 10:05, Jana Nová <jana@joinery.example> napsal(a):

    V příloze je faktura.
"""


@pytest.mark.parametrize(
    ("text", "subject", "forwarded"),
    [
        pytest.param(
            GMAIL,
            "Fwd: Invoice 2025-0142",
            Forwarded(
                JANA, (BUYER,), (EVA,), "Invoice 2025-0142", "Mon, Mar 3, 2025 at 10:05 AM",
                "Please find the invoice attached.\n\nJana",
            ),
            id="Gmail",
        ),
        pytest.param(
            APPLE,
            "Fwd: Faktúra 2025-0142",
            Forwarded(
                JANA, (BUYER,), (), "Faktúra 2025-0142", "3. marca 2025, 10:05:11 CET",
                "V prílohe je faktúra.\n> staršia veta",
            ),
            id="Apple Mail, marked lines",
        ),
        pytest.param(
            OUTLOOK,
            "WG: Rechnung 2025-0142",
            Forwarded(
                JANA, (BUYER, EVA), (), "Rechnung 2025-0142", "Montag, 3. März 2025 10:05",
                "Anbei die Rechnung.",
            ),
            id="Outlook, told by the subject",
        ),
        pytest.param(
            YAHOO,
            "Tr : Facture 2025-0142",
            Forwarded(
                JANA, (BUYER,), (), "Facture 2025-0142", "lundi 3 mars 2025, 10:05:11 UTC+1",
                " Ci-joint la facture.",
            ),
            id="Yahoo, header on one line",
        ),
        pytest.param(
            OUTLOOK_MAC,
            "FW: Faktura 2025-0142",
            Forwarded(
                JANA, (), (), "Faktura 2025-0142", "03/03/2025 10:05", "    V příloze je faktura."
            ),
            id="Outlook for Mac, an introduction",
        ),
    ],
)  # fmt: skip
def test_a_forwarded_mail_is_read(text, subject, forwarded):
    assert read_forward(text, subject) == forwarded


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        pytest.param(OUTLOOK, "AW: Rechnung 2025-0142", id="the same block in a reply"),
        pytest.param(OUTLOOK_MAC, "Re: Faktura", id="an introduction in a reply"),
        pytest.param("Hello,\n\nplease pay.\n", "Fwd: Invoice", id="nothing forwarded"),
        pytest.param("", "", id="nothing at all"),
        pytest.param(
            "Yes.\n\nOn 3 Mar 2025 at 10:05, Jana <jana@joinery.example> wrote:\n> ok\n\n" + GMAIL,
            "Re: Invoice",
            id="a forward deeper in the quotation",
        ),
    ],
)
def test_a_reply_forwards_nothing(text, subject):
    assert read_forward(text, subject) is None


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("Doe, John <john@a.example>", [("Doe, John", "john@a.example")]),
        (
            "a@a.example, Eva <eva@a.example>; b@a.example",
            [("", "a@a.example"), ("Eva", "eva@a.example"), ("", "b@a.example")],
        ),
        ("'Bessie, B' <b@a.example>", [("Bessie, B", "b@a.example")]),
        ("\"'n@a.example'\" <n@a.example>", [("", "n@a.example")]),
        ("V <v@a.example<mailto:v@a.example>>", [("V", "v@a.example")]),
        ("Eva Klein; Jan Malý", [("Eva Klein", ""), ("Jan Malý", "")]),
        ("", []),
    ],
)
def test_people_are_read_as_clients_write_them(value, people):
    assert [(one.name, one.address) for one in mailboxes(value)] == people


@given(st.text(max_size=300), st.text(max_size=30))
def test_any_text_gives_a_forward_or_none(text, subject):
    forwarded = read_forward(text, subject)
    assert forwarded is None or isinstance(forwarded, Forwarded)
