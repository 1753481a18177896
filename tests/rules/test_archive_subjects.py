"""What subjects of archived mail say: what they are about, whether they answer."""

import pytest

from gateway.rules.archive_subjects import topic_of


@pytest.mark.parametrize(
    ("subject", "base", "answers", "prefixed"),
    [
        pytest.param("Cables", "cables", False, False, id="plain"),
        pytest.param("Re: Cables", "cables", True, True, id="answer"),
        pytest.param("RE:Re[2]: AW: cables", "cables", True, True, id="several"),
        pytest.param("Fwd: Cables", "cables", False, True, id="forward"),
        pytest.param("WG: Re: Cables", "cables", True, True, id="forwarded answer"),
        pytest.param("[list] Re: [Other List] Cables", "cables", True, True, id="tags"),
        pytest.param("回复：Cables", "cables", True, True, id="full width"),
        pytest.param("'Re: Cables'", "cables", True, True, id="in quotes"),
        pytest.param("Re: ", "", True, True, id="nothing behind it"),
        pytest.param("[only a tag]", "[only a tag]", False, False, id="tag alone"),
        pytest.param("Research: cables", "research: cables", False, False, id="a word"),
        pytest.param("Re  :  Two   blanks", "two blanks", True, True, id="blanks"),
    ],
)
def test_a_subject_is_read_below_its_prefixes(subject, base, answers, prefixed):
    topic = topic_of(subject)
    assert (topic.base, topic.answers, topic.prefixed) == (base, answers, prefixed)


@pytest.mark.parametrize(
    ("subject", "part"),
    [
        ("[PATCH 03/44] arch: x", (3, 44, "patch")),
        ("[uml-user] [PATCH v2 3/7] x", (3, 7, "patch v2")),
        ("Photos (2/3)", (2, 3, "")),
        ("Photos (2 of 3)", (2, 3, "")),
        ("Re: [PATCH 03/44] arch: x", None),
        ("Meeting 3/4", None),
        ("Offer [5/3]", None),
    ],
)
def test_a_part_of_a_series_tells_its_number(subject, part):
    assert topic_of(subject).part == part


@pytest.mark.parametrize("subject", ["Re: your mail", "Re: ", "Re: x", "Re: Invoice"])
def test_some_subjects_say_too_little(subject):
    assert not topic_of(subject).specific
