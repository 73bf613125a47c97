"""The problems of a backup."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sync.errors import SyncProblem


class BackupProblem(SyncProblem):
    """A backup cannot be made, read or restored; nothing was changed."""
