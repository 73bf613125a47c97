"""What keeps the plugin from doing something, and is no error of the program."""

from __future__ import annotations


class Problem(Exception):
    """Root of the problems that each package names: the text is one sentence for the person in front of the screen."""
