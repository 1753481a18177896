"""Conversations of an archive: what ties mails together, and what never does."""

import random
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rules.archive import group
from gateway.rules.archive_mail import Archived
from gateway.rules.archive_texts import quoted_in, said_in

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACME, JANA, PETER = "office@acme.example", "jana@client.example", "peter@other.example"
WORDS = (
    "the parcel that you sent us last week came without the cables which the offer promised and "
    "we would like to know when the missing ones are going to be sent to our warehouse in Brno"
)
OTHER_WORDS = (
    "thank you for writing to us about the cables they left our store on Monday by the usual "
    "carrier and should be with you before the end of this week if the weather stays as it is"
)


def mail(
    name="",
    subject="Missing cables",
    *,
    at=NINE,
    by=JANA,
    to=(ACME,),
    answers=(),
    refers=(),
    says="",
    quotes="",
    listed=False,
    called="",
    reply_to=(),
):
    return Archived(
        message_id=name,
        in_reply_to=tuple(answers),
        references=tuple(refers),
        subject=subject,
        date=at,
        writer=by,
        writer_name=called,
        answer_to=tuple(reply_to),
        people=tuple(to),
        is_listed=listed,
        said=said_in(says),
        quoted=quoted_in((quotes,)),
    )


def threads(*mails):
    return sorted(sorted(thread) for thread in group(mails).threads)


ASKED = mail("asked@client", says=WORDS)
RE = "Re: Missing cables"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(mail("b", "x", by=PETER, answers=["asked@client"]), id="in-reply-to"),
        pytest.param(mail("b", "x", by=PETER, refers=["asked@client", "c"]), id="references"),
        pytest.param(mail("b", RE, by=PETER, at=NINE + HOUR, quotes=WORDS), id="quotes it"),
        pytest.param(
            mail("b", "FW: [ACME] missing cables", by=PETER, at=NINE + DAY, quotes=WORDS),
            id="forwards it",
        ),
        pytest.param(
            mail("b", "Re: cables (was: Missing cables)", at=NINE + HOUR, quotes=WORDS),
            id="quotes it at length under another subject",
        ),
        pytest.param(mail("b", RE, by=ACME, to=[JANA], at=NINE + HOUR), id="the other way"),
        pytest.param(mail("b", "AW: RE: Missing cables", by=ACME, to=[JANA]), id="in German"),
        pytest.param(mail("b", "Re[2]: Missing  Cables", by=ACME, to=[JANA]), id="counted"),
        pytest.param(mail("asked@client", by=JANA, at=NINE + DAY), id="the same Message-ID"),
        pytest.param(mail("b", RE, by=ACME, to=[JANA], at=NINE - HOUR), id="a clock is late"),
    ],
)
def test_what_plainly_goes_together_is_one_conversation(other):
    assert threads(ASKED, other) == [[0, 1]]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(mail("b", at=NINE + HOUR), id="the subject alone"),
        pytest.param(mail("b", RE, by=PETER, at=NINE + HOUR), id="a stranger's answer"),
        pytest.param(mail("b", RE, by=ACME, to=[PETER], at=NINE + HOUR), id="answers another"),
        pytest.param(mail("b", RE, by=ACME, to=[JANA], at=NINE + 300 * DAY), id="much later"),
        pytest.param(mail("b", RE, by=ACME, to=[JANA], at=NINE - DAY), id="before it was asked"),
        pytest.param(mail("b", "Offer", at=NINE + HOUR, quotes=WORDS), id="quotes, new subject"),
        pytest.param(mail("b", RE, by=ACME, to=[JANA], at=None), id="without a date"),
        pytest.param(
            mail("b", RE, by=ACME, to=[JANA], at=NINE + HOUR, answers=["lost@elsewhere"]),
            id="its own headers lead elsewhere",
        ),
        pytest.param(mail("asked@client", "Newsletter"), id="a Message-ID that all mails share"),
    ],
)
def test_what_may_be_chance_stays_apart(other):
    assert threads(ASKED, other) == [[0], [1]]


def test_mails_that_name_the_same_lost_mail_are_one_conversation():
    assert threads(mail("a", answers=["lost@x"]), mail("b", "y", refers=["lost@x"])) == [[0, 1]]


def test_customers_who_answer_the_same_subject_stay_apart():
    sent = [
        mail(f"{n}@acme", "Invoice for March", by=ACME, to=[f"c{n}@x.example"]) for n in range(5)
    ]
    answers = [
        mail(f"re{n}@x", "Re: Invoice for March", by=f"c{n}@x.example", at=NINE + (n + 1) * HOUR)
        for n in range(6)
    ]
    assert threads(*sent, *answers) == [*([n, n + 5] for n in range(5)), [10]]


def test_an_answer_to_a_vague_subject_counts_for_three_days():
    asked = mail("a", "", by=JANA)
    soon, late = (
        mail("b", "Re: ", by=ACME, to=[JANA], at=NINE + wait) for wait in (2 * DAY, 4 * DAY)
    )
    assert (threads(asked, soon), threads(asked, late)) == ([[0, 1]], [[0], [1]])


def test_an_answer_on_a_list_goes_with_the_newest_opener():
    to = ["list@lists.example"]
    old = mail("a", "Meeting", to=to, listed=True)
    new = mail("b", "Meeting", to=to, listed=True, at=NINE + 7 * DAY)
    answer = mail("c", "Re: Meeting", by=PETER, to=to, listed=True, at=NINE + 8 * DAY)
    assert threads(old, new, answer) == [[0], [1, 2]]


def test_an_answer_to_reply_to_goes_the_other_way_too():
    asked = mail("a", reply_to=["team@client.example"])
    answer = mail("b", RE, by=ACME, to=["team@client.example"], at=NINE + HOUR)
    assert threads(asked, answer) == [[0, 1]]


def test_the_parts_of_a_series_are_one_conversation():
    first = [mail(f"{n}@a", f"[PATCH {n}/3] part {n}", at=NINE + n * HOUR / 60) for n in range(4)]
    again = [replace(one, message_id=one.message_id + "2", date=one.date + DAY) for one in first]
    others = [replace(first[1], message_id="x", writer=PETER)]
    assert threads(*first, *again, *others) == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]


def test_a_quotation_that_was_wrapped_anew_is_still_one():
    lines = "\n".join(f"> > {WORDS[at : at + 31]}" for at in range(0, 31, 31))
    wrapped = "\n".join(["> " + " ".join(WORDS.split()[at : at + 6]) for at in range(0, 36, 6)])
    answer = mail("b", RE, by=PETER, at=NINE + HOUR, quotes=wrapped)
    nothing = mail("c", RE, by=PETER, at=NINE + HOUR, quotes=lines)
    assert threads(ASKED, answer, nothing) == [[0, 1], [2]]


def test_what_everybody_quotes_ties_nobody():
    footers = [mail(f"{n}", RE, by=f"p{n}@x.example", says=WORDS) for n in range(40)]
    quoting = mail("q", RE, by=PETER, at=NINE + HOUR, quotes=WORDS)
    assert len(threads(*footers, quoting)) == 41


def test_a_conversation_is_told_oldest_first_and_with_its_ties():
    late = mail("b", RE, by=ACME, to=[JANA], at=NINE + HOUR)
    later = mail("c", "x", at=NINE + DAY, answers=["b"])
    found = group([later, ASKED, late])
    assert (found.threads, found.ties) == (((1, 2, 0),), ("headers", "first", "answer"))


_NAMES = st.sampled_from(["", "a", "b", "c", "d", "e"])
_PEOPLE = st.sampled_from([ACME, JANA, PETER, ""])
_MAILS = st.builds(
    mail,
    _NAMES,
    st.sampled_from(["", "x", "Re: x", "Missing cables", RE, "[PATCH 1/2] a", "[PATCH 2/2] b"]),
    at=st.one_of(st.none(), st.integers(0, 2000).map(lambda hours: NINE + hours * HOUR)),
    by=_PEOPLE,
    to=st.lists(_PEOPLE.filter(bool), max_size=2),
    answers=st.lists(_NAMES.filter(bool), max_size=1),
    refers=st.lists(_NAMES.filter(bool), max_size=2),
    says=st.sampled_from(["", WORDS, OTHER_WORDS]),
    quotes=st.sampled_from(["", "> " + WORDS, OTHER_WORDS]),
    listed=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_MAILS, max_size=12), st.randoms(use_true_random=False))
def test_the_order_in_which_mails_are_given_changes_nothing(mails, chance):
    def told(given):
        found = group(given)
        grouped = [sorted(map(repr, (given[at] for at in thread))) for thread in found.threads]
        return sorted(grouped), sorted(
            (repr(one), tie) for one, tie in zip(given, found.ties, strict=True)
        )

    assert sorted(at for thread in group(mails).threads for at in thread) == list(range(len(mails)))
    shuffled = list(mails)
    chance.shuffle(shuffled)
    assert told(shuffled) == told(mails)


HOSTILE = {
    "one subject": lambda n: [mail(f"{i}", RE, to=[JANA]) for i in range(n)],
    "a list": lambda n: [mail(f"{i}", RE, to=["l@x"], listed=True) for i in range(n)],
    "one text": lambda n: [mail(f"{i}", RE, says=WORDS, quotes=WORDS) for i in range(n)],
    "one id": lambda n: [mail("a", f"{i}") for i in range(n)],
    "a chain": lambda n: [mail(f"{i}", answers=[f"{i - 1}"]) for i in range(n)],
    "a chain told backwards": lambda n: [
        mail(f"{i}", answers=[f"{i + 1}"], at=NINE + i * HOUR) for i in range(n)
    ],
    "everybody's references": lambda n: [
        mail(f"{i}", refers=[f"{(i * 7 + k) % n}" for k in range(20)]) for i in range(n)
    ],
    "series": lambda n: [mail(f"{i}", f"[PATCH {i % 99}/99] {i}") for i in range(n)],
}


@pytest.mark.parametrize("build", HOSTILE.values(), ids=HOSTILE)
def test_the_work_grows_with_the_archive(build):
    once, twice = (calls(build(size)) for size in (400, 800))
    assert twice <= 3 * once + 500  # quadratic work would be four times as much


def calls(mails):
    count = 0

    def count_call(frame, event, argument):
        nonlocal count
        count += event in {"call", "c_call"}

    random.Random(1).shuffle(mails)
    sys.setprofile(count_call)
    try:
        group(mails)
    finally:
        sys.setprofile(None)
    return count
