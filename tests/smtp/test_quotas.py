"""What sessions share: connections and failures to sign in."""

from ipaddress import ip_network

import pytest

from gateway.runtime.failures import MOST_KEYS, SignInFailures
from gateway.runtime.networks import is_within, network_of, plain_address
from gateway.smtp.quotas import Connections, Dismissals


@pytest.mark.parametrize(
    ("address", "plain", "network"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:1::7", "2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
    ],
)
def test_addresses_and_the_networks_they_count_for(address, plain, network):
    assert (plain_address(address), network_of(plain_address(address))) == (plain, network)


def test_an_address_is_within_networks_of_its_own_kind():
    networks = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    found = [is_within(address, networks) for address in ("127.1.2.3", "::1", "::2", "128.0.0.1")]
    assert found == [True, True, False, False]


def test_connections_are_counted_in_all_and_by_network():
    connections = Connections(most=3, most_each=2)
    assert [connections.enter("a") for _ in range(3)] == [True, True, False]
    assert [connections.enter("b") for _ in range(2)] == [True, False]
    assert connections.is_full
    connections.leave("a")
    assert not connections.is_full
    assert connections.enter("b")


def test_places_are_scarce_when_three_in_four_are_taken():
    connections = Connections(most=4, most_each=4)
    crowded = []
    for _ in range(4):
        connections.enter("a")
        crowded.append(connections.is_crowded)
    assert crowded == [False, False, False, True]


def test_those_who_have_not_signed_in_leave_four_in_five_places_to_others():
    connections = Connections(most=10, most_each=10)
    assert [connections.wait_for_sign_in() for _ in range(3)] == [True, True, False]
    connections.sign_in()
    assert connections.wait_for_sign_in()


def failures(*tries: tuple[str, str, float]) -> SignInFailures:
    found = SignInFailures(most=2, window=600, delay=1)
    for login, network, at in tries:
        found.count(login, network, at)
    return found


@pytest.mark.parametrize(
    ("count", "delay"),
    [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (6, 8), (7, None), (99, None)],
)
def test_failures_of_a_network_delay_and_then_refuse_whatever_the_login(count, delay):
    found = failures(*[(f"login{number}", "net", 0.0) for number in range(count)])
    assert found.delay("another", "net", 1.0) == delay


def test_failures_with_a_login_delay_its_owner_and_refuse_who_failed():
    found = failures(*[("acme", f"net{number}", 0.0) for number in range(50)])
    assert found.delay("acme", "home", 1.0) == 8
    assert found.delay("acme", "net7", 1.0) is None
    assert found.delay("other", "net7", 1.0) == 0


def test_failures_are_forgotten_after_the_window():
    found = failures(*[("acme", "net", 0.0)] * 9)
    assert found.delay("acme", "net", 599.0) is None
    assert found.delay("acme", "net", 601.0) == 0


def test_what_is_remembered_is_bounded():
    found = failures()
    for number in range(MOST_KEYS):
        found.count(f"login{number}", "net", 0.0)
    assert len(found._times) == MOST_KEYS
    assert found.delay("other", "net", 1.0) is None


def test_networks_whose_sessions_end_for_errors_are_greeted_late_for_a_while():
    dismissals = Dismissals(borne=2, window=60, delay=3)
    dismissals.count("a", 0)
    assert dismissals.delay("a", 1) == 0
    dismissals.count("a", 10)
    assert (dismissals.delay("a", 11), dismissals.delay("b", 11)) == (3, 0)
    assert dismissals.delay("a", 60) == 0
    dismissals.count("a", 61)
    assert dismissals.delay("a", 62) == 3


def test_the_networks_that_were_sent_away_longest_ago_are_forgotten():
    dismissals = Dismissals(borne=1, window=60, delay=3)
    for number in range(MOST_KEYS + 1):
        dismissals.count(str(number), 0)
    assert (dismissals.delay("0", 1), dismissals.delay("1", 1)) == (0, 3)
