from pathlib import Path

import pytest

from gateway.settings import Settings
from gateway.settings.declaration import walk
from gateway.settings.explain import explain, holdings, show
from gateway.settings.load import read
from gateway.settings.names import find, similar


def loaded(text: str, environ: dict[str, str] | None = None):
    return read(Path("c.toml"), text.encode(), {}, environ or {})


def test_a_setting_is_explained_by_its_declaration():
    assert explain(("relay", "give_up_after")).splitlines() == [
        "[relay] give_up_after",
        "  After so long deferred mail expires.",
        '  type      duration, such as "90s", "5m" or "3d"',
        '  default   "4d"',
        '  example   give_up_after = "5d"',
        "  override  POSTROOM_RELAY__GIVE_UP_AFTER",
        "  change    by reload (SIGHUP)",
        "  since     0.1",
    ]


def test_a_setting_that_takes_a_restart_says_so():
    assert "by restart" in explain(("server", "data_dir"))


def test_a_setting_of_a_later_version_says_so():
    assert "Not available in this version" in explain(("server", "blob_url"))


@pytest.mark.parametrize("path", [path for path, _ in walk(Settings)], ids=".".join)
def test_everything_that_is_declared_can_be_explained(path):
    assert explain(path).startswith("[")


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("relay.give_up_after", [("relay", "give_up_after")]),
        ("[relay] give_up_after", [("relay", "give_up_after")]),
        ("give_up_after", [("relay", "give_up_after")]),
        ("Relay", [("relay",)]),
        ("POSTROOM_RELAY__GIVE_UP_AFTER", [("relay", "give_up_after")]),
        ("relay.routes.domain", [("relay", "routes", "domain")]),
        ("timeout", [("webhooks", "timeout"), ("dns", "timeout")]),
        ("give_up", []),
        ("", []),
    ],
)
def test_a_setting_is_found_by_its_names(name, paths):
    assert find(name) == paths


@pytest.mark.parametrize(
    ("name", "near"),
    [("relay.give_up", "relay.give_up_after"), ("hostnam", "server.hostname"), ("xyzzy", None)],
)
def test_an_unknown_name_has_a_similar_one(name, near):
    assert similar(name) == near


TEXT = """\
[server]
admin_key = "hunter2"
readers = 1
database_url = "postgresql://user:hunter2@host/db"
[limits]
idle = "300s"
message = "1MiB"
[[relay.routes]]
domain = "a.test"
next_hop = "smtp://user:hunter2@h"
[[relay.routes]]
domain = "b.test"
next_hop = { env = "HOP" }
[[tenant]]
name = "Acme s.r.o."
brand.color = "#112233"
keys = [{ key = "hunter2hunter2" }]
"""


def test_what_differs_is_shown_with_its_place_and_without_secrets():
    found = loaded(TEXT, {"HOP": "smtp://u:hunter2@h", "POSTROOM_DNS__TIMEOUT": "1s"})
    assert show(found, non_default=True).splitlines() == [
        "[server]",
        'database_url = "postgresql://user:…@host/db"  # c.toml:4:1',
        'admin_key = "…"  # c.toml:2:1',
        "",
        "[limits]",
        'message = "1MiB"  # c.toml:7:1',
        "",
        "[dns]",
        'timeout = "1s"  # $POSTROOM_DNS__TIMEOUT',
        "",
        "[[relay.routes]]",
        'domain = "a.test"  # c.toml:9:1',
        'next_hop = "smtp://user:…@h"  # c.toml:10:1',
        "",
        "[[relay.routes]]",
        'domain = "b.test"  # c.toml:12:1',
        'next_hop = { env = "HOP" }  # c.toml:13:1',
        "",
        "[[tenant]]",
        'name = "Acme s.r.o."  # c.toml:15:1',
        "",
        "[tenant.brand]",
        'color = "#112233"  # c.toml:16:7',
        "",
        "[[tenant.keys]]",
        'key = "…"  # c.toml:17:11',
    ]


def test_every_setting_is_shown_and_can_be_read_again():
    again = read(Path("d.toml"), show(loaded("")).encode(), {}, {})
    assert (again.mistakes, again.settings) == ((), Settings())


def test_a_default_that_is_written_is_still_a_default():
    held = {each.path: each for each in holdings(loaded(TEXT))}
    readers = held["server", "readers"]
    assert (readers.is_default, readers.source) == (True, "c.toml:3:1")
