"""Addresses of attachments' contents: absolute, valid without a token, for a quarter of an hour (F11, F12)."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import partial

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.answers import Answer
from onedesk_quickbooks.plugin.sandbox.wire.calls import Call

_SECONDS = 900
_MARK = b'"TempDownloadUri":"'
_KEPT = re.compile(rb'"TempDownloadUri":"/v3/company/[^/"]+/download/([^/?"]+)[^"]*"')


def address(books: Books, entity_id: str, base: str) -> str:
    """The new address of an attachment's content, with the scheme and host of a call."""
    expires = str(int(books.clock().timestamp()) + _SECONDS)
    path = f"/v3/company/{books.store.meta('realm')}/download/{entity_id}"
    return f"{base}{path}?content=1&expires={expires}&signature={_signature(books, entity_id, expires)}"


def with_addresses(books: Books, answer: Answer, base: str) -> Answer:
    """An answer with the addresses of the contents of its attachments."""
    if _MARK not in answer.body:
        return answer
    return answer._replace(body=_KEPT.sub(partial(_with_address, books, base), answer.body))


def _with_address(books: Books, base: str, found: re.Match[bytes]) -> bytes:
    return _MARK + address(books, found[1].decode(), base).encode() + b'"'


def is_signed(books: Books, call: Call) -> bool:
    """Whether a call is for such an address that is still valid."""
    if call.method != "GET" or not call.path.startswith("download/"):
        return False
    given = call.parameters()
    expires, signature = given.get("expires", ""), given.get("signature", "")
    if not expires.isdigit() or int(expires) < books.clock().timestamp():
        return False
    wanted = _signature(books, call.path.partition("/")[2], expires)
    return hmac.compare_digest(signature.encode(), wanted.encode())


def _signature(books: Books, entity_id: str, expires: str) -> str:
    key = books.store.meta("client_secret").encode()
    text = f"{books.store.meta('realm')}/{entity_id}/{expires}".encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()
