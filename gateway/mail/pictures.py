"""What a picture is, by its first octets: names and declared types may be anything."""


def picture_type(data: bytes) -> str | None:
    """Return the type of a PNG, JPEG, GIF or WebP picture, None for all else, SVG included."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None
