"""The step by which a person has an invoice processed once more, in the words of what was asked for: a copy of a send
that is held would lose its e-mail."""

from __future__ import annotations

from onedesk_quickbooks.plugin.texts import Capital, Text

COPY_IT_AGAIN = Text("copy it again")
COPY_AGAIN = Text("copy the invoice again")
_SENDS = {COPY_IT_AGAIN: Text("send it again"), COPY_AGAIN: Text("send the invoice again")}


def again_by(action: str, text: str) -> str:
    """The reason in which the step is to copy the invoice again, for an entry of this action."""
    return _sent(text) if action == "send" else text


def _sent(text: str) -> str:
    if isinstance(text, Capital):
        return Capital(_sent(text.values["text"]))
    if not isinstance(text, Text):
        return text
    if text in _SENDS:
        return _SENDS[text]
    return Text(text.message, **{name: _sent(value) for name, value in text.values.items()})
