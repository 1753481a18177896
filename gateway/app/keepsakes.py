"""What a backup holds beside the store: the secret and the DKIM keys."""

from collections.abc import Mapping
from pathlib import Path

from gateway.settings import Settings


def keepsakes(settings: Settings) -> Mapping[str, Path]:
    """Return files and directories by the names that `backup` and `restore` know them by."""
    kept = {"dkim": settings.dkim.directory}
    if settings.server.secret.file is not None:
        kept["secret"] = settings.server.secret.file
    return kept
