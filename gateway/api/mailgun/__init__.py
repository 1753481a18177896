"""Mailgun's API, as far as a service needs it that sends mail."""
