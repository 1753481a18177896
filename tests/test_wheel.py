"""What is shipped: every template, migration and static file, and no key."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = directory.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_holds_every_template_migration_and_static_file(wheel):
    names = set(wheel.namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for room in ("gateway/web/templates", "gateway/web/static", "gateway/store/migrations")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted
    assert wanted - names == set()


def test_the_wheel_holds_no_key_and_no_data(wheel):
    kinds = (".pem", ".key", ".db", ".eml")
    assert [name for name in wheel.namelist() if name.endswith(kinds)] == []
    keys = [name for name in wheel.namelist() if b"BEGIN PRIVATE KEY-----\nM" in wheel.read(name)]
    assert keys == []


def test_the_wheel_holds_both_packages_and_their_types(wheel):
    names = set(wheel.namelist())
    assert {"gateway/py.typed", "webhooks/py.typed", "gateway/__main__.py"} <= names
