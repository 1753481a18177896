from dataclasses import replace

from tests.api.kit import with_api
from tests.api.scene import scene


@with_api()
async def test_a_page_of_very_long_messages_is_a_shorter_one(api):
    found = await scene(api)
    key = found.company.key
    context = api.services.context

    def store(work):
        first = work.messages.get(found.company.id, found.received_id)
        for _ in range(6):
            message_id = context.new_id("msg_", context.clock.now())
            work.messages.add(
                replace(first, id=message_id, attachments=(), full_text="x" * 1_500_000)
            )

    await api.store.write(store)
    seen, cursor, sizes = [], None, []
    while True:
        params = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/messages", key, params=params)).json()
        seen += [one["id"] for one in page["data"]]
        sizes.append(len(page["data"]))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 8
    assert max(sizes) <= 4
