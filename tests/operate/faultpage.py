"""docs/faults.md as plugin/qbo/meanings.py makes it: `python tests/operate/faultpage.py` updates it."""

from __future__ import annotations

from pathlib import Path

from onedesk_quickbooks.plugin.qbo.meanings import FAULTS, Do

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"

DONE: dict[Do, str] = {
    "retry": "the request is repeated with the same `requestid`",
    "wait": "the queue of the company waits, other companies continue",
    "refresh": "the access token is renewed, once; after that the queue stops",
    "reread": "the invoice is read and planned again, once; after that it is held",
    "hold": "this invoice is held, others continue",
    "stop": "the queue of the company stops, an alert is sent",
}
"""What is done about a fault, as the page says it."""

_HEAD = """# What QuickBooks' faults mean

QuickBooks refuses a request with a code. The same code means the same whatever the language of the company, so the
texts decide nothing; they are shown as QuickBooks wrote them. One exception: code 500 with the word
`MalformedByteSequenceException` means that a text of the invoice contains a character which QuickBooks cannot read;
take it out in OneDesk and copy the invoice again. `queue show` tells code, message, detail and the
`intuit_tid` that Intuit's support asks for. This page is made from the one table in `plugin/qbo/meanings.py`.

A code that is not in this table holds the invoice and shows what QuickBooks said. Answers without a code go by their
HTTP status: 401 and 403 as 3200, 429 as 3001, 408 and 500 to 599 as 10000, others hold the invoice.

| Code | What it means | What is done | What you do |
|---|---|---|---|
"""


def written() -> str:
    """The whole page."""
    rows = (
        f"| {code} | {each.meaning} | {DONE[each.do]} | {each.remedy} |\n"
        for code, each in sorted(FAULTS.items(), key=lambda pair: int(pair[0]))
    )
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
