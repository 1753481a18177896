"""Reports about TLS: what is counted, what is told, what is read of others'."""

import json
from datetime import date

import pytest

from gateway.mail.replies import Reply
from gateway.rules.outcome import Obstacle, Stage, Trouble
from gateway.rules.tls_reports import (
    MOST_DETAILS,
    Session,
    added,
    destinations,
    report,
    result_of,
    summary_of,
)

OK = Reply(250, "2.0.0", "Ok")
STS = ("version: STSv1", "mode: enforce")


@pytest.mark.parametrize(
    ("stage", "answer", "tls", "failure", "result"),
    [
        (Stage.DOT, OK, "TLSv1.3 verified", "", "success"),
        (Stage.RCPT, Reply(550, "5.1.1", "no"), "TLSv1.3 unverified", "", "success"),
        (Stage.DOT, OK, "none", "", "starttls-not-supported"),
        (Stage.TLS, Trouble(Obstacle.NO_TLS, "no STARTTLS"), "none", "", "starttls-not-supported"),
        (Stage.TLS, Trouble(Obstacle.TLS, "certificate has expired"), "none", "",
         "certificate-expired"),
        (Stage.TLS, Trouble(Obstacle.TLS, "Hostname mismatch, certificate is not valid for 'x'"),
         "none", "", "certificate-host-mismatch"),
        (Stage.TLS, Trouble(Obstacle.TLS, "self-signed certificate"), "none", "",
         "certificate-not-trusted"),
        (Stage.TLS, Trouble(Obstacle.TLS, "DANE: no record fits"), "none", "", "tlsa-invalid"),
        (Stage.TLS, Trouble(Obstacle.TLS, "handshake failure"), "none", "", "validation-failure"),
        (Stage.DOT, OK, "none", "certificate has expired", "certificate-expired"),
    ],
)  # fmt: skip
def test_a_session_counts_by_how_its_tls_went(stage, answer, tls, failure, result):
    assert result_of(stage, answer, tls, failure)[0] == result


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.EHLO])
def test_what_never_came_to_tls_is_not_counted(stage):
    assert result_of(stage, Trouble(Obstacle.UNREACHABLE, "no"), "none", "") is None


def session(result="success", address="192.0.2.1", words=""):
    return Session("sts", STS, "mx.example.org", address, result, words)


def test_the_report_has_the_shape_of_the_rfc():
    tally = added({}, [(session(), 3), (session("certificate-expired", words="old"), 2)])
    tally = added(tally, [(session(), 1), (session("certificate-expired", words="old"), 1)])
    told = report(
        "example.org", date(2026, 11, 28), tally, host="mail.example.com", contact="p@m.example",
        report_id="r1",
    )  # fmt: skip
    assert told["date-range"]["start-datetime"] == "2026-11-28T00:00:00Z"
    (policy,) = told["policies"]
    assert policy["policy"] == {
        "policy-type": "sts",
        "policy-domain": "example.org",
        "policy-string": list(STS),
    }
    assert policy["summary"] == {
        "total-successful-session-count": 4,
        "total-failure-session-count": 3,
    }
    assert policy["failure-details"] == [
        {
            "result-type": "certificate-expired",
            "receiving-mx-hostname": "mx.example.org",
            "receiving-ip": "192.0.2.1",
            "failed-session-count": 3,
            "failure-reason-code": "old",
        }
    ]
    assert summary_of(json.loads(json.dumps(told))).failures == {"certificate-expired": 3}


def test_details_are_bounded_and_their_sum_is_not():
    many = [(session("validation-failure", f"10.0.0.{n}"), 1) for n in range(MOST_DETAILS + 50)]
    (policy,) = added({}, many).values()
    assert (policy["failure"], len(policy["details"])) == (MOST_DETAILS + 50, MOST_DETAILS)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["v=TLSRPTv1; rua=mailto:a@b.example, https://r.example/x"],
         ("mailto:a@b.example", "https://r.example/x")),
        (["v=TLSRPTv1;rua=mailto:a@b.example", "v=spf1 -all"], ("mailto:a@b.example",)),
        (["v=TLSRPTv1; rua=mailto:a@b.example"] * 2, ()),
        (["v=TLSRPTv1;"], ()),
        (["v=spf1 -all"], ()),
        ([], ()),
    ],
)  # fmt: skip
def test_reports_go_where_one_record_says(texts, found):
    assert destinations(texts) == found


@pytest.mark.parametrize(
    "told",
    [None, [], {}, {"policies": 1}, {"policies": [1]}, {"policies": [{"summary": []}]}],
)
def test_what_is_no_report_is_told_from_one(told):
    assert summary_of(told) is None


def test_nonsense_in_a_report_counts_nothing():
    told = {
        "organization-name": 7,
        "date-range": {"end-datetime": "soon"},
        "policies": [
            {
                "policy": {"policy-domain": "a\r\nb"},
                "summary": {
                    "total-successful-session-count": -1,
                    "total-failure-session-count": "9",
                },
                "failure-details": "none",
            }
        ],
    }
    found = summary_of(told)
    assert (found.success, found.failure, found.ends, found.domain) == (0, 0, "", "ab")
