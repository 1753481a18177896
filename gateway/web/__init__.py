"""HTTP for people, and the mails themselves."""
