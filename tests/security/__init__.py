"""The catalogue of attacks, the tests that prove each, and the page that says so.

`python -m tests.security` runs those tests and writes `docs/security.md`.
"""
