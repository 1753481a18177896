"""Payment codes as a phone's camera sees them on the screen, read by somebody else's decoder."""

import io
from decimal import Decimal

import pytest
import zxingcpp
from PIL import Image

from gateway.rules.pay_codes import CodeKind, payload, transfer_of
from gateway.web import qr
from tests.browser.watching import DESKTOP, PHONE, watching
from tests.rules.test_pay_codes import unsquared

CODES = {
    "overdue": (CodeKind.EPC, "SK9611000000002918599669"),
    "corrected, Czech crowns, another bank account": (CodeKind.SPAYD, "CZ6508000000192000145399"),
    "due soon, pay online": (CodeKind.PAY_BY_SQUARE, "SK9611000000002918599669"),
}


def read(picture):
    (found,) = zxingcpp.read_barcodes(picture)
    return found


SCREENS = {"desktop": (DESKTOP, 1, "light"), "phone": (PHONE, 3, "dark")}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("state", CODES)
def test_a_code_on_the_screen_is_read_by_another_decoder(chromium, demo, state, screen):
    size, scale, scheme = SCREENS[screen]
    kind, iban = CODES[state]
    with watching(chromium, size, scheme=scheme, device_scale_factor=scale) as watched:
        watched.page.goto(demo.links[state])
        watched.page.evaluate('document.getElementById("bank").open = true')
        code = watched.page.locator(".code img")
        code.scroll_into_view_if_needed()
        watched.page.wait_for_function("document.querySelector('.code img').complete")
        found = read(Image.open(io.BytesIO(code.screenshot())).convert("L"))
        assert found.format == zxingcpp.BarcodeFormat.QRCode
        if kind is CodeKind.PAY_BY_SQUARE:
            fields = unsquared(found.text)
            assert fields[3:5] == ["1254.00", "EUR"]
            assert (fields[6], fields[12]) == ("20260143", iban)
        else:
            assert iban in found.text


def test_names_beyond_latin_1_survive_the_code():
    transfer = transfer_of(
        "Šťastný & syn", "SK9611000000002918599669", Decimal(12), "EUR", reference="7"
    )
    picture, _ = qr.png(payload(transfer, CodeKind.EPC), CodeKind.EPC, 4)
    found = read(Image.open(io.BytesIO(picture)).convert("L"))
    assert found.bytes == payload(transfer, CodeKind.EPC).encode()
