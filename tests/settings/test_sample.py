import shutil
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

from gateway.settings import Settings, load
from gateway.settings.declaration import Key, walk
from gateway.settings.load import read
from gateway.settings.sample import sample
from gateway.settings.unit import Installation, unit
from tests.skips import missing

CONFIG = Path(__file__).parents[2] / "config"


def test_the_sample_of_the_repository_is_fresh():
    fresh = sample()
    assert (CONFIG / "postroom.toml").read_text(encoding="utf-8") == fresh, (
        "renew it: python -m gateway.settings.sample > config/postroom.toml"
    )


def test_the_sample_holds_the_defaults():
    assert load(CONFIG / "postroom.toml", environ={}).settings == Settings()


def test_the_sample_names_every_key_outside_of_arrays():
    tree = tomllib.loads(sample())
    arrays = {("relay", "routes"), ("tenant",)}
    named = {
        path
        for path, entry in walk(Settings)
        if isinstance(entry, Key) and not {path[:1], path[:2]} & arrays
    }
    assert named == {(table, key) for table, keys in tree.items() for key in keys}


def test_the_commented_arrays_become_a_valid_configuration(tmp_path):
    lines = sample().splitlines()
    taken: list[str] = []
    for start in ("# [[relay.routes]]", "# [[tenant]]"):
        first = lines.index(start)
        taken += lines[first : lines.index("", first)]
    text = "\n".join(line.removeprefix("# ") for line in taken)
    for name in ("acme.smtp", "acme.key", "acme.password"):
        (tmp_path / name).write_text("a long secret")
    text = text.replace("/etc/postroom", str(tmp_path))
    loaded = read(Path("c.toml"), text.encode(), {}, {})
    assert (loaded.mistakes, len(loaded.settings.relay.routes), len(loaded.settings.tenant)) == (
        (),
        1,
        1,
    )


def test_values_stand_in_place_of_defaults():
    text = sample({"server.hostname": "mail.example.net", "server.secret": {"file": "x/y"}})
    found = read(Path("c.toml"), text.encode(), {}, {}).settings
    defaults = Settings()
    assert found == replace(
        defaults,
        server=replace(
            defaults.server,
            hostname="mail.example.net",
            secret=replace(defaults.server.secret, file=Path("x/y")),
        ),
    )


def test_the_lines_of_the_sample_are_short_where_they_are_comments():
    assert all(len(line) <= 100 for line in sample().splitlines() if " = " not in line)


def test_the_unit_of_the_repository_is_fresh():
    assert (CONFIG / "systemd" / "postroom.service").read_text() == unit(Installation()), (
        "renew it: python -m gateway.settings.unit > config/systemd/postroom.service"
    )


def test_a_unit_quotes_what_systemd_would_split():
    text = unit(Installation(config=Path('/srv/a b/100%"/p.toml'), state=""))
    assert r'serve --config "/srv/a b/100%%\"/p.toml"' in text


def test_a_unit_sees_no_home_but_the_one_that_it_lives_in():
    at_home = Installation(program="/home/jana/.venv/bin/postroom")
    assert "ProtectHome=yes\n" in unit(Installation())
    assert "ProtectHome=read-only\n" in unit(at_home)


def test_the_unit_is_locked_in_as_far_as_systemd_can_tell(tmp_path):
    program = shutil.which("systemd-analyze") or missing("systemd-analyze")
    file = tmp_path / "postroom.service"
    file.write_text(unit(Installation(program="/bin/true")))
    verified = subprocess.run(
        [program, "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert "postroom.service:" not in verified.stderr
    judged = subprocess.run(
        [program, "security", "--offline=true", "--threshold=17", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-400:]
