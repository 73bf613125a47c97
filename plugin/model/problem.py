"""The base class of problems that prevent an action, and are no errors of the program."""

from __future__ import annotations

from onedesk_quickbooks.plugin.texts import text_in


class Problem(Exception):
    """Base class of the problems of each package: the text is one sentence for the user."""

    def __text__(self) -> str:
        """The sentence, as a `Text`."""
        return text_in(self)


class NotNow(Exception):
    """The call cannot be recorded now (a full disk, an unreachable database), and nothing has changed. The text says
    why and what to do: show it to the user."""
