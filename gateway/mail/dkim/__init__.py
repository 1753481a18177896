"""DKIM signatures: making them and checking them (RFC 6376, 8301, 8463)."""
