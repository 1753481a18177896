"""The house: its rooms, its floors, the size of its files, what it ships."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path for room in ("gateway", "webhooks", "tests") for path in (ROOT / room).rglob("*.py")
)
CODE_FOLDERS = {"gateway", "webhooks", "config", "tests"}
BESIDE = {"docs"}
PURE = ("gateway/mail", "gateway/rules")
IMPURE = {
    "asyncio", "socket", "sqlite3", "os", "logging", "sqlmodel", "sqlalchemy", "aiosmtpd",
    "starlette", "random", "secrets", "time", "pathlib", "subprocess", "threading",
}  # fmt: skip


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_file_is_longer_than_400_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if "migrations" not in path.parts
        for lines in [path.read_text().count("\n")]
        if lines > 400
    }
    assert long == {}


def test_there_is_no_room_for_odds_and_ends():
    names = {"utils", "util", "helpers", "helper", "misc", "common"}
    assert [str(path) for path in SOURCES if path.stem in names] == []


def test_the_top_level_has_no_other_code_folder():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    folders = {name.split("/")[0] for name in tracked if "/" in name}
    assert {folder for folder in folders if not folder.startswith(".")} <= CODE_FOLDERS | BESIDE


def test_the_config_folder_holds_no_python_and_no_secret():
    files = [path for path in (ROOT / "config").rglob("*") if path.is_file()]
    assert [path for path in files if path.suffix == ".py" or b"PRIVATE" in path.read_bytes()] == []


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_imports_nothing_that_touches_the_world(room):
    touching = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / room).rglob("*.py")
        for module in imported(path)
        if module.split(".")[0] in IMPURE
    }
    assert touching == set()


def test_webhooks_is_a_leaf():
    modules = {m for path in (ROOT / "webhooks").rglob("*.py") for m in imported(path)}
    assert {module for module in modules if module.startswith("gateway")} == set()


def test_only_the_store_knows_its_tables():
    strangers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "gateway").rglob("*.py")
        if "store" not in path.relative_to(ROOT).parts
        for module in imported(path)
        if module.split(".")[0] in {"sqlmodel", "sqlalchemy", "alembic", "psycopg"}
    }
    assert strangers == set()


def test_the_required_packages_are_in_real_use():
    used = {m.split(".")[0] for path in (ROOT / "gateway").rglob("*.py") for m in imported(path)}
    required = {"aiosmtpd", "aiosmtplib", "mailparser", "sqlmodel", "starlette", "uvloop"}
    assert required - used == set()


def test_the_command_line_starts_without_the_heavy_packages():
    code = (
        "import sys, gateway.cli; gateway.cli.build();"
        "heavy = {'sqlalchemy', 'starlette', 'cryptography', 'uvicorn', 'pydantic', 'jinja2'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "[]"


def test_every_range_of_a_dependency_has_both_ends():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    open_ended = [
        one
        for one in wanted
        if not one.startswith("postroom[") and not (">=" in one and "<" in one)
    ]
    assert open_ended == []
