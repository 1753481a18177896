import pytest

from gateway.ports.lists import BadCursor, Page
from gateway.rules.audit import Actor, AuditEntry, Changed
from tests.store.make import ACME, BOLT, DAY, HOUR, NINE, tenant

KEY = Actor("key", "key_1", "pr_live_a2b3", "192.0.2.7")
CHANGED = Changed(("locale", "notify_address"), {"locale": "en"}, {"locale": "sk"})
FIRST = AuditEntry("aud_1", NINE, ACME, KEY, "profile.changed", ACME, CHANGED)
OTHER = AuditEntry("aud_2", NINE, BOLT, Actor("file"), "company.added", BOLT)
HOUSE = AuditEntry("aud_3", NINE, None, Actor("command line"), "key.added", "key_2")
LAST = AuditEntry("aud_4", NINE, ACME, KEY, "key.revoked", "key_1")


@pytest.fixture
def log(store):
    store.write(lambda work: (work.tenants.add(tenant()), work.tenants.add(tenant(BOLT, "bolt"))))
    for entry in (FIRST, OTHER, HOUSE, LAST):
        store.write(lambda work, entry=entry: work.audit.add(entry))
    return store


def test_entries_are_listed_newest_first_of_a_company_or_of_all(log):
    def listed(tenant_id):
        return list(log.read(lambda work: work.audit.page(tenant_id, Page(10))).items)

    assert listed(ACME) == [LAST, FIRST]
    assert listed(BOLT) == [OTHER]
    assert listed(None) == [LAST, HOUSE, OTHER, FIRST]


def test_entries_are_forgotten_after_three_years(log):
    def kept():
        return list(log.read(lambda work: work.audit.page(None, Page(10))).items)

    assert log.write(lambda work: work.forget_past(NINE + 3 * 365 * DAY)) == 0
    later = AuditEntry("aud_5", NINE + DAY, ACME, KEY, "key.added", "key_3")
    log.write(lambda work: work.audit.add(later))
    assert log.write(lambda work: work.forget_past(NINE + 3 * 365 * DAY + HOUR)) == 4
    assert kept() == [later]


def test_a_cursor_leads_to_the_older_entries(log):
    first = log.read(lambda work: work.audit.page(ACME, Page(1)))
    second = log.read(lambda work: work.audit.page(ACME, Page(1, first.next_cursor)))
    assert (list(first.items), list(second.items), second.next_cursor) == ([LAST], [FIRST], None)
    with pytest.raises(BadCursor):
        log.read(lambda work: work.audit.page(ACME, Page(1, "x")))


def test_an_entry_goes_when_the_change_that_it_tells_of_is_undone(log):
    def fail(work):
        work.audit.add(AuditEntry("aud_5", NINE, ACME, KEY, "key.added", "key_3"))
        raise LookupError("refused")

    with pytest.raises(LookupError):
        log.write(fail)
    assert log.read(lambda work: work.audit.page(ACME, Page(1))).items[0] == LAST
