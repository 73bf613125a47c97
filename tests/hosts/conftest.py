"""What the tests of other hosts need."""

from tests.commands import call, home, open_books

__all__ = ["call", "home", "open_books"]
