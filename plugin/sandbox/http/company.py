"""`/v3/company/{realmId}/...`: one request to one answer (qbo-api.md section 3)."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl

from onedesk_quickbooks.plugin.sandbox import query
from onedesk_quickbooks.plugin.sandbox.books import operations
from onedesk_quickbooks.plugin.sandbox.books.currency import exchange_rate, set_exchange_rate
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.http import bulk
from onedesk_quickbooks.plugin.sandbox.http.answers import Answer, fault_answer, json_answer, stamp
from onedesk_quickbooks.plugin.sandbox.store import DELETED
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused, missing, not_found, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, loads

_PRINTED = ("Invoice", "CreditMemo", "Payment")


class Call(NamedTuple):
    """A request to the company's API: path below the realm, query parameters, body."""

    method: str
    path: str
    query: str
    body: bytes

    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))


class CompanyApi:
    """Answers calls; changes are all or nothing, and a `requestid` gives its first answer again."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def answer(self, call: Call) -> Answer:
        """One call. Faults come as answers; nothing is raised but programming errors."""
        parameters = call.parameters()
        request_id = parameters.get("requestid", "")
        books = self.books
        with books.store.lock:
            if call.method != "POST" or call.path == "query":
                return self._attempt(call, parameters)
            if not request_id:
                return self._change(call, parameters)
            with books.store.transaction():
                rows = books.store.rows("SELECT status, body FROM answer WHERE requestid = ?", (request_id,))
                if rows:
                    return Answer(rows[0][0], rows[0][1].encode())
                got = self._change(call, parameters)
                if got.status < 500:
                    args = (request_id, got.status, got.body.decode())
                    books.store.run("INSERT INTO answer VALUES (?, ?, ?)", args)
                return got

    def _change(self, call: Call, parameters: dict[str, str]) -> Answer:
        books = self.books
        seen = len(books.events)
        try:
            if len(parameters.get("requestid", "")) > 50:
                raise refusal("2130", "Invalid Request Id Format : at most 50 characters")
            with books.store.transaction():
                return self._route(call, parameters)
        except Refused as error:
            del books.events[seen:]
            books.forget_settings()
            return fault_answer(error, books.now())

    def _attempt(self, call: Call, parameters: dict[str, str]) -> Answer:
        try:
            return self._route(call, parameters)
        except Refused as error:
            return fault_answer(error, self.books.now())

    def _route(self, call: Call, parameters: dict[str, str]) -> Answer:
        self.books.include = frozenset(parameters.get("include", "").split(","))
        parts = call.path.split("/")
        kind = operations.BY_PATH.get(parts[0])
        if kind is not None:
            return self._entity(call, parameters, kind, parts[1:])
        handler = {
            ("GET", "query"): self._query,
            ("POST", "query"): self._query,
            ("POST", "batch"): self._batch,
            ("GET", "cdc"): self._cdc,
            ("GET", "exchangerate"): self._rate,
            ("POST", "exchangerate"): self._set_rate,
        }.get((call.method, call.path))
        if handler is None:
            raise _no_resource(call)
        return handler(call, parameters)

    def _entity(self, call: Call, parameters: dict[str, str], kind: str, rest: list[str]) -> Answer:
        if call.method == "GET":
            if len(rest) == 2 and rest[1] == "pdf" and kind in _PRINTED:
                return self._pdf(kind, rest[0])
            if len(rest) == 1 or (not rest and kind == "Preferences"):
                return self._read(kind, rest[0] if rest else "1")
        elif call.method == "POST":
            if not rest:
                return self._wrap(kind, self._write(kind, read_json(call.body), parameters))
            if len(rest) == 2 and rest[1] == "send":
                operations.check_id(rest[0])
                return self._wrap(kind, operations.send(self.books, kind, rest[0], parameters.get("sendTo", "")))
        raise _no_resource(call)

    def _read(self, kind: str, entity_id: str) -> Answer:
        operations.check_id(entity_id)
        books = self.books
        if kind == "CompanyInfo" and entity_id == books.store.meta("realm"):
            entity_id = "1"
        row = books.store.get(kind, entity_id)
        if row is None or row.state == DELETED:
            raise not_found()
        return Answer(200, f'{{"{kind}":{row.text},"time":"{stamp(books.now())}"}}'.encode())

    def _write(self, kind: str, body: Body, parameters: dict[str, str]) -> Body:
        operation = parameters.get("operation", "")
        return write(self.books, kind, body, operation, "void" in self.books.include)

    def _wrap(self, kind: str, body: Body) -> Answer:
        return json_answer({kind: body, "time": stamp(self.books.now())})

    def _query(self, call: Call, parameters: dict[str, str]) -> Answer:
        text = parameters.get("query") or call.body.decode("utf-8", "replace")
        if not text.strip():
            raise missing("query")
        return json_answer({"QueryResponse": query.run(self.books, text), "time": stamp(self.books.now())})

    def _batch(self, call: Call, parameters: dict[str, str]) -> Answer:
        items = bulk.batch(self.books, read_json(call.body))
        return json_answer({"BatchItemResponse": items, "time": stamp(self.books.now())})

    def _cdc(self, call: Call, parameters: dict[str, str]) -> Answer:
        found = bulk.changes(self.books, parameters.get("entities", ""), parameters.get("changedSince", ""))
        return json_answer({"CDCResponse": [{"QueryResponse": found}], "time": stamp(self.books.now())})

    def _rate(self, call: Call, parameters: dict[str, str]) -> Answer:
        code = parameters.get("sourcecurrencycode", "")
        if not code:
            raise missing("sourcecurrencycode")
        if len(code) != 3 or not code.isalpha():
            raise refusal("2170", f"Invalid Enumeration : {code}", "sourcecurrencycode")
        day = parameters.get("asofdate") or self.books.today().isoformat()
        return self._wrap("ExchangeRate", exchange_rate(self.books, code.upper(), day))

    def _set_rate(self, call: Call, parameters: dict[str, str]) -> Answer:
        return self._wrap("ExchangeRate", set_exchange_rate(self.books, read_json(call.body)))

    def _pdf(self, kind: str, entity_id: str) -> Answer:
        from onedesk_quickbooks.plugin.sandbox.people.pdf import form_pdf

        operations.check_id(entity_id)
        body = self.books.get(kind, entity_id)
        return Answer(200, form_pdf(self.books.company, kind, body), "application/pdf")


def write(books: Books, kind: str, body: Body, operation: str, void: bool) -> Body:
    """A POST on an entity: create without Id, else update, delete or void. Raises Refused."""
    if operation == "delete":
        return operations.delete(books, kind, body)
    if operation == "void" or (operation == "update" and void):
        return operations.void(books, kind, body)
    if operation not in ("", "create", "update"):
        raise refusal("500", f"Unsupported Operation : Operation {operation} is not supported")
    if body.get("Id") and operation != "create":
        return operations.update(books, kind, body)
    return operations.create(books, kind, body)


def read_json(text: bytes) -> Body:
    """The object a request carries. Raises Refused 2010 (no JSON) and 500 (bad bytes)."""
    try:
        body = loads(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise refusal("500", f"Unsupported Operation : MalformedByteSequenceException: {error.reason}") from None
    except ValueError as error:
        raise refusal("2010", f"Property Name:{error} specified is unsupported or invalid") from None
    if not isinstance(body, dict):
        raise refusal("2010", "Property Name:an object is expected specified is unsupported or invalid")
    return body


def _no_resource(call: Call) -> Refused:
    return refusal("500", f"Unsupported Operation : Could not find resource for relative : /{call.path}")
