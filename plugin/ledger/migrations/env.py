"""Alembic's environment: it migrates over the connection that `Database` hands it."""

from __future__ import annotations

from alembic import context

from onedesk_quickbooks.plugin.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
