import pytest

from gateway.rules.states import CLAIMABLE, FINAL, TABLE, IllegalStep, State, Step, may, step

# Written out apart from the module, so that a change there has to be meant.
STEPS = """
queued       claim            sending
queued       retry            queued
queued       hold             held
queued       cancel           cancelled
queued       suppress         suppressed
queued       expire           expired
queued       show             shown_in_chat
sending      send             sent
sending      deliver          delivered
sending      defer            deferred
sending      bounce           bounced
sending      expire           expired
sending      lose             unconfirmed
sending      give_back        queued
sending      suppress         suppressed
sending      hold             held
deferred     claim            sending
deferred     retry            deferred
deferred     hold             held
deferred     cancel           cancelled
deferred     suppress         suppressed
deferred     expire           expired
deferred     show             shown_in_chat
deferred     report_delivered delivered
deferred     report_failed    bounced
unconfirmed  claim            unconfirmed
unconfirmed  give_back        unconfirmed
unconfirmed  retry            unconfirmed
unconfirmed  send             sent
unconfirmed  deliver          delivered
unconfirmed  defer            deferred
unconfirmed  bounce           bounced
unconfirmed  expire           expired
unconfirmed  lose             unconfirmed
unconfirmed  hold             held
unconfirmed  cancel           cancelled
unconfirmed  suppress         suppressed
unconfirmed  report_delivered delivered
unconfirmed  report_failed    bounced
held         release          queued
held         retry            queued
held         cancel           cancelled
held         suppress         suppressed
held         expire           expired
held         show             shown_in_chat
held         report_delivered delivered
held         report_failed    bounced
sent         report_delivered delivered
sent         report_failed    bounced
delivered    report_delivered delivered
delivered    report_failed    bounced
bounced      report_failed    bounced
expired      report_delivered delivered
expired      report_failed    bounced
suppressed   send_anyway      queued
"""
LEGAL = {
    (State(state), Step(taken)): State(after)
    for state, taken, after in (line.split() for line in STEPS.strip().splitlines())
}


@pytest.mark.parametrize(("state", "taken"), LEGAL)
def test_a_step_leads_where_the_table_says(state, taken):
    assert step(state, taken) is LEGAL[state, taken]
    assert may(state, taken)


@pytest.mark.parametrize(
    ("state", "taken"),
    [(state, taken) for state in State for taken in Step if (state, taken) not in LEGAL],
)
def test_any_other_step_is_illegal(state, taken):
    assert not may(state, taken)
    with pytest.raises(IllegalStep):
        step(state, taken)


def test_every_state_has_its_row():
    assert set(TABLE) == set(State)


def test_states_are_the_words_of_the_api():
    assert {state.value for state in State} == {
        "queued",
        "sending",
        "deferred",
        "sent",
        "delivered",
        "bounced",
        "expired",
        "suppressed",
        "cancelled",
        "held",
        "unconfirmed",
        "shown_in_chat",
    }


def test_nothing_is_tried_again_by_itself_after_a_final_state():
    asked_for = {Step.SEND_ANYWAY, Step.REPORT_DELIVERED, Step.REPORT_FAILED}
    for state in FINAL:
        assert set(TABLE[state]) <= asked_for
        assert not may(state, Step.RETRY)


def test_final_states_are_left_alone_and_the_others_come_to_an_end():
    for state in set(State) - FINAL:
        reached, todo = set(), [state]
        while todo:
            current = todo.pop()
            reached.add(current)
            todo += [after for after in TABLE[current].values() if after not in reached]
        assert reached & FINAL


def test_what_may_be_claimed_can_take_the_step():
    assert {state for state in State if may(state, Step.CLAIM)} == CLAIMABLE
