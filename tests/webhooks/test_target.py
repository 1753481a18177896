"""URLs that are no endpoints, as far as they tell by themselves."""

import pytest

from webhooks.target import mistake


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.example/hooks",
        "https://acme.example:8443/hooks?key=1",
        "http://192.0.2.1:8080/",
        "https://[2001:db8::1]/x",
        "https://xn--hkyrky-ptac70bc.example/",
        "https://127.0.0.1/",  # the gate's word, not ours
    ],
)
def test_a_url_of_a_web_server_may_be_an_endpoint(url):
    assert mistake(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://①②⑦.⓪.⓪.①/",
        "http://ok@127.0.0.1/",
        "http://127.0.0.1#@ok.example/",
        "https://acme.example\\@127.0.0.1/",
        "https://acme.example/\tx",
        "https://acme.example/\r\nX: 1",
        "gopher://acme.example/",
        "file:///etc/passwd",
        "https://acme.example:25/",
        "https://acme.example:6379/",
        "https://acme.example:0/",
        "https://acme.example:99999/",
        "https:///x",
        "https://[::1/",
        "acme.example",
        "",
        "https://acme.example/" + "x" * 2048,
        "https://256.1.1.1/",
    ],
)
def test_a100_a_url_that_programs_read_differently_is_refused(url):
    found = mistake(url)
    assert found is not None
    assert found.endswith((".", "…"))
