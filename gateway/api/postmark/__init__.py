"""Postmark's API, as far as a service needs it that sends mail and asks what became of it."""
