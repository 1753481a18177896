"""The hashes of a message, made while it comes."""

import hashlib
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.mail.digests import Digesting
from gateway.mail.trace import below_trace

TRACE = b"Received: from a\r\n\tby b\r\nReturn-Path: <c@d.example>\r\n"
REST = b"Message-ID: <1@e.example>\r\nSubject: x\r\n\r\n" + b"Hello\r\n" * 50


@given(
    trace=st.sampled_from([b"", TRACE, TRACE * 3]),
    head_octets=st.integers(1, 600),
    cuts=st.lists(st.integers(0, 700), max_size=6),
)
@example(trace=TRACE, head_octets=2000, cuts=[])
@example(trace=TRACE, head_octets=20, cuts=[10])
def test_however_it_comes_the_hashes_are_those_of_the_whole(trace, head_octets, cuts):
    mail = trace + REST
    digesting, bounds = Digesting(head_octets), [0, *sorted(cuts), len(mail)]
    for start, end in pairwise(bounds):
        digesting.add(mail[start:end])
    digests = digesting.finish()
    below = mail[below_trace(mail[:head_octets]) :]
    assert digests.whole == hashlib.sha256(mail).hexdigest()
    assert digests.below_trace == hashlib.sha256(below).hexdigest()


def test_the_same_mail_by_another_way_is_known_again():
    found = []
    for trace in (b"", TRACE):
        digesting = Digesting(1000)
        digesting.add(trace + REST)
        found.append(digesting.finish())
    assert found[0].below_trace == found[1].below_trace
    assert found[0].whole != found[1].whole
