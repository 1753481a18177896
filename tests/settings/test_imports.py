import subprocess
import sys


def test_reading_settings_imports_nothing_heavy():
    heavy = ("pydantic", "sqlalchemy", "cryptography", "starlette", "asyncio", "typer", "jinja2")
    script = (
        "import sys; from gateway.settings import load; load(environ={}); "
        f"print(*(name for name in {heavy} if name in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert found.stdout.split() == []
