"""What the sandbox's recipients answer."""

from datetime import timedelta

import pytest

from gateway.mail.message import read
from gateway.rules.outcome import Stage
from gateway.rules.sandbox import Mood, sandbox_act
from gateway.rules.sandbox_mail import answer_to

COPY = (
    b"From: Acme <acme@mail.example.com>\r\n"
    b"Reply-To: Acme <acme-token@reply.example.com>\r\n"
    b"To: reply+hello@sandbox.test\r\n"
    b"Subject: Invoice 1\r\n"
    b"Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n"
    b"Message-ID: <one@mail.example.com>\r\n\r\nHere it is.\r\n"
)
RETURN_PATH = "b-token@bounce.example.com"


def answer(local, copy=COPY):
    recipient = f"{local}@sandbox.test"
    return answer_to(sandbox_act(local), copy, recipient=recipient, return_path=RETURN_PATH)


@pytest.mark.parametrize(
    ("local", "stage", "reply"),
    [
        pytest.param("ok", Stage.DOT, "250 2.0.0", id="taken"),
        pytest.param("OK", Stage.DOT, "250 2.0.0", id="letter case"),
        pytest.param("complain", Stage.DOT, "250 2.0.0", id="annoyed"),
        pytest.param("ooo", Stage.DOT, "250 2.0.0", id="absent"),
        pytest.param("reply+hello", Stage.DOT, "250 2.0.0", id="a person"),
        pytest.param("slow+90s", Stage.DOT, "250 2.0.0", id="slow"),
        pytest.param("slow+301s", Stage.RCPT, "550 5.1.1", id="too slow"),
        pytest.param("slow+s", Stage.RCPT, "550 5.1.1", id="slow without seconds"),
        pytest.param("reply+", Stage.RCPT, "550 5.1.1", id="a reply without words"),
        pytest.param("reply++_", Stage.RCPT, "550 5.1.1", id="a reply of spaces"),
        pytest.param("bounce+5.1.1", Stage.RCPT, "550 5.1.1", id="refused"),
        pytest.param("delay+4.2.2", Stage.RCPT, "450 4.2.2", id="put off"),
        pytest.param("bounce+4.2.2", Stage.RCPT, "550 5.1.1", id="no bounce with 4"),
        pytest.param("delay+5.1.1", Stage.RCPT, "550 5.1.1", id="no delay with 5"),
        pytest.param("nobody", Stage.RCPT, "550 5.1.1", id="nobody"),
    ],
)
def test_a_recipient_of_the_sandbox_answers_by_its_name(local, stage, reply):
    act = sandbox_act(local)
    assert (act.stage, str(act.reply)[: len(reply)]) == (stage, reply)


def test_a_slow_recipient_takes_its_time():
    assert sandbox_act("slow+90s").wait == timedelta(seconds=90)
    assert sandbox_act("ok").wait == timedelta()


def test_a_person_answers_with_the_words_of_the_address_in_the_thread():
    assert sandbox_act("reply+thank+you_All").words == "thank you All"
    mail = answer("reply+hello")
    assert (mail.sender, mail.recipient) == (
        "reply+hello@sandbox.test",
        "acme-token@reply.example.com",
    )
    reading = read(mail.octets, null_sender=False)
    assert reading.text.strip() == "hello"
    assert reading.subject == "Re: Invoice 1"
    assert reading.in_reply_to == ("one@mail.example.com",)
    assert reading.automatic is None


def test_who_is_absent_says_so_as_a_machine_from_nobody():
    mail = answer("ooo")
    assert (mail.sender, mail.recipient) == ("", "acme-token@reply.example.com")
    reading = read(mail.octets, null_sender=True)
    assert reading.automatic == "auto_reply"


def test_a_complaint_is_a_feedback_report_to_the_return_path():
    mail = answer("complain")
    assert mail.recipient == RETURN_PATH
    report = read(mail.octets, null_sender=False).report
    assert report.kind == "complaint"
    assert report.original_message_id == "one@mail.example.com"
    assert [one.recipient for one in report.recipients] == ["complain@sandbox.test"]


@pytest.mark.parametrize("local", ["complain", "ooo", "reply+hello"])
def test_the_same_copy_gets_the_same_answer(local):
    assert answer(local) == answer(local)
    assert answer(local) != answer(local, COPY.replace(b"<one@", b"<two@"))


@pytest.mark.parametrize(
    "copy", [b"", b"Subject: x\r\n\r\n", b"From: undisclosed:;\r\n\r\n"], ids=repr
)
def test_a_copy_without_sender_gets_no_answer(copy):
    assert answer("reply+hello", copy) is None


def test_who_takes_mail_silently_writes_nothing():
    assert sandbox_act("ok").mood is None
    assert sandbox_act("ooo").mood is Mood.ABSENT
    assert answer("ok") is None
