"""Addresses half hidden: who knows one recognises it, who doesn't learns none."""


def masked(address: str) -> str:
    """Return "j•••@firma.example"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
