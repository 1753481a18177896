from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.settings import BadSettings, HostPort, Route, Secret, Settings, examine, find, load
from gateway.settings.load import read


def holds(text: str, environ: dict[str, str] | None = None) -> Settings:
    """Return the settings of a text; fails on its mistakes."""
    loaded = read(Path("postroom.toml"), text.encode(), {}, environ or {})
    assert loaded.mistakes == ()
    return loaded.settings


def wrong(text: str, environ: dict[str, str] | None = None) -> list[str]:
    return [str(each) for each in read(Path("c.toml"), text.encode(), {}, environ or {}).mistakes]


def test_an_empty_file_holds_the_defaults():
    assert holds("") == Settings()


def test_the_defaults_are_those_of_the_contract():
    defaults = Settings()
    assert (
        defaults.server.hostname,
        defaults.server.data_dir,
        defaults.server.secret,
        defaults.listen.mx,
        defaults.domains.reply,
        defaults.relay.retry[-1],
        defaults.relay.give_up_after,
        defaults.limits.message,
        defaults.limits.auth_failures.per,
        defaults.webhooks.retry[0],
        defaults.inbound.keep_raw,
        defaults.tenant,
    ) == (
        "mail.example.com",
        Path("var"),
        Secret(file=Path("var/secret")),
        (HostPort("127.0.0.1", 2525),),
        "reply.example.com",
        timedelta(hours=12),
        timedelta(days=4),
        25 * 2**20,
        timedelta(minutes=10),
        timedelta(seconds=5),
        timedelta(days=365),
        (),
    )


def test_a_route_keeps_what_is_not_set_to_the_relay():
    text = '[[relay.routes]]\ndomain = "*.example.org"\nhold = true\n'
    assert holds(text).relay.routes == (Route(domain="*.example.org", hold=True),)


def test_routes_keep_their_order():
    text = '[[relay.routes]]\ndomain = "a.test"\n[[relay.routes]]\ndomain = "*"\n'
    assert [route.domain for route in holds(text).relay.routes] == ["a.test", "*"]


def test_a_key_of_a_later_version_is_accepted_at_its_default():
    text = "[inbound]\nverify = true\nclamd = ''\n[webhooks]\ntimeout = '15s'\n"
    assert holds(text) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "table", "key", "expected"),
    [
        ("SERVER__DATA_DIR", "/srv/postroom", "server", "data_dir", Path("/srv/postroom")),
        ("SERVER__DATA_DIR", '"/srv/x"', "server", "data_dir", Path("/srv/x")),
        ("SERVER__READERS", " 3 ", "server", "readers", 3),
        ("LIMITS__IDLE", "90s", "limits", "idle", timedelta(seconds=90)),
        ("LISTEN__METRICS", "", "listen", "metrics", ()),
        ("LISTEN__MX", "127.0.0.1:0", "listen", "mx", (HostPort("127.0.0.1", 0),)),
        (
            "LISTEN__MX",
            "127.0.0.1:0, [::1]:25",
            "listen",
            "mx",
            (HostPort("127.0.0.1", 0), HostPort("::1", 25)),
        ),
        ("LISTEN__MX", '["127.0.0.1:1"]', "listen", "mx", (HostPort("127.0.0.1", 1),)),
        ("RELAY__ROUTES", '[{ domain = "*" }]', "relay", "routes", (Route(domain="*"),)),
        ("SERVER__ADMIN_KEY", "123456", "server", "admin_key", Secret("123456")),
        ("SERVER__ADMIN_KEY", '{ env = "KEY" }', "server", "admin_key", Secret("k", env="KEY")),
    ],
)
def test_the_environment_overrides_the_file(variable, value, table, key, expected):
    text = '[server]\ndata_dir = "elsewhere"\nreaders = 7\n'
    found = holds(text, {f"POSTROOM_{variable}": value, "KEY": "k"})
    assert getattr(getattr(found, table), key) == expected


def test_variables_that_are_no_settings_are_left_alone():
    environ = {"POSTROOM_CONFIG": "x", "POSTROOM_TEST_ALL": "1", "HOME__X": "y"}
    assert holds("", environ) == Settings()


def test_mistakes_in_the_environment_come_after_those_of_the_file():
    environ = {"POSTROOM_SERVER__DATADIR": "x", "POSTROOM_LIMITS__IDLE": "300"}
    with pytest.raises(BadSettings) as caught:
        raise BadSettings(read(Path("c.toml"), b"[dns]\nx = 1\n", {}, environ).mistakes)
    assert caught.value.format() == (
        "c.toml: 1 mistake\n"
        "  c.toml:2:1: [dns] x is not a setting\n"
        "environment: 2 mistakes\n"
        "  $POSTROOM_SERVER__DATADIR: [server] datadir is not a setting; "
        "did you mean POSTROOM_SERVER__DATA_DIR?\n"
        '  $POSTROOM_LIMITS__IDLE: [limits] idle = "300" is not a duration: '
        'write a number and a unit, such as "30m" or "5d"'
    )


def test_an_override_is_blamed_in_place_of_the_line_that_it_hides():
    text = '[listen]\nmx = ["127.0.0.1:1", "x"]\n'
    assert wrong(text, {"POSTROOM_LISTEN__MX": "127.0.0.1:1,y"}) == [
        (
            '$POSTROOM_LISTEN__MX: [listen] mx: "y" has no port: '
            'write an address and a port, such as "127.0.0.1:2525"'
        )
    ]


@pytest.mark.parametrize("value", ['[{ domain = "*" }', "1\nother = 2", "[" * 5000, "["])
def test_a_variable_that_is_not_toml_is_a_mistake(value):
    assert wrong("", {"POSTROOM_RELAY__ROUTES": value})


def test_a_mistake_hides_what_would_follow_from_it():
    text = '[domains]\nsender = "not a name"\nreply = "mail.example.com"\n'
    assert len(wrong(text)) == 1


def test_a_file_that_is_no_toml_hides_what_would_follow_from_it():
    assert len(wrong("[domains]\nreply =", {"POSTROOM_DOMAINS__REPLY": "mail.example.com"})) == 1


def test_a_secret_may_stand_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("  s3cret \n")
    text = f'[server]\nadmin_key = {{ file = "{file}" }}\n'
    assert holds(text).server.admin_key == Secret("s3cret", file=file)


def test_a_database_url_may_stand_in_the_environment():
    found = holds(
        '[server]\ndatabase_url = { env = "URL" }\n', {"URL": "postgresql://u:p@h/d"}
    ).server.database_url
    assert found == Secret("postgresql://u:p@h/d", env="URL")


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * 20_000])
def test_a_secret_file_without_a_secret_is_a_mistake(tmp_path, content):
    file = tmp_path / "key"
    file.write_bytes(content)
    (mistake,) = wrong(f'[server]\nadmin_key = {{ file = "{file}" }}\n')
    assert "c.toml:2:1: [server] admin_key is kept in" in mistake


def test_secrets_never_show_in_a_representation():
    environ = {"POSTROOM_SERVER__ADMIN_KEY": "hunter2"}
    assert "hunter2" not in repr(holds("", environ))


def test_the_secret_may_be_missing_before_the_first_start():
    text = '[server]\nsecret = { file = "no/such/file" }\n'
    assert holds(text).server.secret == Secret(file=Path("no/such/file"))


COMPANY = '[[tenant]]\nname = "{}"\n'


def test_companies_stand_in_the_file_and_in_files_beside_it():
    companies = {"b.toml": COMPANY.format("B").encode(), "c.toml": COMPANY.format("C").encode()}
    loaded = read(Path("a.toml"), COMPANY.format("A").encode(), companies, {})
    assert [company.name for company in loaded.settings.tenant] == ["A", "B", "C"]
    assert str(loaded.place("tenant", 2, "name")) == "c.toml:2:1"


def test_mistakes_in_files_of_companies_have_their_place():
    companies = {
        "b.toml": b'[[tenant]]\nname = "B"\nslugg = "b"\n[server]\nreaders = 1\n',
        "c.toml": b'[tenant]\nname = "C"\n',
        "d.toml": b"[[tenant]",
        "e.toml": PermissionError(13, "Permission denied"),
    }
    loaded = read(Path("a.toml"), b"", companies, {})
    assert BadSettings(loaded.mistakes).format().splitlines() == [
        "b.toml: 2 mistakes",
        "  b.toml:3:1: [tenant] slugg is not a setting; did you mean slug?",
        "  b.toml:4:1: server has no place here: a file of tenants.d holds [[tenant]] only",
        "c.toml: 1 mistake",
        "  c.toml:1:1: [tenant] is not an array of tables: write [[tenant]] above each",
        "d.toml: 1 mistake",
        "  d.toml:1:9: is not TOML: Expected ']]' at the end of an array declaration",
        "e.toml: 1 mistake",
        "  e.toml: can't be read: Permission denied",
    ]


def test_a_company_of_two_files_is_told_where_it_comes_again():
    companies = {"b.toml": COMPANY.format("Acme").encode()}
    (mistake,) = read(Path("a.toml"), COMPANY.format("ACME").encode(), companies, {}).mistakes
    assert str(mistake).startswith('b.toml:1:1: [tenant] slug "acme" is also that of "ACME"')


def test_the_first_configuration_that_is_there_holds(tmp_path):
    usual, other = tmp_path / "usual.toml", tmp_path / "other.toml"
    found = [find(None, {}, (usual, other))]
    other.touch()
    found.append(find(None, {}, (usual, other)))
    usual.touch()
    found.append(find(None, {}, (usual, other)))
    found.append(find(None, {"POSTROOM_CONFIG": "named.toml"}, (usual, other)))
    found.append(find(Path("given.toml"), {"POSTROOM_CONFIG": "named.toml"}, (usual, other)))
    assert found == [None, other, usual, Path("named.toml"), Path("given.toml")]


def test_what_is_named_must_be_there(tmp_path):
    with pytest.raises(BadSettings, match=r"missing\.toml: can't be read: No such file"):
        load(tmp_path / "missing.toml", environ={})


def test_files_of_companies_are_read_in_their_order(tmp_path):
    config = tmp_path / "postroom.toml"
    config.touch()
    directory = tmp_path / "tenants.d"
    directory.mkdir()
    for name in ("b.toml", "a.toml", ".hidden.toml", "c.toml.bak"):
        (directory / name).write_text(COMPANY.format(name))
    loaded = load(config, environ={})
    assert [company.name for company in loaded.settings.tenant] == ["a.toml", "b.toml"]


def test_a_directory_of_companies_that_is_none_is_told(tmp_path):
    config = tmp_path / "postroom.toml"
    config.touch()
    (tmp_path / "tenants.d").touch()
    (mistake,) = examine(config, environ={}).mistakes
    assert "tenants.d: can't be read: Not a directory" in str(mistake)


_TABLES = st.sampled_from(["server", "listen", "relay", "limits", "tenant", "domains", "x"])
_NAMES = st.sampled_from(
    [
        "hostname",
        "mx",
        "routes",
        "retry",
        "idle",
        "secret",
        "next_hop",
        "name",
        "keys",
        "x",
        "brand",
    ]
)
_RAW = st.sampled_from(
    ["1", "''", '"5m"', "[]", "[1]", "{}", "{ file = '/dev/null' }", "[{ name = 'x' }]", "nan"]
)
_TOML = st.lists(
    st.one_of(
        _TABLES.map("[{}]".format),
        _TABLES.map("[[{}]]".format),
        st.tuples(_NAMES, _RAW).map(" = ".join),
        st.text(max_size=20),
    ),
    max_size=10,
).map("\n".join)


@settings(deadline=None)
@given(st.one_of(_TOML.map(str.encode), st.binary(max_size=200)), _TOML.map(str.encode))
def test_any_text_gives_settings_or_mistakes(content, company):
    loaded = read(Path("c.toml"), content, {"d.toml": company}, {})
    for mistake in loaded.mistakes:
        assert "\n" not in str(mistake)
        assert str(mistake).isprintable()
    if not loaded.mistakes:
        assert isinstance(loaded.settings, Settings)


@given(
    st.dictionaries(
        st.sampled_from(["POSTROOM_RELAY__ROUTES", "POSTROOM_LISTEN__MX", "POSTROOM_X__Y"]),
        st.text(),
    )
)
def test_any_environment_gives_settings_or_mistakes(environ):
    assert all(str(mistake).isprintable() for mistake in read(None, None, {}, environ).mistakes)
