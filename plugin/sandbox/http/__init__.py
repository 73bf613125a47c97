"""How the books are reached: OAuth, /v3/company, control endpoints, pages, webhooks."""
