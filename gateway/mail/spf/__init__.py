"""SPF records and their macros (RFC 7208), without any look-up."""
