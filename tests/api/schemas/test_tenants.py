import json

import pytest

from gateway.api.jsontext import read_as
from gateway.api.lifting import Lifted
from gateway.api.schemas.tenants import TenantTaken
from tests.api.schemas.refusals import refusal
from tests.smtp.loops import in_loop


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing", "name"),
        ({"name": "  "}, "blank", "name"),
        ({"name": "A\r\nBcc: x@y.z"}, "control_character", "name"),
        ({"name": "A\u202eB"}, "control_character", "name"),
        ({"name": 7}, "invalid", "name"),
        ({"name": "x" * 201}, "invalid", "name"),
        ({"name": "A", "slug": "Not A Slug"}, "invalid", "slug"),
        ({"name": "A", "timezone": "Europe/Atlantis"}, "invalid_timezone", "timezone"),
        ({"name": "A", "timezone": "../../etc/passwd"}, "invalid_timezone", "timezone"),
        ({"name": "A", "locale": "not a locale"}, "invalid", "locale"),
        ({"name": "A", "attach_pdf": "sometimes"}, "invalid", "attach_pdf"),
        ({"name": "A", "brand": {"color": "blue"}}, "invalid", "brand.color"),
        ({"name": "A", "brand": {"logo": "javascript:1"}}, "invalid_logo", "brand.logo"),
        ({"name": "A", "brand": {"size": 1}}, "unknown_field", "brand.size"),
        ({"name": "A", "notify": {"address": "x"}}, "invalid_address", "notify.address"),
        ({"name": "A", "tenant_id": "ten_x"}, "unknown_field", "tenant_id"),
        ([], "invalid", None),
    ],
)
@in_loop
async def test_what_does_not_fit_is_named(body, code, param):
    reading = read_as(TenantTaken, json.dumps(body).encode(), Lifted())
    assert await refusal(reading) == (422, code, param)
