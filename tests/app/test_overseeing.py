"""What the admin page says of the last look at the gateway's own DNS records."""

from datetime import UTC, datetime

from gateway.app.doctor.findings import Health
from gateway.app.overseeing import published
from gateway.rules.dns_drift import Known, Look
from gateway.rules.dns_verdicts import Published

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MX = "MX reply.example.com"


def said(state, *, drifted=False, unanswered=0):
    found = published(Look(NOW, {MX: Known(state, NOW, drifted)}, unanswered))
    return found.state, found.detail


def test_before_the_first_look_it_says_so():
    assert published(Look()).state is Health.SKIPPED


def test_a_look_is_told_by_its_worst():
    at = "looked at 2026-11-22 09:00 UTC"
    assert said(Published.OK) == (Health.OK, f"1 records stand as they should; {at}")
    assert said(Published.OK, unanswered=2) == (
        Health.WARNING,
        f"DNS did not answer about 2 records; {at}",
    )
    assert said(Published.MISSING) == (Health.WARNING, f"1 records are not published; {at}")
    assert said(Published.DIFFERS, drifted=True) == (
        Health.FAILED,
        f"broken: {MX} since 2026-11-22; {at}",
    )
