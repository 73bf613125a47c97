"""Workers for many tenants, by jobs in PostgreSQL."""
