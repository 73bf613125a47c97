"""The same installations as in tests/sync."""

from tests.sync.conftest import desks

__all__ = ["desks"]
