"""The contents of a request: the caller, its keys, and the JSON body."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

import simplejson
from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from onedesk_quickbooks.plugin.ledger import ApiKey, Ledger
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.web.api.api_problems import ApiProblem
from onedesk_quickbooks.plugin.web.api.import_target import ImportTarget

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_UNSEEN = ("Cc", "Zl", "Zp")
"""Control characters, and separators of lines and paragraphs."""
_JSON = "Write one JSON object in UTF-8."
MOST_JSON, MOST_FILES = 2_000_000, 7_900_000
"""The maximum size of a request in bytes: JSON, and with files. `serve` reads no more than 8 MB."""
_MULTIPART = "multipart/form-data"
_FIELD = "Correct the field; /api/invoice.schema.json has the shape of an invoice."


def caller(ledger: Ledger, scope: str) -> ApiKey:
    """The caller's API key. Raises `ApiProblem`: 401 for an invalid one, 403 for another scope; 400 if the query
    repeats a parameter, which is ambiguous."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    key = ledger.api_keys.known(text.strip()) if kind.lower() == "bearer" else None
    if key is None:
        what, remedy = "The request has no valid key.", "Send the header Authorization: Bearer KEY (`keys add`)."
        raise ApiProblem(401, "no-key", what, remedy, "Authorization", WWW_Authenticate="Bearer")
    g.caller = key.name
    twice = next((name for name, values in request.args.lists() if len(values) > 1), None)
    if twice is not None:
        what = f"The parameter {twice[:40]!r} appears more than once in the query."
        raise ApiProblem(400, "twice", what, "Give it once.", twice[:40])
    if scope not in key.scopes:
        what = f"The key {key.name!r} is for {' and '.join(key.scopes)}, not for {scope}."
        raise ApiProblem(403, "wrong-scope", what, f"Make one: keys add NAME --scope {scope}.", "Authorization")
    return key


def idempotency_key() -> str:
    """The header's value, "" for none. Raises `ApiProblem`."""
    given = request.headers.get("Idempotency-Key")
    if given is not None and not _IDEMPOTENCY_KEY.fullmatch(given):
        what, remedy = "It is not 1 to 200 printable ASCII characters without a space.", "Use a UUID, for example."
        raise ApiProblem(422, "invalid", what, remedy, "Idempotency-Key")
    return given or ""


def number(name: str, default: int, least: int, most: int) -> int:
    """An integer parameter of the query. Raises `ApiProblem`."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and least <= int(text) <= most):
        raise ApiProblem(422, "invalid", f"{text[:40]!r} is not a number from {least} to {most}.", "Correct it.", name)
    return int(text)


def own(into: ImportTarget | None) -> ImportTarget:
    """The host that records are stored in. Raises `ApiProblem` (409) if the data directory belongs to another host."""
    if into is None:
        what = "The data directory belongs to a host that passes its invoices to the plugin itself."
        raise ApiProblem(409, "other-host", what, "Give the API its own data directory.")
    return into


def body() -> dict[str, Any]:
    """The JSON object of the body. Raises `ApiProblem` (415, 400, 413, 422)."""
    if request.mimetype != "application/json":
        what, remedy = f"The body is {request.mimetype or 'of no type'}.", "Send Content-Type: application/json."
        raise ApiProblem(415, "not-json", what, remedy, "Content-Type")
    if (request.content_length or 0) > MOST_JSON or len(given := request.get_data()) > MOST_JSON:
        raise RequestEntityTooLarge
    return _sound(given)


def _sound(given: bytes) -> dict[str, Any]:
    try:
        found = _object(given)
        for name in _names(found):  # texts are checked with their field, by the shape of the record
            if "\x00" in name or not _is_unicode(name):
                what = f"The key {name[:40]!a} contains a character that is not allowed in a text."
                raise ApiProblem(422, "invalid", what, "Correct it.")
    except RecursionError as problem:
        raise ApiProblem(400, "not-json", "The body is nested too deeply.", _JSON) from problem
    return found


def invoice() -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """The invoice of the body, and its files, (name, content). Raises `ApiProblem` (415, 400, 413, 422)."""
    several = request.mimetype == _MULTIPART
    try:
        found = _sound(_part()) if several else body()
        read_invoice(found)
        check_id(found["id"], "invoice", "id")
    except InvalidInvoice as problem:
        raise ApiProblem(422, "invalid-invoice", problem.sentence, _FIELD, problem.field) from problem
    except RecursionError as problem:
        raise ApiProblem(400, "not-json", "The body is nested too deeply to be an invoice.", _JSON) from problem
    files = [(each.filename or "", each.read()) for each in request.files.getlist("file")] if several else []
    for name, content in files:
        check_file(name, content)
    return found, files


def _part() -> bytes:
    """The invoice part of a form."""
    others = {*request.files, *request.form} - {"invoice", "file"}
    given: list[bytes] = [each.read() for each in request.files.getlist("invoice")]
    given += [each.encode() for each in request.form.getlist("invoice")]
    if others or "file" in request.form or len(given) != 1:
        what = "The form has not one part named invoice, in JSON, and files named file alone."
        raise ApiProblem(422, "invalid", what, "Send invoice and file parts (docs/api.md).", "invoice")
    (found,) = given
    if len(found) > MOST_JSON:
        raise RequestEntityTooLarge
    return found


def check_file(name: str, content: bytes) -> None:
    """Raise `ApiProblem` (422) for a file that QuickBooks does not accept, or whose content does not match its name."""
    from onedesk_quickbooks.plugin.planning import FILE_TYPES, LONGEST_NAME, is_as_named  # other routes do not need it

    ending = name.rpartition(".")[2].casefold() if "." in name else ""
    if ending not in FILE_TYPES or len(name) > LONGEST_NAME or not name.isprintable() or "/" in name or "\\" in name:
        what = f"QuickBooks does not accept a file named {name[:100]!r}."
        remedy = f"Name it without a folder, and as one of these types: {', '.join(FILE_TYPES)}."
        raise ApiProblem(422, "invalid-file", what, remedy, "name")
    if not content:
        raise ApiProblem(422, "invalid-file", f"The file {name!r} is empty.", "Send its content.", "file")
    if not is_as_named(name, content):
        what = f"The file {name[:100]!r} does not begin as a file of the type {ending}."
        raise ApiProblem(422, "invalid-file", what, "Send the file itself, or name it by what it is.", "file")


def parameter(name: str) -> str:
    """A required parameter of the query. Raises `ApiProblem` (422)."""
    found = request.args.get(name, "")
    if not found:
        what = f"The query has no parameter {name}." if name not in request.args else f"The parameter {name} is empty."
        raise ApiProblem(422, "invalid", what, f"Name it: {request.script_root}{request.path}?{name}=…", name)
    return found


def check_id(given: str, kind: str, field: str) -> None:
    """Raise `ApiProblem` (422) for an id that the path of a GET cannot contain, since the record could not be fetched
    later. `kind` is invoice or payment."""
    bad = next((each for each in given if unicodedata.category(each) in _UNSEEN), "")
    if bad:
        what = f"It holds U+{ord(bad):04X}, a control character or a line break."
    elif given in (".", ".."):
        what = "Clients treat it as a folder, and leave it out of a path."
    else:
        what = "It begins with a slash." if given.startswith("/") else ""
    if what:
        remedy = f"Give the {kind} an id that fits in /api/{kind}s/{{id}}."
        raise ApiProblem(422, f"invalid-{kind}", what, remedy, field)


def fingerprint(action: str, given: Any, files: Sequence[tuple[str, bytes]] = ()) -> str:
    """Equal for the same action with the same invoice, or payments, however its JSON is formatted."""
    beside = [[name, sha256(content).hexdigest()] for name, content in files]
    facts = [action, given, *([beside] if beside else [])]
    return sha256(simplejson.dumps(facts, sort_keys=True).encode()).hexdigest()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = simplejson.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_float=Decimal, parse_constant=_constant
        )
    except (ValueError, InvalidOperation) as problem:
        what = "a number has an exponent that no amount has" if isinstance(problem, InvalidOperation) else problem
        raise ApiProblem(400, "not-json", f"The body is not JSON: {str(what)[:200]}.", _JSON) from problem
    if not isinstance(found, dict):
        raise ApiProblem(422, "invalid", "The body is not an object, as an invoice or a payment is.", _JSON)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key appears twice in one object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not an amount")


def _names(value: Any) -> Iterator[str]:
    """The keys of all objects within."""
    if isinstance(value, dict):
        yield from value
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _names(each)


def _is_unicode(text: str) -> bool:
    """Whether the text has no lone surrogates, which JSON allows and UTF-8 does not."""
    return not any("\ud800" <= each <= "\udfff" for each in text)
