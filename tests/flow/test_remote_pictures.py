"""Pictures that a mail only names: fetched through the gate, by https, within bounds."""

import asyncio

import pytest

from gateway.flow.remote_pictures import Picture, RemotePictures
from gateway.mail.errors import Fault
from gateway.mail.html_clean import clean
from gateway.ports.outward import HttpAnswer, NotPermitted

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40
HERE = "https://pictures.example/logo.png"


class Pictured:
    """Answers each address as told; an address that is not known there is not answered ever."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    async def ask(self, method, url, *, headers, seconds, most_octets):
        self.asked.append((method, url, dict(headers)))
        answer = self.answers[url]
        if isinstance(answer, Exception):
            raise answer
        return HttpAnswer(answer.status, answer.headers, answer.body[:most_octets])


def fetched(html, answers):
    cleaned, outward = clean(html, keep_addresses=True), Pictured(answers)
    return asyncio.run(RemotePictures(outward).of(cleaned.html)), outward.asked


def mail(*addresses):
    return "".join(f'<img src="{one}">' for one in addresses)


def test_a_picture_is_fetched_once_and_tells_nothing_of_who_looks():
    found, asked = fetched(mail(HERE, HERE), {HERE: HttpAnswer(200, {}, PNG)})
    assert found == {HERE: Picture("image/png", PNG)}
    accepted = {"Accept": "image/png, image/jpeg, image/gif, image/webp"}
    assert asked == [("GET", HERE, accepted)]


def test_an_address_in_the_clear_is_asked_by_https():
    address = HERE.replace("https:", "http:")
    found, asked = fetched(mail(address), {HERE: HttpAnswer(200, {}, PNG)})
    assert list(found) == [address]
    assert [url for _, url, _ in asked] == [HERE]


def test_a_redirect_is_followed_by_https_and_only_some_times():
    moved = HttpAnswer(302, {"location": "http://other.example/logo.png"}, b"")
    there = HttpAnswer(200, {}, PNG)
    found, _ = fetched(mail(HERE), {HERE: moved, "https://other.example/logo.png": there})
    assert found == {HERE: Picture("image/png", PNG)}
    found, asked = fetched(mail(HERE), {HERE: HttpAnswer(301, {"location": HERE}, b"")})
    assert (found, len(asked)) == ({}, 4)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(HttpAnswer(404, {}, PNG), id="not found"),
        pytest.param(HttpAnswer(200, {"content-type": "image/png"}, b"<svg/>"), id="SVG"),
        pytest.param(HttpAnswer(200, {"content-type": "image/png"}, b"<html>"), id="a page"),
        pytest.param(HttpAnswer(200, {}, PNG + b"x" * 1024 * 1024), id="too large"),
        pytest.param(HttpAnswer(302, {}, b""), id="a redirect to nowhere"),
        pytest.param(NotPermitted("this address can't be used"), id="a place of our own network"),
        pytest.param(Fault("no answer"), id="no answer"),
    ],
)
def test_a99_what_is_no_picture_of_the_web_is_left_out(answer):
    found, asked = fetched(mail(HERE), {HERE: answer})
    assert (found, len(asked)) == ({}, 1)


def test_one_mail_fetches_no_more_than_so_many():
    addresses = [f"https://pictures.example/{number}.png" for number in range(100)]
    found, asked = fetched(
        mail(*addresses), dict.fromkeys(addresses, HttpAnswer(200, {}, PNG + b"x" * 500_000))
    )
    assert len(asked) == 40
    assert sum(len(one.data) for one in found.values()) <= 8 * 1024 * 1024
