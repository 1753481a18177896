"""Large content, by company and hash."""
