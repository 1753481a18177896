from datetime import timedelta

import pytest

from gateway.mail.replies import Reply
from gateway.rules.model import Reason
from gateway.rules.outcome import (
    Bounced,
    Deferred,
    NextHopKind,
    Obstacle,
    Sent,
    Stage,
    Trouble,
    Unconfirmed,
    judge,
)
from gateway.rules.states import Step

MX, SMARTHOST, OWN = NextHopKind.MX, NextHopKind.SMARTHOST, NextHopKind.OWN
ABOUT_US = [Stage.CONNECT, Stage.EHLO, Stage.TLS, Stage.AUTH]
ABOUT_MAIL = [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT]


@pytest.mark.parametrize(
    ("kind", "step"), [(MX, Step.DELIVER), (SMARTHOST, Step.SEND), (OWN, Step.SEND)]
)
def test_mail_that_a_next_hop_took_is_sent_and_by_an_mx_delivered(kind, step):
    reply = Reply(250, "2.0.0", "Ok")
    assert judge(reply, Stage.DOT, kind) == Sent(step, reply)


@pytest.mark.parametrize("stage", [*ABOUT_US, *ABOUT_MAIL])
@pytest.mark.parametrize("kind", NextHopKind)
def test_a_temporary_refusal_defers_at_every_stage(stage, kind):
    outcome = judge(Reply(451, "4.3.0", "Later"), stage, kind)
    assert isinstance(outcome, Deferred)
    assert not outcome.reason.permanent
    assert not outcome.own_side


@pytest.mark.parametrize("stage", ABOUT_MAIL)
@pytest.mark.parametrize("kind", NextHopKind)
def test_a_final_refusal_of_the_mail_bounces(stage, kind):
    assert judge(Reply(550, "5.1.1", "No such user"), stage, kind) == Bounced(
        Reason(
            key="no_such_address",
            plain="the address does not exist",
            code=550,
            enhanced="5.1.1",
            verbatim="550 5.1.1 No such user",
            permanent=True,
        )
    )


@pytest.mark.parametrize("stage", ABOUT_US)
@pytest.mark.parametrize("kind", NextHopKind)
def test_a_final_refusal_of_ourselves_defers(stage, kind):
    outcome = judge(Reply(554, "5.7.1", "Go away"), stage, kind)
    assert isinstance(outcome, Deferred)
    assert outcome.own_side
    assert not outcome.reason.permanent
    assert outcome.reason.code == 554


@pytest.mark.parametrize("code", [530, 534, 535, 538])
@pytest.mark.parametrize("stage", [Stage.AUTH, Stage.MAIL, Stage.RCPT])
@pytest.mark.parametrize("kind", [SMARTHOST, OWN])
def test_a_refused_login_defers_and_says_so(code, stage, kind):
    outcome = judge(Reply(code, "5.7.8", "Wrong password"), stage, kind)
    assert isinstance(outcome, Deferred)
    assert outcome.own_side
    assert outcome.reason.key == "own_login"


def test_an_mx_that_wants_tls_defers():
    outcome = judge(Reply(530, "5.7.0", "Must issue STARTTLS first"), Stage.MAIL, MX)
    assert isinstance(outcome, Deferred)
    assert outcome.own_side


@pytest.mark.parametrize(
    ("kind", "ending"), [(OWN, Deferred), (SMARTHOST, Deferred), (MX, Bounced)]
)
def test_a_daily_quota_of_our_own_server_defers(kind, ending):
    outcome = judge(Reply(550, "5.4.5", "Daily user sending limit exceeded"), Stage.DOT, kind)
    assert isinstance(outcome, ending)
    assert outcome.reason.key == "own_quota"


def test_an_mx_never_speaks_of_the_company_s_login():
    assert judge(Reply(535, "5.7.8", "Denied"), Stage.RCPT, MX).reason.key == "policy"


def test_a_full_mailbox_is_told_from_others():
    assert judge(Reply(552, "5.2.2", "Quota"), Stage.RCPT, MX).reason.key == "mailbox_full"
    deferred = judge(Reply(452, "4.2.2", "Quota"), Stage.RCPT, MX)
    assert (type(deferred), deferred.reason.key) == (Deferred, "mailbox_full")


def test_greylisting_is_known_and_its_hint_read():
    outcome = judge(Reply(451, "4.7.1", "Greylisted, try again in 5 minutes"), Stage.RCPT, MX)
    assert (outcome.greylisted, outcome.hint) == (True, timedelta(minutes=5))


def test_another_deferral_is_no_greylisting():
    outcome = judge(Reply(452, "4.2.2", "Mailbox full"), Stage.RCPT, MX)
    assert (outcome.greylisted, outcome.hint) == (False, None)


def test_a_status_that_was_not_given_is_derived_from_the_words():
    reason = judge(Reply(550, "", "user unknown"), Stage.RCPT, MX).reason
    assert (reason.key, reason.enhanced) == ("no_such_address", "5.1.1")


ENDINGS = {
    Obstacle.NO_SUCH_DOMAIN: (Bounced, "no_such_domain", "5.1.2"),
    Obstacle.NULL_MX: (Bounced, "no_such_domain", "5.1.10"),
    Obstacle.IS_US: (Bounced, "loop", "5.4.6"),
    Obstacle.NO_ROUTE: (Bounced, "no_such_domain", "5.4.4"),
    Obstacle.DNS: (Deferred, "unreachable", "4.4.3"),
    Obstacle.UNREACHABLE: (Deferred, "unreachable", "4.4.1"),
    Obstacle.TIMED_OUT: (Deferred, "unreachable", "4.4.2"),
    Obstacle.LOST: (Deferred, "unreachable", "4.4.2"),
    Obstacle.GARBLED: (Deferred, "unknown", "4.5.0"),
    Obstacle.TLS: (Deferred, "tls", "4.7.5"),
    Obstacle.NO_TLS: (Deferred, "tls", "4.7.5"),
    Obstacle.NO_LOGIN: (Deferred, "own_login", "4.7.8"),
    Obstacle.TOO_LARGE: (Bounced, "too_large", "5.3.4"),
    Obstacle.NOT_SEVEN_BIT: (Bounced, "unknown", "5.6.3"),
    Obstacle.NO_SMTPUTF8: (Bounced, "unknown", "5.6.7"),
    Obstacle.BAD_ADDRESS: (Bounced, "bad_syntax", "5.1.3"),
}


@pytest.mark.parametrize("obstacle", Obstacle)
@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.DOT])
def test_what_stood_in_the_way_decides_where_there_is_no_reply(obstacle, stage):
    ending, key, enhanced = ENDINGS[obstacle]
    outcome = judge(Trouble(obstacle, "what happened"), stage, MX)
    assert type(outcome) is ending
    reason = outcome.reason
    code = 550 if ending is Bounced else 450
    assert (reason.key, reason.code, reason.enhanced) == (key, code, enhanced)
    assert (reason.verbatim, reason.permanent) == ("what happened", ending is Bounced)


@pytest.mark.parametrize("obstacle", [Obstacle.LOST, Obstacle.TIMED_OUT, Obstacle.GARBLED])
@pytest.mark.parametrize("kind", NextHopKind)
def test_trouble_behind_the_final_dot_leaves_it_unconfirmed(obstacle, kind):
    outcome = judge(Trouble(obstacle, "lost"), Stage.DOT, kind)
    assert isinstance(outcome, Unconfirmed)
    assert not outcome.reason.permanent


@pytest.mark.parametrize("code", [150, 200, 250, 334, 354, 600, 999, 0])
def test_a_reply_out_of_place_is_no_refusal(code):
    assert isinstance(judge(Reply(code, "", "Odd"), Stage.RCPT, MX), Deferred)


@pytest.mark.parametrize("code", [150, 334, 354, 600])
def test_a_reply_out_of_place_behind_the_final_dot_leaves_it_unconfirmed(code):
    assert isinstance(judge(Reply(code, "", "Odd"), Stage.DOT, MX), Unconfirmed)


@pytest.mark.parametrize(
    ("obstacle", "kind", "own_side"),
    [
        (Obstacle.TLS, OWN, True),
        (Obstacle.NO_TLS, SMARTHOST, True),
        (Obstacle.NO_LOGIN, OWN, True),
        (Obstacle.TLS, MX, False),
        (Obstacle.UNREACHABLE, OWN, False),
    ],
)
def test_trouble_with_our_own_server_is_told(obstacle, kind, own_side):
    assert judge(Trouble(obstacle, "x"), Stage.TLS, kind).own_side is own_side


def test_a_mail_that_is_too_large_says_what_would_do():
    trouble = Trouble(Obstacle.TOO_LARGE, "x", limit_bytes=10 * 1024**2)
    assert "10 MB" in judge(trouble, Stage.MAIL, MX).reason.plain
