"""Colours that everybody can read."""

import pytest

from gateway.rules.colours import ENOUGH, contrast, readable_under


def test_contrast_is_as_wcag_measures_it():
    assert round(contrast("#16202e", "#ffffff"), 2) == 16.40
    assert contrast("#fff", "#000") == pytest.approx(21)


def test_a_readable_colour_stays():
    assert readable_under("#ffffff", "#1557D6") == "#1557d6"


@pytest.mark.parametrize("colour", ["#ffff00", "#ffffff", "#8ab6ff", "#f80"])
def test_a_light_colour_is_darkened_just_enough(colour):
    made = readable_under("#ffffff", colour)
    assert ENOUGH <= contrast("#ffffff", made) < 5.2


@pytest.mark.parametrize("colour", ["", "red", "#12", "#1234567", "#gggggg", "url(x)"])
def test_what_is_no_colour_is_refused(colour):
    with pytest.raises(ValueError, match="is not a colour"):
        readable_under("#ffffff", colour)
