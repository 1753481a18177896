from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.ports.lists import Taken
from gateway.rules.team import Role, SavedReply, User
from tests.store.make import ACME, BOLT, NINE, tenant

EVA = User("usr_1", ACME, "Eva@acme.test", "Eva Biela", Role.OWNER, NINE)
ADAM = User("usr_2", ACME, "adam", "Adam", Role.READER, NINE, hash="$argon2", password_at=NINE)
THANKS = SavedReply("rpl_1", ACME, "Thanks", "Thank you!", NINE)


@pytest.fixture
def team(store):
    store.write(lambda work: (work.tenants.add(tenant()), work.tenants.add(tenant(BOLT, "bolt"))))
    assert store.read(lambda work: work.team.is_used()) is False
    store.write(lambda work: (work.team.add(EVA), work.team.add(ADAM)))
    return store


def test_users_are_found_by_company_and_by_login_whatever_its_letter_case(team):
    assert team.read(lambda work: work.team.all(ACME)) == [ADAM, EVA]
    assert team.read(lambda work: work.team.all(BOLT)) == []
    assert team.read(lambda work: work.team.get(ACME, "usr_1")) == EVA
    assert team.read(lambda work: work.team.get(BOLT, "usr_1")) is None
    assert team.read(lambda work: work.team.by_login("eva@ACME.test")) == EVA
    assert team.read(lambda work: work.team.by_login("nobody")) is None
    assert team.read(lambda work: work.team.is_used()) is True


def test_a_login_has_one_person_until_that_person_is_removed(team):
    other = replace(EVA, id="usr_3", tenant_id=BOLT, login="EVA@acme.test")
    with pytest.raises(Taken) as taken:
        team.write(lambda work: work.team.add(other))
    assert taken.value.field == "login"
    assert team.write(lambda work: work.team.remove(BOLT, "usr_1", NINE)) is False
    assert team.write(lambda work: work.team.remove(ACME, "usr_1", NINE)) is True
    assert team.write(lambda work: work.team.remove(ACME, "usr_1", NINE)) is False
    team.write(lambda work: work.team.add(other))
    assert team.read(lambda work: work.team.by_login("eva@acme.test")) == other


def test_what_changes_of_a_user_is_stored(team):
    later = NINE + timedelta(hours=1)
    changed = replace(EVA, name="Eva B.", role=Role.MEMBER, hash="$new", password_at=later)
    team.write(lambda work: work.team.change(changed))
    assert team.read(lambda work: work.team.get(ACME, "usr_1")) == changed


def test_saved_replies_belong_to_one_company(team):
    team.write(lambda work: work.team.save_reply(THANKS))
    changed = replace(THANKS, title="Thank you", text="Thanks a lot!")
    team.write(lambda work: work.team.save_reply(changed))
    team.write(lambda work: work.team.save_reply(replace(changed, tenant_id=BOLT, text="stolen")))
    assert team.read(lambda work: work.team.replies(ACME)) == [changed]
    assert team.read(lambda work: work.team.replies(BOLT)) == []
    assert team.write(lambda work: work.team.remove_reply(BOLT, "rpl_1")) is False
    assert team.write(lambda work: work.team.remove_reply(ACME, "rpl_1")) is True
    assert team.read(lambda work: work.team.replies(ACME)) == []
