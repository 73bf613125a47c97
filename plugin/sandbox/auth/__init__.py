"""Intuit's OAuth 2.0 and OpenID Connect (qbo-api.md section 1)."""
