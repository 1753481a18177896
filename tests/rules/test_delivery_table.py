from pathlib import Path

from gateway.rules.delivery_table import text
from gateway.rules.outcome import Stage
from gateway.rules.reasons import REASONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "delivery.md"


def test_the_document_says_what_the_rules_do():
    assert DOCUMENT.read_text(encoding="utf-8") == text(), (
        "renew it: python -m gateway.rules.delivery_table > docs/delivery.md"
    )


def rows(heading):
    part = text().partition(f"\n## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_stage_has_its_answers_for_every_kind_of_next_hop():
    for kind in ("By the recipient's MX", "By a smarthost", "By the company's own server"):
        found = rows(kind)
        stages = {row[0] for row in found}
        assert len(stages) == len(Stage) - 1 - (kind == "By the recipient's MX")  # DNS; AUTH
        for stage in stages:
            answers = {row[1] for row in found if row[0] == stage}
            broken = (
                {"TLS fails", "TLS is not offered"} if "STARTTLS" in stage else {"drop", "hang"}
            )
            assert {"4yz", "5yz"} | broken <= answers


def test_what_was_lost_behind_the_final_dot_is_never_bounced():
    for row in rows("By the recipient's MX"):
        if row[0] == "after the final dot" and row[1] in {"drop", "hang"}:
            assert row[2] == "`unconfirmed`"


def test_policy_refusals_never_suppress():
    found = {row[0]: row[-1] for row in rows("Answers that name their cause")}
    assert [found[answer] for answer in found if " 5.7." in answer or " 4." in answer] == 5 * [""]
    assert found["`550 5.1.1 No such user`"] == "at once"
    assert found["`552 5.2.2 Mailbox full`"] == "when full"


def test_only_plain_reasons_are_named():
    named = {row[-5].split("`")[1] for row in rows("By a smarthost") if row[-5]}
    assert named <= set(REASONS)
