"""What keeps the plugin from doing something, and is no error of the program."""

from __future__ import annotations

from onedesk_quickbooks.plugin.texts import text_in


class Problem(Exception):
    """Root of the problems that each package names: the text is one sentence for the person in front of the screen."""

    def __text__(self) -> str:
        """The sentence, as it was made."""
        return text_in(self)
