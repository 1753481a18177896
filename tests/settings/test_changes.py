from dataclasses import replace
from datetime import timedelta

from gateway.settings import Changes, Route, Settings, TenantFile, diff

OLD = Settings()


def test_equal_settings_have_no_changes():
    changes = diff(OLD, Settings())
    assert (changes, bool(changes)) == (Changes(), False)


def test_changes_are_live_or_wait_for_a_restart():
    new = replace(
        OLD,
        server=replace(OLD.server, readers=3),
        relay=replace(OLD.relay, delay_notice=timedelta(hours=1), routes=(Route(domain="*"),)),
        tenant=(TenantFile(name="Acme"),),
    )
    assert diff(OLD, new) == Changes(
        live=("relay.delay_notice", "relay.routes", "tenant"), restart=("server.readers",)
    )
