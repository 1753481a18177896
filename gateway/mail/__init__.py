"""Formats. Pure: knows RFCs, knows no invoice."""
