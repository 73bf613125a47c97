"""What can be wrong with a backup."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sync.errors import SyncProblem


class BackupProblem(SyncProblem):
    """A backup cannot be made, read or put back; nothing was changed."""
