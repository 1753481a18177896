"""A backup brought back: store, blobs, secret, keys."""

from pathlib import Path
from typing import Any

from gateway.app.keepsakes import keepsakes
from gateway.app.office import BLOBS
from gateway.blobs.files import FileBlobs
from gateway.settings import Settings
from gateway.store.restore import read_backup


async def restore_all(settings: Settings, source: Path) -> dict[str, Any]:
    """Put everything of a copy in its place; returns what it held.

    Raises Fault if a gateway has the store open, or the copy is damaged; then nothing changed.
    """
    data_dir = settings.server.data_dir
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    blobs = FileBlobs(data_dir / BLOBS)
    where = settings.server.database_url.text or data_dir
    return await read_backup(source, where, blobs, files=keepsakes(settings), overwrite=True)
