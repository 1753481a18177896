"""Webhooks: a leaf that has never heard of mail servers."""
