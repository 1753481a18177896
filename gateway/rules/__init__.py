"""Decisions. Pure: knows invoices and conversations, no I/O."""
