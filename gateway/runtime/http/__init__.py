"""The embedded HTTP server and what stands before every application."""
