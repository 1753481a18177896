"""Catalogues of words: one `.po` file a language in `locale`, made ready when the pages start.

A new language is one file. English needs none: it is what the files translate from.
"""

import gettext
import io
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"


@lru_cache(maxsize=1)
def catalogues() -> Mapping[str, gettext.NullTranslations]:
    """Return the catalogues by language; English words stand for themselves."""
    found: dict[str, gettext.NullTranslations] = {ENGLISH: gettext.NullTranslations()}
    for file in files("gateway.web").joinpath("locale").iterdir():
        language, _, ending = file.name.rpartition(".")
        if ending == "po":
            found[language] = _read(language, file.read_bytes())
    return found


def _read(language: str, content: bytes) -> gettext.NullTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(content), locale=language, abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
