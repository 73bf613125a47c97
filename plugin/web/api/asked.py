"""What a request asks: by whom, with which key, and the JSON it brings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

import simplejson
from flask import g, request

from onedesk_quickbooks.plugin.ledger import ApiKey, Ledger
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.web.api.problems import ApiProblem

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_UNSEEN = ("Cc", "Zl", "Zp")
"""Control characters, and separators of lines and paragraphs."""
_JSON = "Write one JSON object in UTF-8."
_FIELD = "Correct the field; /api/invoice.schema.json has the shape of an invoice."


def caller(ledger: Ledger, scope: str) -> ApiKey:
    """Whose key it is. Raises `ApiProblem`: 401 for none that works, 403 for one of another scope; 400
    where the query has a parameter twice, since nobody knows which is meant."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    key = ledger.api_keys.known(text.strip()) if kind.lower() == "bearer" else None
    if key is None:
        what, remedy = "No key that works was given.", "Send the header Authorization: Bearer KEY (`keys add`)."
        raise ApiProblem(401, "no-key", what, remedy, "Authorization", WWW_Authenticate="Bearer")
    g.caller = key.name
    twice = next((name for name, values in request.args.lists() if len(values) > 1), None)
    if twice is not None:
        what = f"The parameter {twice[:40]!r} stands more than once in the query."
        raise ApiProblem(400, "twice", what, "Give it once.", twice[:40])
    if scope not in key.scopes:
        what = f"The key {key.name!r} is for {' and '.join(key.scopes)}, not for {scope}."
        raise ApiProblem(403, "wrong-scope", what, f"Make one: keys add NAME --scope {scope}.", "Authorization")
    return key


def idempotency_key() -> str:
    """The header's value, "" for none. Raises `ApiProblem`."""
    given = request.headers.get("Idempotency-Key")
    if given is not None and not _IDEMPOTENCY_KEY.fullmatch(given):
        what, remedy = "It is not 1 to 200 printable ASCII characters without a space.", "A UUID does well."
        raise ApiProblem(422, "invalid", what, remedy, "Idempotency-Key")
    return given or ""


def number(name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query. Raises `ApiProblem`."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and least <= int(text) <= most):
        raise ApiProblem(422, "invalid", f"{text[:40]!r} is no number from {least} to {most}.", "Correct it.", name)
    return int(text)


def invoice() -> dict[str, Any]:
    """The invoice of the body. Raises `ApiProblem` (415, 400, 413, 422)."""
    if request.mimetype != "application/json":
        what, remedy = f"The body is {request.mimetype or 'of no type'}.", "Send Content-Type: application/json."
        raise ApiProblem(415, "not-json", what, remedy, "Content-Type")
    try:
        found = _object(request.get_data())
        for text in _texts(found):
            if "\x00" in text or not _is_unicode(text):
                raise ApiProblem(422, "invalid", f"{text[:40]!a} holds a character that no text has.", _FIELD)
        read_invoice(found)
        _check_id(found["id"])
    except InvalidInvoice as problem:
        raise ApiProblem(422, "invalid-invoice", problem.sentence, _FIELD, problem.field) from problem
    except RecursionError as problem:
        raise ApiProblem(400, "not-json", "The body is nested too deep to be an invoice.", _JSON) from problem
    return found


def _check_id(invoice_id: str) -> None:
    """One that the path of a GET cannot hold could be handed over, and never be asked for."""
    bad = next((each for each in invoice_id if unicodedata.category(each) in _UNSEEN), "")
    if bad or invoice_id.startswith("/"):
        what = f"It holds U+{ord(bad):04X}, a control character or a line break." if bad else "It begins with a slash."
        remedy = "Give the invoice an id that fits in /api/invoices/{id}."
        raise ApiProblem(422, "invalid-invoice", what, remedy, "id")


def fingerprint(action: str, invoice: dict[str, Any]) -> str:
    """The same for the same action with the same invoice, however its JSON is written."""
    return sha256(simplejson.dumps([action, invoice], sort_keys=True).encode()).hexdigest()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = simplejson.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_float=Decimal, parse_constant=_constant
        )
    except (ValueError, InvalidOperation) as problem:
        what = "a number has an exponent that no amount has" if isinstance(problem, InvalidOperation) else problem
        raise ApiProblem(400, "not-json", f"The body is not JSON: {str(what)[:200]}.", _JSON) from problem
    if not isinstance(found, dict):
        raise ApiProblem(422, "invalid-invoice", "The body is no invoice, which is an object.", _JSON)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key appears twice in one object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no amount")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _is_unicode(text: str) -> bool:
    """Not half of a surrogate pair, which JSON can write and UTF-8 cannot."""
    return not any("\ud800" <= each <= "\udfff" for each in text)
