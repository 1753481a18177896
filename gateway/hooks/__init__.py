"""The seam to `webhooks`: events of companies, sent to the services that asked for them."""
