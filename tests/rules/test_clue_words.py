"""What a mail says of its place, told with the secret and without."""

from gateway.rules.clue_words import clue_words
from tests.rules.test_ladder import KEYS, MARKER, NAMES, OUR_ID, REPLY


def told(keys, **offered):
    given = {
        "recipients": (),
        "header_addresses": (),
        "in_reply_to": (),
        "references": (),
        "body": "",
    } | offered
    return [(one.rung, one.value, one.says) for one in clue_words(NAMES, keys, **given)]


def test_with_the_secret_it_is_told_whose_a_token_is():
    found = told(
        KEYS,
        recipients=[REPLY, "x@elsewhere.example"],
        in_reply_to=[OUR_ID],
        references=["theirs@client.example"],
        body=f"see {MARKER}",
    )
    assert [(rung, says) for rung, _, says in found] == [
        ("token", "the address of a person in a conversation of company 5"),
        ("message_id", "a message of ours, of company 5"),
        ("references", "decides if the sender takes part in the conversation of that message"),
        ("body_marker", "a message of ours that it quotes, of company 5"),
    ]


def test_a_forged_token_is_told_as_such():
    forged = REPLY.replace("@", "a@")
    ((_, _, says),) = told(KEYS, header_addresses=["short@reply.example.com"])
    assert says == "no token of ours: forged, altered, or made with another secret"
    assert told(KEYS, recipients=[forged])[0][2] == says


def test_without_the_secret_a_token_is_told_by_its_looks():
    found = told(None, recipients=[REPLY, "short@reply.example.com"], in_reply_to=[OUR_ID])
    assert [(rung, "without the installation's secret" in says) for rung, _, says in found] == [
        ("token", True),
        ("token", False),
        ("message_id", True),
    ]
