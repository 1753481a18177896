"""SMTP in and out."""
