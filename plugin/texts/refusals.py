"""The texts of HTTP errors on pages; werkzeug has them in English only."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException

from onedesk_quickbooks.plugin.texts.message import Text

NOT_FOUND = Text("Not found")
_SAID = {
    400: (
        Text("That did not work"),
        Text("What the browser sent cannot be read, so nothing was changed. Go back, reload the page and try again."),
    ),
    401: (Text("Sign in first"), Text("Sign in first, then come back here.")),
    403: (Text("Not allowed"), Text("Only an administrator may do this. Ask one of yours.")),
    404: (NOT_FOUND, Text("There is no page at this address.")),
    405: (
        Text("Nothing was done"),
        Text("This address belongs to a button: go back to the page with the button, and press it there."),
    ),
    413: (Text("Too large"), Text("What was sent is larger than this page takes, so nothing was changed.")),
    500: (
        Text("An error in the program"),
        Text(
            "The program has failed here, and the log says where. It is not certain whether anything was done: look"
            " before you do it again."
        ),
    ),
}


def refusal(problem: HTTPException) -> tuple[str, str]:
    """The title and the sentence of the page: the description of the problem if it has its own."""
    code = problem.code or 500
    title, sentence = _SAID.get(code) or _SAID[400 if code < 500 else 500]
    return title, vars(problem).get("description") or sentence
