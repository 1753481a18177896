import pytest

from gateway.rules.bounces import Verdict, classify


def told(verdict):
    return (verdict.kind, verdict.key, verdict.suppress)


@pytest.mark.parametrize(
    ("enhanced", "code", "text", "verdict"),
    [
        ("5.1.1", 550, "User unknown", ("hard", "no_such_address", "now")),
        ("5.1.10", 550, "Recipient not found", ("hard", "no_such_address", "now")),
        ("5.1.10", 556, "Domain has a null MX", ("hard", "no_such_domain", "now")),
        ("5.1.2", 550, "", ("hard", "no_such_domain", "now")),
        ("5.1.3", 501, "bad syntax", ("hard", "bad_syntax", "now")),
        ("5.1.6", 551, "has moved", ("hard", "address_moved", "never")),
        ("5.2.1", 550, "", ("hard", "mailbox_off", "now")),
        ("5.2.2", 552, "Mailbox full", ("soft", "mailbox_full", "count")),
        ("4.2.2", 452, "Mailbox full", ("soft", "mailbox_full", "count")),
        ("5.2.3", 552, "", ("soft", "too_large", "never")),
        ("5.3.4", 552, "", ("soft", "too_large", "never")),
        ("4.4.1", None, "", ("soft", "unreachable", "never")),
        ("5.4.4", None, "Host not found", ("hard", "no_such_domain", "now")),
        ("4.4.4", None, "", ("soft", "unreachable", "never")),
        ("5.4.6", 554, "Too many hops", ("soft", "loop", "never")),
        ("4.7.1", 451, "Please try again", ("soft", "greylisted", "never")),
        ("4.7.0", 421, "", ("soft", "rate", "never")),
        ("4.7.28", 421, "", ("soft", "rate", "never")),
        ("5.7.1", 550, "Access denied", ("policy", "policy", "never")),
        ("5.7.1", 550, "User unknown", ("policy", "policy", "never")),
        ("5.7.1", 554, "Message identified as spam", ("policy", "spam", "never")),
        ("5.7.1", 554, "blocked using zen.spamhaus.org", ("policy", "blocklist", "never")),
        ("5.7.26", 550, "", ("policy", "auth_failed", "never")),
        ("5.7.10", 530, "", ("policy", "tls", "never")),
        ("5.7.606", 550, "Access denied, banned sending IP", ("policy", "blocklist", "never")),
        ("5.1.1", 550, "Rejected, listed at bl.spamcop.net", ("policy", "blocklist", "never")),
        ("5.0.0", 550, "No such user here", ("hard", "no_such_address", "now")),
        ("5.0.0", 554, "account has been disabled", ("hard", "mailbox_off", "now")),
        ("5.0.0", 550, "administrative prohibition", ("policy", "policy", "never")),
        (None, 550, "Requested action not taken: mailbox unavailable",
         ("hard", "no_such_address", "now")),
        (None, 552, "", ("soft", "too_large", "never")),
        (None, 550, "", ("soft", "unknown", "never")),
        (None, None, "retry timeout exceeded", ("soft", "unreachable", "never")),
        (None, None, "Empfänger unbekannt", ("hard", "no_such_address", "now")),
        (None, None, "neznámý příjemce", ("hard", "no_such_address", "now")),
        (None, 451, "Greylisted, come back later", ("soft", "greylisted", "never")),
        (None, None, "", ("soft", "unknown", "never")),
    ],
)  # fmt: skip
def test_a_refusal_is_understood(enhanced, code, text, verdict):
    assert told(classify(enhanced=enhanced, code=code, text=text)) == verdict


@pytest.mark.parametrize(
    ("enhanced", "text", "status"),
    [
        pytest.param("5.0.0", "550 5.2.2 Mailbox full", "5.2.2", id="a general one gives way"),
        pytest.param(
            "5.1.1", "550 5.7.1 IP address blacklisted", "5.7.1",
            id="one made of the code gives way to the server's own",
        ),
        pytest.param(
            "4.4.7", "554 4.4.7 expired <421 4.4.2 timed out>", "4.4.2", id="expired gives way"
        ),
        pytest.param("5.1.1", "550 no", "5.1.1", id="the stated one"),
        pytest.param(None, "550 #5.1.1 unknown", "5.1.1", id="one in the words"),
        pytest.param("5.01.001", "", "5.1.1", id="leading zeros"),
        pytest.param(None, "user unknown", "5.1.1", id="derived from the reason"),
        pytest.param(None, "host 192.5.1.1 said no", "5.0.0", id="an address is no status"),
    ],
)  # fmt: skip
def test_the_status_that_tells_most_counts(enhanced, text, status):
    assert classify(enhanced=enhanced, code=None, text=text).enhanced == status


@pytest.mark.parametrize(
    ("enhanced", "code", "action", "permanent"),
    [
        ("5.1.1", None, "failed", True),
        ("4.4.7", None, "failed", False),
        (None, 550, "failed", True),
        (None, 451, "failed", False),
        (None, None, "failed", True),
        (None, None, "delayed", False),
    ],
)
def test_the_class_of_the_status_says_whether_it_is_permanent(enhanced, code, action, permanent):
    verdict = classify(enhanced=enhanced, code=code, text="", action=action)
    assert verdict.permanent is permanent


def test_what_is_still_tried_is_delayed_and_suppresses_nobody():
    assert classify(enhanced="4.2.2", code=452, text="full", action="delayed") == Verdict(
        kind="delayed",
        key="mailbox_full",
        enhanced="4.2.2",
        permanent=False,
        suppress="never",
    )


def test_the_recipients_own_name_says_nothing():
    text = "<spam.policy@user-unknown.example>: mailbox is full"
    assert classify(enhanced=None, code=550, text=text).key == "mailbox_full"


@pytest.mark.parametrize(
    ("enhanced", "code", "text", "reason"),
    [
        ("5.7.8", 535, "Username and password not accepted", "own_login"),
        ("", 530, "Authentication required", "own_login"),
        ("5.7.0", 530, "Must issue a STARTTLS command first", "tls"),
        ("5.4.5", 550, "Daily sending quota exceeded", "own_quota"),
        ("4.3.1", 452, "", "own_quota"),
        ("5.1.1", 550, "User unknown", "no_such_address"),
    ],
)
def test_a_server_that_we_sign_in_to_may_mean_us(enhanced, code, text, reason):
    verdict = classify(enhanced=enhanced, code=code, text=text, own_server=True)
    assert verdict.key == reason
