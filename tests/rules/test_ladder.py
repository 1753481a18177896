"""The threading ladder: which rung decides, and what never does."""

import pytest

from gateway.rules.ladder import Evidence, Known, clues, place
from gateway.rules.names import Names
from gateway.rules.tokens import ItemRef, Keyring, Label, PersonRef, answer_token, item_token

KEYS = Keyring((b"k" * 32,))
NAMES = Names(
    "mail.example.com", "mail.example.com", "reply.example.com", "bounce.example.com", "https://x"
)
JANA = PersonRef(5, 42)
PETER = PersonRef(5, 43)
OURS = ItemRef(5, b"m" * 15)
REPLY = f"acme-{answer_token(KEYS, JANA)}@reply.example.com"
OUR_ID = f"{item_token(KEYS, Label.MESSAGE_ID, OURS)}@mail.example.com"
MARKER = item_token(KEYS, Label.BODY_MARKER, OURS)
EVIDENCE = Evidence(
    people={42: "cnv_jana", 43: "cnv_peter"},
    items={OURS.body: "cnv_ours"},
    known={
        "theirs@client.example": [Known("cnv_known", False, frozenset({"jana@client.example"}))],
        "relay@smarthost.example": [Known("cnv_alias", True, frozenset())],
    },
)


def placed(*, tenant_number=5, sender="jana@client.example", **offered):
    given = {
        "recipients": (),
        "header_addresses": (),
        "in_reply_to": (),
        "references": (),
        "body": "",
    } | offered
    found = place(clues(NAMES, KEYS, **given), EVIDENCE, tenant_number=tenant_number, sender=sender)
    return found.conversation_id, found.rule


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        pytest.param({"recipients": [REPLY]}, ("cnv_jana", "token"), id="envelope"),
        pytest.param({"recipients": [REPLY.upper()]}, ("cnv_jana", "token"), id="upper case"),
        pytest.param({"header_addresses": [REPLY]}, ("cnv_jana", "header_token"), id="header"),
        pytest.param({"in_reply_to": [OUR_ID]}, ("cnv_ours", "message_id"), id="in-reply-to"),
        pytest.param({"references": ["x@y", OUR_ID]}, ("cnv_ours", "message_id"), id="references"),
        pytest.param(
            {"in_reply_to": ["relay@smarthost.example"]}, ("cnv_alias", "message_id"), id="alias"
        ),
        pytest.param(
            {"references": ["theirs@client.example"]}, ("cnv_known", "references"), id="known"
        ),
        pytest.param({"body": f"> Ref: {MARKER}\n"}, ("cnv_ours", "body_marker"), id="marker"),
        pytest.param({}, (None, "new"), id="nothing"),
    ],
)
def test_a_single_clue_decides(offered, expected):
    assert placed(**offered) == expected


def test_an_earlier_rung_wins_over_a_later_one():
    offered = {
        "recipients": [f"x-{answer_token(KEYS, PETER)}@reply.example.com"],
        "header_addresses": [REPLY],
        "in_reply_to": [OUR_ID],
        "body": MARKER,
    }
    assert placed(**offered) == ("cnv_peter", "token")


def test_references_of_a_stranger_do_not_thread():
    offered = {"references": ["theirs@client.example"], "sender": "eve@evil.example"}
    assert placed(**offered) == (None, "new")


def test_clues_of_another_company_are_none():
    offered = {"recipients": [REPLY], "in_reply_to": [OUR_ID], "body": MARKER}
    assert placed(tenant_number=6, **offered) == (None, "new")


def test_a_forged_token_is_no_clue():
    forged = REPLY.replace("@", "a@").replace("acme-", "acme")
    found = clues(
        NAMES,
        KEYS,
        recipients=[forged],
        header_addresses=[],
        in_reply_to=[OUR_ID.replace("m", "n", 1)],
        references=[],
        body=MARKER[:-1] + ("a" if MARKER[-1] != "a" else "b"),
    )
    assert (found.people, found.own, found.markers) == ((), (), ())


def test_a_reply_domain_elsewhere_is_no_clue():
    assert placed(header_addresses=[REPLY.replace("reply.", "evil.")]) == (None, "new")
