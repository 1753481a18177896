from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.dns_verdicts import Published, Verdict
from gateway.rules.sender_domains import (
    EAGER,
    SOON,
    CompanyKey,
    OwnSender,
    SenderDomain,
    Standing,
    aliases,
    judge_alias,
    judge_key,
    judge_policy,
    key_record,
    keys_name,
    new_token,
    next_check,
    own_sender,
    policy,
    records,
    step,
    told,
    verdicts_of,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOKEN = "abcdefghijklmnop"
OURS = "mail.gateway.example"
CLAIM = SenderDomain("ten_1", "invoices@acme.example", TOKEN, NOW, NOW)
FIRST, SECOND = aliases("acme.example", TOKEN, OURS)
OK, MISSING, DIFFERS, UNKNOWN = Published


def verdicts(first, second, dmarc=OK, key=OK):
    record = key_record(CompanyKey(1, "v=DKIM1; p=A", True), TOKEN, OURS)
    return [
        Verdict(FIRST, first),
        Verdict(SECOND, second),
        Verdict(record, key),
        Verdict(policy("acme.example"), dmarc),
    ]


def found(*cnames, texts=(), doubled=()):
    return judge_alias(FIRST, cnames, texts=texts, doubled=doubled)


def test_a_company_publishes_two_names_that_lead_below_ours():
    assert [(one.name, one.type, one.value) for one in records("acme.example", TOKEN, OURS)] == [
        (f"pr1-{TOKEN}._domainkey.acme.example", "CNAME", f"{TOKEN}.pr1.dkim.{OURS}"),
        (f"pr2-{TOKEN}._domainkey.acme.example", "CNAME", f"{TOKEN}.pr2.dkim.{OURS}"),
        ("_dmarc.acme.example", "TXT", "v=DMARC1; p=none"),
    ]
    assert keys_name(2, OURS) == f"*.pr2.dkim.{OURS}"


@given(st.binary(min_size=10, max_size=10))
def test_a_token_is_a_label_of_dns_with_all_80_bits(octets):
    token = new_token(octets)
    assert len(token) == 16
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_the_right_alias_is_found_in_any_letter_case():
    assert found(FIRST.value.upper() + ".").state is OK


@pytest.mark.parametrize(
    ("verdict", "state", "remedy"),
    [
        pytest.param(found(), MISSING, f"publish CNAME {FIRST.value}", id="nothing"),
        pytest.param(found("a.example"), DIFFERS, f"it should be {FIRST.value}", id="another"),
        pytest.param(
            found(f"{FIRST.value}.acme.example"),
            DIFFERS,
            f"the domain was added behind it: write {FIRST.value}. with a dot at its end",
            id="no final dot",
        ),
        pytest.param(
            found(texts=["v=DKIM1; p=A"]),
            DIFFERS,
            f"a TXT record stands there: publish a CNAME in its place, {FIRST.value}",
            id="TXT in its place",
        ),
        pytest.param(
            found(doubled=[FIRST.value]),
            DIFFERS,
            f"it stands at {FIRST.name}.acme.example: your DNS panel adds the domain by itself, "
            f"so write pr1-{TOKEN}._domainkey as the name",
            id="the domain twice",
        ),
    ],
)
def test_a_wrong_alias_is_told_with_what_to_do(verdict, state, remedy):
    assert (verdict.state, verdict.remedy) == (state, remedy)


def test_a_key_of_ours_that_is_missing_is_no_fault_of_the_company():
    record = key_record(CompanyKey(1, "v=DKIM1; p=A", True), TOKEN, OURS)
    assert judge_key(record, ["v=DKIM1; p=A"]).state is OK
    assert "whoever runs the gateway" in judge_key(record, []).remedy


def test_any_dmarc_policy_is_the_companys_own_choice():
    record = policy("acme.example")
    assert judge_policy(record, "v=DMARC1; p=none").state is OK
    assert judge_policy(record, "").state is MISSING


@pytest.mark.parametrize(
    ("was", "states", "becomes"),
    [
        pytest.param(Standing.PENDING, (OK, OK), Standing.VERIFIED, id="proven"),
        pytest.param(Standing.PENDING, (OK, OK, MISSING), Standing.VERIFIED, id="without a policy"),
        pytest.param(Standing.PENDING, (OK, MISSING), Standing.PENDING, id="half"),
        pytest.param(Standing.PENDING, (OK, UNKNOWN), Standing.PENDING, id="not answered"),
        pytest.param(Standing.PENDING, (OK, OK, OK, MISSING), Standing.PENDING, id="our key"),
        pytest.param(Standing.VERIFIED, (OK, DIFFERS), Standing.FAILED, id="broken"),
        pytest.param(Standing.VERIFIED, (MISSING, UNKNOWN), Standing.FAILED, id="broken for sure"),
        pytest.param(Standing.VERIFIED, (UNKNOWN, UNKNOWN), Standing.VERIFIED, id="DNS is away"),
        pytest.param(Standing.VERIFIED, (OK, OK, OK, UNKNOWN), Standing.VERIFIED, id="key unasked"),
        pytest.param(Standing.FAILED, (OK, OK), Standing.VERIFIED, id="well again"),
        pytest.param(Standing.FAILED, (OK, UNKNOWN), Standing.FAILED, id="still unknown"),
        pytest.param(Standing.FAILED, (MISSING, MISSING), Standing.FAILED, id="still broken"),
    ],
)
def test_a_check_moves_a_claim(was, states, becomes):
    claim = replace(CLAIM, standing=was)
    after = step(claim, verdicts(*states), NOW + HOUR)
    assert after.standing is becomes
    assert after.since == (NOW if becomes is was else NOW + HOUR)
    assert after.checked_at == NOW + HOUR


STATES = st.sampled_from(Published)


@given(st.sampled_from(Standing), STATES, STATES, STATES, STATES)
def test_mail_comes_from_a_domain_only_while_nothing_that_proves_it_is_known_to_be_wrong(
    was, first, second, dmarc, key
):
    after = step(replace(CLAIM, standing=was), verdicts(first, second, dmarc, key), NOW)
    if {first, second, key} & {MISSING, DIFFERS}:
        assert own_sender(after) is None
    if {first, second, key} == {OK}:
        assert own_sender(after) == OwnSender("invoices@acme.example", TOKEN)
    if was is not Standing.VERIFIED and UNKNOWN in {first, second, key}:
        assert own_sender(after) is None


@given(st.sampled_from(Standing), STATES, st.timedeltas(timedelta(minutes=1), timedelta(days=7)))
def test_the_next_check_is_soon_where_an_answer_is_awaited_and_never_later_than_told(
    was, state, every
):
    claim = replace(CLAIM, standing=was, verdicts=tuple(verdicts(state, OK)))
    wait = next_check(claim, every, NOW) - NOW
    assert wait <= every
    if was is not Standing.VERIFIED or state is UNKNOWN:
        assert wait == min(SOON, every)
    later = next_check(replace(claim, verdicts=()), every, NOW + EAGER)
    assert later - NOW - EAGER == every


def test_verdicts_come_back_as_they_were_kept():
    kept = verdicts(OK, DIFFERS)
    assert list(verdicts_of(map(told, kept))) == kept


def test_two_companies_publish_different_names_for_one_domain():
    other = {one.name for one in aliases("acme.example", "ponmlkjihgfedcba", OURS)}
    assert other.isdisjoint({FIRST.name, SECOND.name})
