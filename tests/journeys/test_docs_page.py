"""Requests of the page of the API do what they say, copied as they stand."""

import json
import os
import re
import subprocess
import sys
from html import unescape

import httpx2
import pytest

from tests.journeys.company import ADMIN, ADMIN_KEY, Company
from tests.journeys.process import gateway

pytestmark = pytest.mark.journey
SECTION = re.compile(r'<section id="(\w+)">(.*?)</section>', re.DOTALL)
REQUEST = re.compile(r"<summary>(curl|Python)</summary><pre>(.*?)</pre>", re.DOTALL)
# In this order: what a later one needs, an earlier one makes.
ASKED = {
    "get_tenant": "slug",
    "post_tenants": "api_key",
    "post_invoices": "view_url",
    "get_invoices": "data",
    "get_invoices_id": "number",
    "get_search": "snippet",
    "post_invoices_id_mark_paid": "paid",
    "post_messages": "msg_",
    "patch_tenant": "#1a73e8",
    "get_payments": "amount",
}


def requests_of(page):
    """Return the page's requests by operation and language."""
    return {
        name: {language: unescape(text) for language, text in REQUEST.findall(section)}
        for name, section in SECTION.findall(page)
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with gateway(tmp_path_factory.mktemp("docs"), settings=ADMIN) as up:
        yield up


@pytest.mark.parametrize("language", ["curl", "Python"])
def test_requests_of_the_page_are_run_as_they_stand(running, language, tmp_path):
    company = Company.added(running, f"Acme {language}")
    # The page names the public address; this gateway listens elsewhere.
    page = httpx2.get(f"{running.url}/docs", trust_env=False).text
    requests = requests_of(page.replace("http://127.0.0.1:8025", running.url))
    place = {**os.environ, "KEY": company.key, "ADMIN_KEY": ADMIN_KEY, "no_proxy": "127.0.0.1"}
    for name, told in ASKED.items():
        text = requests[name][language]
        command = ["bash", "-ec", text] if language == "curl" else [sys.executable, "-c", text]
        done = subprocess.run(
            command, env=place, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert told in done.stdout, f"{name}: {text}\n{done.stdout}"
        if name == "post_invoices":
            body = done.stdout.partition(" ")[2] if language == "Python" else done.stdout
            place["ID"] = json.loads(body)["id"]
    company.close()
