"""What the tests of the command line need."""

from tests.commands import call, connect, home, open_books, terminal

__all__ = ["call", "connect", "home", "open_books", "terminal"]
