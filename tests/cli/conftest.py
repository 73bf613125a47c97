"""What the tests of the command line need."""

from tests.commands import call, home, open_books, terminal

__all__ = ["call", "home", "open_books", "terminal"]
