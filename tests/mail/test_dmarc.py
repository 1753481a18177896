import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.dmarc import (
    DmarcRecord,
    Policy,
    PolicyFound,
    Step,
    Suffix,
    choose_record,
    organizational_domain,
    policy_for,
    policy_record,
    walk,
)

REJECT = DmarcRecord(Policy.REJECT, Policy.REJECT, Policy.REJECT)
SUFFIX = DmarcRecord(Policy.REJECT, Policy.REJECT, Policy.REJECT, suffix=Suffix.YES)
HOME = DmarcRecord(Policy.REJECT, Policy.REJECT, Policy.REJECT, suffix=Suffix.NO)


def test_the_walk_goes_up_label_by_label():
    assert walk("a.b.example.com") == ["a.b.example.com", "b.example.com", "example.com", "com"]
    assert walk("com") == ["com"]


def test_the_walk_asks_eight_times_at_most():
    assert walk("a.b.c.d.e.f.g.example.com") == [
        "a.b.c.d.e.f.g.example.com",
        "c.d.e.f.g.example.com",
        "d.e.f.g.example.com",
        "e.f.g.example.com",
        "f.g.example.com",
        "g.example.com",
        "example.com",
        "com",
    ]
    assert len(walk(".".join("abcdefghijklmnop"))) == 8


def steps(*told):
    return [Step(domain, record) for domain, record in told]


@pytest.mark.parametrize(
    ("walked", "organization"),
    [
        pytest.param(
            steps(("a.x.com", None), ("x.com", None), ("com", None)), "a.x.com", id="none"
        ),
        pytest.param(
            steps(("a.x.com", REJECT), ("x.com", REJECT), ("com", None)), "x.com", id="the highest"
        ),
        pytest.param(steps(("a.x.com", REJECT), ("x.com", HOME)), "x.com", id="psd=n"),
        pytest.param(
            steps(("a.x.bank", None), ("x.bank", None), ("bank", SUFFIX)), "x.bank", id="psd=y"
        ),
        pytest.param(steps(("bank", SUFFIX)), "bank", id="the suffix itself"),
    ],
)
def test_the_organization_is_told_by_the_records_on_the_way(walked, organization):
    assert organizational_domain(walked) == organization


def test_the_authors_own_record_comes_before_the_organizations():
    own = steps(("a.x.com", REJECT), ("x.com", REJECT), ("com", None))
    assert policy_record(own) == PolicyFound(REJECT, "a.x.com")
    between = steps(("a.b.x.com", None), ("b.x.com", REJECT), ("x.com", HOME))
    assert policy_record(between) == PolicyFound(HOME, "x.com")
    suffix = steps(("a.x.bank", None), ("x.bank", None), ("bank", SUFFIX))
    assert policy_record(suffix) == PolicyFound(SUFFIX, "bank")
    assert policy_record(steps(("a.x.com", None), ("x.com", None))) is None


@pytest.mark.parametrize(
    ("record", "author", "exists", "policy"),
    [
        ("p=reject; sp=quarantine; np=none", "x.com", True, Policy.REJECT),
        ("p=reject; sp=quarantine; np=none", "a.x.com", True, Policy.QUARANTINE),
        ("p=reject; sp=quarantine; np=none", "a.x.com", False, Policy.NONE),
        ("p=reject; sp=quarantine", "a.x.com", False, Policy.QUARANTINE),
        ("p=reject", "a.x.com", False, Policy.REJECT),
        ("p=reject; t=y", "x.com", True, Policy.QUARANTINE),
        ("p=quarantine; t=y", "x.com", True, Policy.NONE),
        ("p=none; t=y", "x.com", True, Policy.NONE),
        ("p=reject; pct=0", "x.com", True, Policy.REJECT),
    ],
)
def test_the_policy_depends_on_whose_domain_it_is(record, author, exists, policy):
    found = PolicyFound(choose_record([f"v=DMARC1; {record}"]), "x.com")
    assert policy_for(found, author, exists=exists) == policy


def test_a_record_is_read_with_its_defaults():
    assert choose_record(["v=DMARC1;p=Reject"]) == REJECT
    assert choose_record(
        ["v = DMARC1 ; adkim=S; aspf=s; psd=n; np=none; sp=quarantine; p=reject; x=y; broken"]
    ) == DmarcRecord(
        Policy.REJECT,
        Policy.QUARANTINE,
        Policy.NONE,
        strict_dkim=True,
        strict_spf=True,
        suffix=Suffix.NO,
    )


def test_a_broken_policy_counts_as_none_where_reports_are_wanted():
    none = DmarcRecord(Policy.NONE, Policy.NONE, Policy.NONE)
    assert choose_record(["v=DMARC1; p=maybe; rua=mailto:d@x.com"]) == none
    assert choose_record(["v=DMARC1; p=reject; sp=maybe; rua=x, mailto:d@x.com"]) == none
    assert choose_record(["v=DMARC1; p=maybe; rua=nowhere"]) is None
    assert choose_record(["v=DMARC1; p=maybe"]) is None


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["hello"],
        ["v=dmarc1; p=reject"],
        ["v=DMARC1x; p=reject"],
        ["p=reject; v=DMARC1"],
        ["v=DMARC1; p=reject", "v=DMARC1; p=reject"],
    ],
)
def test_there_is_no_record_but_exactly_one_that_begins_with_its_version(texts):
    assert choose_record(texts) is None


def test_other_records_beside_it_do_not_matter():
    assert choose_record(["v=spf1 -all", "v=DMARC1; p=reject"]) == REJECT


@given(st.text(max_size=60))
def test_any_text_is_read_or_passed_over(text):
    record = choose_record([f"v=DMARC1;{text}"])
    assert record is None or isinstance(record, DmarcRecord)
