"""Postroom: a mail gateway between invoicing products and their customers."""
