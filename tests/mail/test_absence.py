"""Out-of-office notes: when somebody is back, and who stands in."""

from datetime import date

import pytest

from gateway.mail.absence import Absence, read_absence
from gateway.mail.mailbox import Mailbox

WRITTEN = date(2026, 4, 7)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "returns_on"),
    [
        ("I am out of the office until 13 April 2026.", "2026-04-13"),
        ("I'm on leave until Monday, April 13th.", "2026-04-13"),
        ("I am away through 12 April and will be back on Monday, 13 April.", "2026-04-13"),
        ("I will return to the office on 04/13/2026.", "2026-04-13"),
        ("I will be returning on 13/04/2026.", "2026-04-13"),
        ("Out of office from 8 April to 12 April 2026. Limited access to mail.", "2026-04-13"),
        ("I am on holiday until Monday.", "2026-04-13"),
        ("Ich bin bis einschließlich 12.04.2026 nicht im Büro.", "2026-04-13"),
        ("Ab dem 13. April bin ich wieder erreichbar.", "2026-04-13"),
        ("Ich bin vom 8.4. bis 12.4. abwesend.", "2026-04-13"),
        ("Je suis absent jusqu'au 12 avril inclus.", "2026-04-13"),
        ("Je serai de retour le 13 avril 2026.", "2026-04-13"),
        ("Estaré fuera de la oficina hasta el 12 de abril de 2026.", "2026-04-13"),
        ("Estarei de férias até 12 de abril.", "2026-04-13"),
        ("Sono in ferie fino al 12 aprile, rientro il 13 aprile.", "2026-04-13"),
        ("Ik ben tot en met 12 april afwezig.", "2026-04-13"),
        ("Jestem na urlopie do 12 kwietnia 2026.", "2026-04-13"),
        ("Do 12. dubna čerpám dovolenou.", "2026-04-13"),
        ("Som na dovolenke do 12.4.2026, vrátim sa 13.4.2026.", "2026-04-13"),
        ("Som mimo kancelárie do 12. apríla.", "2026-04-13"),
        ("Szabadságon vagyok április 12-ig.", "2026-04-13"),
        ("Sunt în concediu până la 12 aprilie 2026.", "2026-04-13"),
        ("Jag har semester till och med 12 april.", "2026-04-13"),
        ("Jeg er tilbage på kontoret 13. april.", "2026-04-13"),
        ("Olen lomalla 12.4.2026 asti.", "2026-04-13"),
        ("12 Nisan'a kadar izinde olacağım.", "2026-04-13"),
        ("Я в отпуске до 12 апреля.", "2026-04-13"),
        ("Я у відпустці до 12 квітня.", "2026-04-13"),
        ("2026年4月12日まで不在にしております。", "2026-04-13"),
        ("4월 12일까지 자리를 비웁니다.", "2026-04-13"),
        ("Back in the office on 2026-04-13.", "2026-04-13"),
        ("I am away until 3 January.", "2027-01-03"),
    ],
)
def test_the_first_day_back_is_read(text, returns_on):
    found = read_absence(text, written=WRITTEN)
    assert found is not None
    assert found.returns_on == returns_on


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("I have received your mail of 12 April 2026.", id="no word of absence"),
        pytest.param("I am out of the office.", id="no date"),
        pytest.param("I will return on 04/05/2026.", id="day or month first"),
        pytest.param("I was away until 3 March 2026.", id="past"),
        pytest.param("I am away until 31 April 2026.", id="no such day"),
        pytest.param("Away until 13 April 2099.", id="too far ahead"),
        pytest.param("Call me back on +421 900 12.34.56", id="telephone"),
        pytest.param("", id="empty"),
    ],
)
def test_nothing_is_guessed(text):
    assert read_absence(text, written=WRITTEN) is None


def test_without_a_day_of_writing_only_a_whole_date_counts():
    assert read_absence("Away until 13 April.", written=None) is None
    assert read_absence("Away until 13 April 2026.", written=None) == Absence("2026-04-13")


@pytest.mark.parametrize(
    ("text", "substitute"),
    [
        (
            "In urgent cases please contact Peter Novák (peter@example.org).",
            Mailbox("Peter Novák", "peter@example.org"),
        ),
        (
            "For invoices, contact Anna Maria Weiss at anna.weiss@example.org or call.",
            Mailbox("Anna Maria Weiss", "anna.weiss@example.org"),
        ),
        (
            "In dringenden Fällen wenden Sie sich bitte an vertretung@example.org.",
            Mailbox("", "vertretung@example.org"),
        ),
        (
            "V naliehavých prípadoch sa obráťte na kolegu: Ján Hruška, e-mail: jan@example.org",
            Mailbox("Ján Hruška", "jan@example.org"),
        ),
        (
            "En cas d'urgence, vous pouvez joindre Luc Petit <luc@example.org>",
            Mailbox("Luc Petit", "luc@example.org"),
        ),
        ("お急ぎの場合は taro@example.org までご連絡ください。", Mailbox("", "taro@example.org")),
    ],
)
def test_the_substitute_is_read(text, substitute):
    found = read_absence(text, written=WRITTEN)
    assert found is not None
    assert found.substitute == substitute


def test_the_writer_is_nobody_s_substitute():
    text = "Urgent? Contact me at Jana@example.org or Peter Novák, peter@example.org."
    found = read_absence(text, written=WRITTEN, own=["jana@example.org"])
    assert found == Absence(None, Mailbox("Peter Novák", "peter@example.org"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("until 1.1. " * 1000, id="dates"),
        pytest.param("back " * 2000, id="cues"),
        pytest.param("urgent a@b.cz " * 1000, id="addresses"),
        pytest.param("a@" * 4000, id="at signs"),
        pytest.param("İ" * 4000 + " urgent a@b.cz", id="letters that grow"),
    ],
)
def test_hostile_notes_are_read_without_harm(text):
    read_absence(text, written=WRITTEN, own=["a@b.cz"])
