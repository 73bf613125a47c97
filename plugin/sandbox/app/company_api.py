"""`/v3/company/{realmId}/...`: one request to one answer (qbo-api.md section 3)."""

from __future__ import annotations

from collections.abc import Mapping

from onedesk_quickbooks.plugin.sandbox.app import bulk, files
from onedesk_quickbooks.plugin.sandbox.app.downloads import address, with_addresses
from onedesk_quickbooks.plugin.sandbox.books.accounts import bring_up_to_date
from onedesk_quickbooks.plugin.sandbox.books.attachables import file_of
from onedesk_quickbooks.plugin.sandbox.books.currency import exchange_rate, set_exchange_rate
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books, Saved
from onedesk_quickbooks.plugin.sandbox.books.taxservice import make_code
from onedesk_quickbooks.plugin.sandbox.entities import operations, query
from onedesk_quickbooks.plugin.sandbox.entities.kinds import BY_PATH
from onedesk_quickbooks.plugin.sandbox.store import DELETED
from onedesk_quickbooks.plugin.sandbox.wire.answers import Answer, fault_answer, json_answer, stamp
from onedesk_quickbooks.plugin.sandbox.wire.calls import Call, read_json
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused, missing, not_found, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, dumps, read_day

_PRINTED = ("Invoice", "CreditMemo", "Payment", "Estimate", "SalesReceipt", "RefundReceipt")


class CompanyApi:
    """Answers calls; changes are atomic, and a repeated `requestid` gives its first answer again."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def answer(self, call: Call) -> Answer:
        """The answer to one call. Faults are returned as answers; only programming errors are raised."""
        return with_addresses(self.books, self._answer(call), call.base)

    def _answer(self, call: Call) -> Answer:
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

    def _change(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        books = self.books
        before, seen = books.pending(), len(books.events)
        try:
            most = 36 if call.path == "batch" else 50
            if len(parameters.get("requestid", "")) > most:
                raise refusal("2130", f"Invalid Request Id Format : at most {most} characters")
            with books.store.transaction():
                answer = self._route(call, parameters)
                books.settle()
                return answer
        except Refused as error:
            books.take_back(before, seen)
            return self._refused(error)

    def _attempt(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        try:
            return self._route(call, parameters)
        except Refused as error:
            return self._refused(error)

    def _refused(self, error: Refused) -> Answer:
        return fault_answer(error, self.books.now(), self.books.store.meta("language", "en"))

    def _route(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        self.books.include = frozenset(parameters.get("include", "").split(","))
        parts = call.path.split("/")
        kind = BY_PATH.get(parts[0])
        if kind is not None and kind != "ExchangeRate":
            return self._entity(call, parameters, kind, parts[1:])
        handler = {
            ("GET", "query"): self._query,
            ("POST", "query"): self._query,
            ("POST", "batch"): self._batch,
            ("GET", "cdc"): self._cdc,
            ("GET", "exchangerate"): self._rate,
            ("POST", "exchangerate"): self._set_rate,
            ("POST", "taxservice/taxcode"): self._tax_code,
            ("POST", "upload"): self._upload,
        }.get((call.method, call.path))
        if handler is not None:
            return handler(call, parameters)
        if call.method == "GET" and len(parts) == 2 and parts[0] == "download":
            return self._download(call, parts[1], parameters)
        raise _no_resource(self.books, call)

    def _entity(self, call: Call, parameters: Mapping[str, str], kind: str, rest: list[str]) -> Answer:
        if call.method == "GET":
            if len(rest) == 2 and rest[1] == "pdf" and kind in _PRINTED:
                return self._pdf(kind, rest[0])
            if len(rest) == 1 or (not rest and kind == "Preferences"):
                return self._read(kind, rest[0] if rest else "1", call)
        elif call.method == "POST":
            if not rest:
                return self._wrap(kind, self._write(kind, _carried(call, parameters), parameters), call)
            if len(rest) == 2 and rest[1] == "send":
                operations.check_id(rest[0])
                body = operations.send(self.books, kind, rest[0], parameters.get("sendTo", ""))
                return self._wrap(kind, body, call)
        raise _no_resource(self.books, call)

    def _read(self, kind: str, entity_id: str, call: Call) -> Answer:
        operations.check_id(entity_id)
        books = self.books
        if kind == "CompanyInfo" and entity_id == books.store.meta("realm"):
            entity_id = "1"
        if kind == "Account":
            bring_up_to_date(books)
        row = books.store.get(kind, entity_id)
        if row is None or row.state == DELETED:
            raise not_found()
        if "invoiceLink" in books.include:
            return self._wrap(kind, row.body, call)
        return Answer(200, f'{{"{kind}":{row.text},"time":"{stamp(books.now())}"}}'.encode())

    def _write(self, kind: str, body: Body, parameters: Mapping[str, str]) -> Body:
        operation = parameters.get("operation", "")
        return write(self.books, kind, body, operation, "void" in self.books.include)

    def _wrap(self, kind: str, body: Body, call: Call) -> Answer:
        link = invoice_link(self.books, kind, body, call.base)
        text = body.text if isinstance(body, Saved) and not link else dumps({**body, **link})
        return Answer(200, f'{{"{kind}":{text},"time":"{stamp(self.books.now())}"}}'.encode())

    def _query(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        text = parameters.get("query") or call.body.decode("utf-8", "replace")
        if not text.strip():
            raise missing("query")
        return json_answer({"QueryResponse": query.run(self.books, text), "time": stamp(self.books.now())})

    def _batch(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        items = ",".join(bulk.batch(self.books, read_json(call.body, each_alone=True)))
        return Answer(200, f'{{"BatchItemResponse":[{items}],"time":"{stamp(self.books.now())}"}}'.encode())

    def _cdc(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        found = bulk.changes(self.books, parameters.get("entities", ""), parameters.get("changedSince", ""))
        return json_answer({"CDCResponse": [{"QueryResponse": found}], "time": stamp(self.books.now())})

    def _rate(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        code = parameters.get("sourcecurrencycode", "")
        if not code:
            raise missing("sourcecurrencycode")
        if len(code) != 3 or not code.isalpha():
            raise refusal("2170", f"Invalid Enumeration : {code}", "sourcecurrencycode")
        day = parameters.get("asofdate") or self.books.today().isoformat()
        try:
            day = read_day(day)
        except ValueError:
            raise refusal("2060", f"Invalid Date. Supplied value:{day}", "asofdate") from None
        return self._wrap("ExchangeRate", exchange_rate(self.books, code.upper(), day), call)

    def _set_rate(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        return self._wrap("ExchangeRate", set_exchange_rate(self.books, read_json(call.body)), call)

    def _tax_code(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        """Answered without a wrapper; a duplicate name is a Fault with HTTP 200 (qbo-api.md 2.4)."""
        try:
            return json_answer(make_code(self.books, read_json(call.body)))
        except Refused as error:
            if error.problems[0].code == "6240":
                error.status = 200
            raise

    def _upload(self, call: Call, parameters: Mapping[str, str]) -> Answer:
        return json_answer({"AttachableResponse": files.upload(self.books, call), "time": stamp(self.books.now())})

    def _download(self, call: Call, entity_id: str, parameters: Mapping[str, str]) -> Answer:
        """The address of an attachment's content, as text; or the content at that address."""
        operations.check_id(entity_id)
        content_type, content = file_of(self.books, entity_id)
        if "content" in parameters:
            return Answer(200, content, content_type)
        return Answer(200, address(self.books, entity_id, call.base).encode(), "text/plain;charset=UTF-8")

    def _pdf(self, kind: str, entity_id: str) -> Answer:
        from onedesk_quickbooks.plugin.sandbox.pages.pdf import form_pdf

        operations.check_id(entity_id)
        body = self.books.get(kind, entity_id)
        return Answer(200, form_pdf(self.books.company, kind, body), "application/pdf")


def invoice_link(books: Books, kind: str, body: Body, base: str) -> Body:
    """The address at which a customer can pay, if it was requested and is available (qbo-api.md 2.1, InvoiceLink)."""
    online = body.get("AllowOnlineCreditCardPayment") or body.get("AllowOnlineACHPayment")
    if kind != "Invoice" or "invoiceLink" not in books.include or not online:
        return {}
    enabled = books.preferences["SalesFormsPrefs"].get("ETransactionPaymentEnabled")
    if not enabled or not (body.get("BillEmail") or {}).get("Address"):
        return {}
    return {"InvoiceLink": f"{base}/c/{books.store.meta('realm')}/pay/{body['Id']}"}


def write(books: Books, kind: str, body: Body, operation: str, void: bool) -> Body:
    """A POST on an entity: create without Id, else update, delete or void. Raises Refused."""
    if operation == "delete":
        return operations.delete(books, kind, body)
    if operation == "void" or (void and (operation == "update" or (not operation and body.get("Id")))):
        return operations.void(books, kind, body)
    if operation not in ("", "create", "update"):
        raise refusal("500", f"Unsupported Operation : Operation {operation} is not supported")
    if body.get("Id") and operation != "create":
        return operations.update(books, kind, body)
    return operations.create(books, kind, body)


def _carried(call: Call, parameters: Mapping[str, str]) -> Body:
    """The object of a POST; a void or a deletion without a body may have it in the query, as n8n sends it."""
    if call.body.strip() or parameters.get("operation") not in ("void", "delete") or "Id" not in parameters:
        return read_json(call.body)
    return {key: parameters[key] for key in ("Id", "SyncToken") if key in parameters}


def _no_resource(books: Books, call: Call) -> Refused:
    path = f"/v3/company/{books.store.meta('realm')}/{call.path}"
    found = f"Could not find resource for relative : {path} of full path: {call.base}{path}"
    return refusal("500", f"Operation {found} is not supported.")
