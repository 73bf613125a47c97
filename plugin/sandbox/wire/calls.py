"""A request to the company's API, and the object in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from onedesk_quickbooks.plugin.sandbox.wire.faults import refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, check_sent, loads_sent


class Call(NamedTuple):
    """A request to the company's API: path below the realm, query parameters, body, its type.

    `base`: scheme and host of the request.
    """

    method: str
    path: str
    query: str
    body: bytes
    type: str = ""
    base: str = ""

    def parameters(self) -> Mapping[str, str]:
        """The query's parameters; cached by the query."""
        return _parameters(self.query)


@lru_cache(maxsize=256)
def _parameters(query: str) -> Mapping[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))


def read_json(text: bytes, each_alone: bool = False) -> Body:
    """The object in a request. Raises Refused 2010 (no JSON, no XML), 500 (bad bytes), 2040 and 2110.

    `each_alone`: its texts and numbers are checked later, item by item.
    """
    try:
        body = loads_sent(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise refusal("500", f"Unsupported Operation : MalformedByteSequenceException: {error.reason}") from None
    except ValueError as error:
        what = "malformed XML, or XML with a DTD," if text.lstrip()[:1] == b"<" else str(error)
        raise refusal("2010", f"Property Name:{what} specified is unsupported or invalid") from None
    if not isinstance(body, dict):
        raise refusal("2010", "Property Name:an object is expected specified is unsupported or invalid")
    if not each_alone:
        check_sent(body)
    return body
