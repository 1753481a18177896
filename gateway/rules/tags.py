"""How many tags a conversation may bear, and how long they are. Pure."""

from typing import Final

LONGEST_TAG: Final = 50
"""Characters."""
MOST_TAGS: Final = 50
