from gateway.mail.errors import Fault
from tests.api.kit import INVOICE, problem, services_on, serving, with_api


class NoStore:
    async def read(self, job):
        raise Fault("away")

    write = read


@with_api()
async def test_who_lives_and_is_ready_says_so(api):
    for path in ("/healthz", "/readyz"):
        answer = await api.get(path, None)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@with_api()
async def test_who_stops_is_not_ready(api):
    api.services.draining.begin()
    answer = await api.get("/readyz", None)
    assert (answer.status_code, answer.json()) == (503, {"status": "stopping"})
    assert (await api.get("/healthz", None)).status_code == 200


@with_api()
async def test_without_its_store_the_gateway_is_not_ready(api):
    services = services_on(NoStore(), api.uploads.parent)
    async with serving(services, None, api.uploads.parent) as broken:
        assert (await broken.get("/readyz", None)).status_code == 503
        assert (await broken.get("/healthz", None)).status_code == 200


@with_api()
async def test_metrics_tell_of_queues_and_messages_to_admins(api):
    company = await api.company()
    await api.post("/v1/invoices", company.key, json=INVOICE)
    answer = await api.get("/metrics")
    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'postroom_messages_accepted_total{listener="http"} 1.0' in lines
    assert 'postroom_queue_depth{state="queued"} 1.0' in lines
    assert 'postroom_queue_depth{state="unread"} 0.0' in lines
    assert "postroom_delivery_outcome_unknown_total 0.0" in lines
    names = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    assert {name for name in names if not name.startswith("postroom_")} == set()
    assert problem(await api.get("/metrics", None))[0] == 401


@with_api(own_metrics=True)
async def test_metrics_with_a_listener_of_their_own_are_not_served_here(api):
    assert problem(await api.get("/metrics"))[0] == 404
