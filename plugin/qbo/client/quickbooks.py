"""The data of one company: typed reads, raw writes. Every method raises what `Transport.request` does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import simplejson
from urllib3.filepost import encode_multipart_formdata

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksInvoice, BooksItem, BooksPayment
from onedesk_quickbooks.plugin.model.company_settings import Account, Company, Preferences, Ref, TaxCode
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.qbo.client.batches import MOST_IN_BATCH, BatchItem, ask, perform, rows_of
from onedesk_quickbooks.plugin.qbo.client.changes import Changes, capture, time_of
from onedesk_quickbooks.plugin.qbo.client.lookup import (
    CREDITS,
    OTHERS,
    PREFERENCES,
    Everything,
    LookupResult,
    Other,
    Question,
    Wanted,
    other_questions,
    preferences_of,
    read_everything,
    read_look_up,
    read_others,
)
from onedesk_quickbooks.plugin.qbo.faults import of_json, problem_of
from onedesk_quickbooks.plugin.qbo.problems import AnswerUnknown, BadRows, QuickBooksProblem, Refused, Unreadable
from onedesk_quickbooks.plugin.qbo.transport import Answer, Response, Transport
from onedesk_quickbooks.plugin.qbo.wire import readers
from onedesk_quickbooks.plugin.qbo.wire.recovered import ATTACHABLE
from onedesk_quickbooks.plugin.qbo.wire.statements import (
    EVEN_INACTIVE,
    MOST_ROWS,
    is_below,
    is_in,
    quoted,
    select,
)
from onedesk_quickbooks.plugin.qbo.wire.times import read_instant
from onedesk_quickbooks.plugin.texts import Text

_LONG_STATEMENT = 1500
"""A longer statement is posted: the length of a URL is limited."""

_MOST_PAGES, _MOST_KEPT = 1000, 200
"""Pages of one query, and of one whose rows are kept in memory together: more count as endless."""
_FEW = 4
"""Up to this number, questions are sent one at a time, where that uses less of QuickBooks' limits: it allows a dozen
times as many queries a minute as batches."""
_NUMBERED = "Id, DocNumber"
_NOTED = "Id, PrivateNote"
_LISTS = frozenset({"Customer", "Item"})
"""Entities whose inactive objects are left out of queries unless asked for."""

Where = str | Mapping[str, str]
IdFilter = Callable[[str, Mapping[str, str]], Iterable[str]]
"""From an entity's rows, {Id: SyncToken}, the ids to read whole."""
Rows = list[dict[str, Any]]


class QuickBooks:
    """One company. Threads may share it."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._methods: dict[str, str] = {}

    # -- the company and its lists

    def company(self) -> Company:
        """Name, country, currency and the preferences that planning needs. Two requests."""
        realm = self.transport.realm_id
        info = self._object(self.transport.request("GET", f"companyinfo/{realm}"), "CompanyInfo")
        answer = self.transport.request("GET", "preferences")
        try:
            return readers.read_company(realm, info, self._object(answer, "Preferences"))
        except (KeyError, TypeError):
            raise AnswerUnknown(Text("the company's preferences name no home currency"), answer.tid) from None

    def clock(self) -> datetime:
        """QuickBooks' own time, for where our clock may be wrong. One request."""
        answer = self.transport.request("GET", f"companyinfo/{self.transport.realm_id}")
        try:
            return read_instant(answer.json["time"])
        except (KeyError, TypeError, ValueError):
            raise AnswerUnknown(Text("its answer says no time"), answer.tid) from None

    def accounts(self) -> tuple[Account, ...]:
        """All active accounts, of every type."""
        return tuple(map(readers.read_account, self.query_all("Account")))

    def tax_codes(self) -> tuple[TaxCode, ...]:
        """All active tax codes with their sales rates, including the US pseudo codes TAX and NON."""
        codes, rates = self._rows([("TaxCode", ""), ("TaxRate", EVEN_INACTIVE)])
        by_id = {str(raw["Id"]): raw for raw in rates}
        return tuple(readers.read_tax_code(raw, by_id) for raw in codes)

    def terms(self) -> tuple[Ref, ...]:
        """All active payment terms."""
        return tuple(Ref(str(raw["Id"]), str(raw["Name"])) for raw in self.query_all("Term"))

    def classes(self) -> tuple[Ref, ...]:
        """All active classes, by their fully qualified names."""
        rows = self.query_all("Class")
        return tuple(Ref(str(raw["Id"]), str(raw.get("FullyQualifiedName") or raw["Name"])) for raw in rows)

    def locations(self) -> tuple[Ref, ...]:
        """All active locations, by their fully qualified names."""
        rows = self.query_all("Department")
        return tuple(Ref(str(raw["Id"]), str(raw.get("FullyQualifiedName") or raw["Name"])) for raw in rows)

    def payment_methods(self) -> Mapping[str, str]:
        """Payment methods by id, including inactive ones; requested once."""
        if not self._methods:
            rows = self.query_all("PaymentMethod", EVEN_INACTIVE)
            self._methods = {str(raw["Id"]): str(raw.get("Name", "")) for raw in rows}
        return self._methods

    def active_methods(self) -> tuple[Ref, ...]:
        """The payment methods that a payment may have now."""
        return tuple(Ref(str(raw["Id"]), str(raw.get("Name", ""))) for raw in self.query_all("PaymentMethod"))

    def exchange_rate(self, currency: str, day: date) -> Decimal | None:
        """Home units for one unit of `currency` on `day`; None where QuickBooks has none."""
        params = {"sourcecurrencycode": currency, "asofdate": day.isoformat()}
        try:
            rate = self._object(self.transport.request("GET", "exchangerate", params=params), "ExchangeRate")
        except Refused as refusal:
            if refusal.do == "stop":
                raise
            return None
        return readers.amount_of(rate, "Rate") or None

    # -- looking up

    def look_up(
        self,
        customer_names: Iterable[str] = (),
        customer_emails: Iterable[str] = (),
        customer_ids: Iterable[str] = (),
        item_names: Iterable[str] = (),
        numbers: Iterable[str] = (),
        invoice_ids: Iterable[str] = (),
        item_ids: Iterable[str] = (),
        credit_memo_ids: Iterable[str] = (),
    ) -> LookupResult:
        """All that plans need, and the company's preferences, in as few requests as possible: none for nothing, else
        one batch. Names (an item's last part, or the fully qualified one) are found independent of case, spaces and
        accents; more names than fit into one batch are asked for in lists, and those without a result again one at a
        time."""
        wanted = Wanted(
            tuple(customer_names),
            tuple(customer_emails),
            tuple(customer_ids),
            tuple(item_names),
            tuple(numbers),
            tuple(invoice_ids),
            tuple(item_ids),
            tuple(credit_memo_ids),
        )
        asked = wanted.questions(alike=True)
        if not any(asked.values()):
            return LookupResult((), (), {}, ())
        preferences = {"preferences": [PREFERENCES]}
        if sum(map(len, asked.values())) < MOST_IN_BATCH:
            return read_look_up(wanted, self._found(asked | preferences))
        found = self._found(wanted.questions(alike=False) | preferences)
        others = self._found(wanted.missing(found).questions(alike=True))
        return read_look_up(wanted, {what: [*found[what], *others.get(what, ())] for what in found})

    def items_in(self, categories: Iterable[str]) -> tuple[BooksItem, ...]:
        """The items in these categories, and perhaps more. One request, none for none."""
        asked = [("Item", condition) for condition in is_below("FullyQualifiedName", categories)]
        with _about_some():
            answers = self._rows(asked) if asked else ()
        return tuple(readers.read_item(raw) for rows in answers for raw in rows)

    def beside(
        self, names: Iterable[str], near_names: Iterable[str] = (), near_emails: Iterable[str] = ()
    ) -> tuple[tuple[Other, ...], tuple[BooksCustomer, ...]]:
        """The records that a new customer may conflict with: the vendors and employees that have these names, or had
        them before they were made inactive, and the active customers with a similar name or one of the addresses. One
        request for about every six customers, none for none."""
        wanted, near = dict.fromkeys(names), Wanted(near_names=tuple(near_names), near_emails=tuple(near_emails))
        asked, keys = [*other_questions(wanted), *near.near_questions()], set(map(name_key, wanted))
        rows: dict[str, Rows] = {}
        with _about_some():
            answers = self._rows(asked)
        for (entity, _), found in zip(asked, answers, strict=True):
            rows.setdefault(entity, []).extend(found)
        others = tuple(each for each in read_others(rows) if not keys.isdisjoint(each.keys))
        return others, near.customers(map(readers.read_customer, rows.get("Customer", ())))

    def _found(self, asked: Mapping[str, Sequence[Question]]) -> dict[str, Rows]:
        with _about_some():
            answers = iter(self._rows([question for each in asked.values() for question in each]))
        return {what: [row for _ in each for row in next(answers)] for what, each in asked.items()}

    def everything(self, most: int) -> Everything | None:
        """All customers, items, vendors and employees, including inactive ones, and the numbers of all invoices and
        credit memos: a request for every 1000, and one for the first page of all but customers and invoices together;
        None where there are more than `most` of a kind."""
        found: dict[str, Rows] = {"Customer": [], "Invoice": []}
        times = []
        for entity, rows in found.items():
            fields, where = (_NUMBERED, "") if entity == "Invoice" else ("*", EVEN_INACTIVE)
            for page, time in self._pages(entity, fields, where):
                times.append(time)
                rows += page
                if len(rows) > most:
                    return None
        names = ("Item", *OTHERS, CREDITS, "Preferences")
        found |= zip(
            names, self._rows([(name, "" if name == CREDITS else EVEN_INACTIVE) for name in names]), strict=True
        )
        return None if any(len(found[name]) > most for name in names) else read_everything(found, times[0])

    def _pages(self, entity: str, fields: str, where: str = "") -> Iterator[tuple[Rows, datetime]]:
        """Rows, and QuickBooks' time of the answer."""
        start, before = 1, Rows()
        for _ in range(_MOST_PAGES):
            answer = self._answer(select(entity, where, start, fields))
            page = rows_of(self._object(answer, "QueryResponse"), entity)
            _newer_page(entity, before, page)
            yield page, time_of(answer)
            if len(page) < MOST_ROWS:
                return
            start, before = start + len(page), page
        raise _endless(entity, _MOST_PAGES)

    def everything_since(self, since: datetime, many_invoices: bool = False) -> Everything:
        """The changes of customers, items, vendors, employees and invoice numbers since an instant at most 30 days ago.
        One request, as long as fewer than 1000 of them changed; where `many_invoices` are known to have changed, only
        their numbers are requested, without the rest that change data capture would return. One more for the company's
        preferences."""
        entities = ("Customer", "Item", *OTHERS, CREDITS, *(() if many_invoices else ("Invoice",)))
        changes = capture(self.transport, entities, since)
        rows = dict(changes.entities)
        if many_invoices or "Invoice" in changes.incomplete:
            pages = self._pages("Invoice", _NUMBERED, _changed_since(since))
            rows["Invoice"] = [row for page, _ in pages for row in page]
        rows["Preferences"] = self.query_all(*PREFERENCES)
        kinds = ("Customer", "Item", *OTHERS)
        gone = {entity: frozenset(changes.deleted.get(entity, ())) for entity in kinds}
        whole = not {*kinds, CREDITS}.intersection(changes.incomplete)
        return dataclasses.replace(read_everything(rows, changes.time), gone=gone, whole=whole)

    def gone(self, entity: str, ids: Iterable[str]) -> set[str]:
        """Those of these customers or items that QuickBooks no longer has, or has inactive. At most one request."""
        wanted = set(ids)
        # inactive ones are left out unless asked for
        asked = [(entity, condition) for condition in is_in("Id", sorted(wanted))]
        return wanted - {str(raw["Id"]) for rows in self._rows(asked) for raw in rows}

    def read(self, entity: str, entity_id: str) -> dict[str, Any] | None:
        """An object as QuickBooks has it; None where it has none, or no longer has it (610)."""
        try:
            answer = self.transport.request("GET", f"{entity.lower()}/{entity_id}")
        except Refused as refusal:
            if refusal.codes == {"610"}:
                return None
            raise
        found = self._object(answer, entity)
        if found.get("Id") != entity_id:
            raise AnswerUnknown(
                Text("it answered another {entity} than {entity_id}", entity=entity, entity_id=entity_id), answer.tid
            )
        return found

    def invoice(self, invoice_id: str, kind: str = INVOICE) -> BooksInvoice | None:
        """An invoice, or a credit memo (`kind`); None where it was deleted."""
        raw = self.read(readers.FORMS[kind], invoice_id)
        return readers.read_form(raw, kind) if raw else None

    def invoices_dated(self, first: date | None, last: date | None, kind: str = INVOICE) -> Rows:
        """All invoices, or credit memos (`kind`), from `first` to `last`; None: open end. One request for every
        1000."""
        ends = ((">=", first), ("<=", last))
        return self.query_all(readers.FORMS[kind], " AND ".join(f"TxnDate {sign} '{day}'" for sign, day in ends if day))

    def notes(self) -> Iterator[tuple[str, str, str]]:
        """(kind, id, private note) of every invoice and credit memo that has a note. One request for every 1000
        of each."""
        for kind, entity in readers.FORMS.items():
            for page, _ in self._pages(entity, _NOTED):
                notes = ((str(raw["Id"]), raw.get("PrivateNote")) for raw in page)
                yield from ((kind, qbo_id, note) for qbo_id, note in notes if note and isinstance(note, str))

    def there(self, entity: str, ids: Iterable[str]) -> Rows:
        """Those of the objects that exist; one request for every 1200."""
        return [row for rows in self._rows([(entity, each) for each in is_in("Id", ids)]) for row in rows]

    def payments(self, payment_ids: Iterable[str]) -> tuple[BooksPayment, ...]:
        """Those of the payments that exist."""
        return self.read_payments(self.there("Payment", payment_ids))

    def billed(self, invoice_ids: Iterable[str]) -> tuple[tuple[BooksInvoice, ...], Preferences | None]:
        """Those of the invoices that exist, and the company's preferences. Two requests for every 40, at most four
        beside batches; none for none."""
        asked = [("Invoice", each) for each in is_in("Id", invoice_ids)]
        if not asked:
            return (), None
        with _about_some():
            *found, preferences = self._rows([*asked, PREFERENCES], _FEW)
        return tuple(readers.read_invoice(raw) for rows in found for raw in rows), preferences_of(preferences)

    def payments_about(
        self, payment_ids: Iterable[str], days: Mapping[date, Iterable[str]]
    ) -> tuple[BooksPayment, ...]:
        """Those of the payments that exist, and those of these customers on a day, each once. One request for every 40
        of either, at most four beside batches; none for none."""
        asked = [("Payment", each) for each in is_in("Id", payment_ids)]
        for day, customer_ids in days.items():
            on_day = f"TxnDate = {quoted(day.isoformat())}"
            asked += [("Payment", f"{on_day} AND {each}") for each in is_in("CustomerRef", customer_ids)]
        found = {str(raw["Id"]): raw for rows in self._rows(asked, _FEW) for raw in rows}
        return self.read_payments(list(found.values()))

    def read_payments(self, rows: Sequence[Mapping[str, Any]]) -> tuple[BooksPayment, ...]:
        """The raw payments parsed, with the names of their methods: QuickBooks may answer a method's id only."""
        refs = [raw.get("PaymentMethodRef") or {} for raw in rows]
        unnamed = any(each.get("value") and not each.get("name") for each in refs)
        methods = self.payment_methods() if unnamed else {}
        return tuple(readers.read_payment(raw, methods) for raw in rows)

    def changes(self, entities: Sequence[str], since: datetime, id_filter: IdFilter | None = None) -> Changes:
        """The changes since an instant (at most 30 days ago, inclusive), however many there are.

        Where there are more than change data capture returns, `id_filter` is called with the Id and SyncToken of a page
        of rows at a time and returns the ids to read whole; the others are left out.
        """
        changes = capture(self.transport, entities, since)
        for entity in changes.incomplete:
            rows = self.changed(entity, since, id_filter)
            changes = dataclasses.replace(changes, entities={**changes.entities, entity: rows})
        return changes

    def changed(self, entity: str, since: datetime, id_filter: IdFilter | None = None) -> Rows:
        """The same for one entity and any time, by a query: without deleted objects."""
        inactive = f"{EVEN_INACTIVE} AND " if entity in _LISTS else ""
        where = inactive + _changed_since(since)
        if id_filter is None:
            return self.query_all(entity, where)
        found: Rows = []
        for page, _ in self._pages(entity, "Id, SyncToken", where):
            ids = id_filter(entity, {str(raw["Id"]): str(raw["SyncToken"]) for raw in page})
            asked = [(entity, inactive + each) for each in is_in("Id", ids)]
            found += [row for rows in self._rows(asked) for row in rows]
        return found

    # -- queries

    def query(self, text: str) -> dict[str, Any]:
        """The QueryResponse of a statement: one page of rows."""
        return self._object(self._answer(text), "QueryResponse")

    def _answer(self, text: str) -> Answer:
        if len(text) <= _LONG_STATEMENT:
            return self.transport.request("GET", "query", params={"query": text})
        headers = {"Content-Type": "application/text"}
        return self.transport.request("POST", "query", data=text.encode(), headers=headers)

    def query_all(self, entity: str, where: Where = "") -> Rows:
        """All rows, page by page. `where` is a condition, or properties and the texts that they must equal."""
        if not isinstance(where, str):
            where = " AND ".join(f"{name} = {quoted(value)}" for name, value in where.items())
        first = rows_of(self.query(select(entity, where)), entity)
        return [*first, *self._more(entity, where, first)]

    def _rows(self, asked: Sequence[Question], few: int = 1) -> list[Rows]:
        """The rows of each question: queries where there are `few`, else batches of them."""
        if len(asked) <= few:
            return [self.query_all(*question) for question in asked]
        responses = ask(self.transport, [select(*question) for question in asked])
        first = [rows_of(response, entity) for (entity, _), response in zip(asked, responses, strict=True)]
        return [[*page, *self._more(*question, page)] for question, page in zip(asked, first, strict=True)]

    def _more(self, entity: str, where: str, page: Rows) -> Iterator[dict[str, Any]]:
        """The rows after a full page."""
        for number in range(1, _MOST_KEPT + 1):
            if len(page) < MOST_ROWS:
                return
            start = number * MOST_ROWS
            before, page = page, rows_of(self.query(select(entity, where, start + 1)), entity)
            _newer_page(entity, before, page)
            yield from page
        raise _endless(entity, _MOST_KEPT)

    # -- writing

    def post(
        self, entity: str, body: Mapping[str, Any], requestid: str, operation: str = "create", include: str = ""
    ) -> Response:
        """Create, update, delete or void; returns the object as answered. A payment is voided by an update with an
        option (qbo-api.md 3.5)."""
        params = {}
        if entity == "Payment" and operation == "void":
            params["operation"] = "update"
            include = ",".join(filter(None, (include, "void")))
            body = {**body, "sparse": True}
        elif operation in ("delete", "void"):
            params["operation"] = operation
        if include:
            params["include"] = include
        answer = self.transport.request("POST", entity.lower(), params=params, json=body, requestid=requestid)
        return Response(self._object(answer, entity), answer.tid)

    def send(self, invoice_id: str, to: str, requestid: str, entity: str = "Invoice") -> Response:
        """Have QuickBooks e-mail an invoice, or another `entity`, to one address, which it keeps; returns the invoice
        as answered. Several addresses, separated by commas, are not passed, since QuickBooks takes one (qbo-api.md
        3.6): the invoice has them."""
        answer = self.transport.request(
            "POST",
            f"{entity.lower()}/{invoice_id}/send",
            params={"sendTo": to} if to and "," not in to else {},
            data=b"",
            headers={"Content-Type": "application/octet-stream"},
            requestid=requestid,
        )
        return Response(self._object(answer, entity), answer.tid)

    def upload(self, body: Mapping[str, Any], content: bytes, requestid: str) -> Response:
        """Attach a file (`bodies.attachable_body`); returns the attachment as answered. A fault comes in an answer of
        200."""
        metadata = simplejson.dumps(body, ensure_ascii=False)
        parts = {
            "file_metadata_0": (None, metadata.encode(), "application/json"),
            "file_content_0": (body["FileName"], content, body["ContentType"]),
        }
        data, content_type = encode_multipart_formdata(parts)
        headers = {"Content-Type": content_type}
        answer = self.transport.request("POST", "upload", data=data, headers=headers, requestid=requestid)
        held = answer.json.get("AttachableResponse") if isinstance(answer.json, dict) else None
        if not isinstance(held, list) or len(held) != 1 or not isinstance(held[0], dict):
            raise AnswerUnknown(Text("its answer has no {key}", key="AttachableResponse"), answer.tid)
        if faults := tuple(of_json(held[0], 200, answer.tid)):
            raise problem_of(faults)
        return Response(self._object(dataclasses.replace(answer, json=held[0]), ATTACHABLE), answer.tid)

    def pdf(self, invoice_id: str, kind: str = INVOICE) -> bytes:
        """An invoice, or a credit memo (`kind`), as QuickBooks prints it; for a person who waits."""
        path = f"{readers.FORMS[kind].lower()}/{invoice_id}/pdf"
        answer = self.transport.request("GET", path, accept="application/pdf", hurry=True)
        if not answer.data.startswith(b"%PDF-"):
            raise AnswerUnknown(Text("it answered something else than a PDF"), answer.tid)
        return answer.data

    def batch(self, items: Sequence[BatchItem], requestid: str) -> dict[str, Response | QuickBooksProblem]:
        """Up to 30 writes in one request, each with its own result, by its `bid`."""
        return perform(self.transport, items, requestid)

    @staticmethod
    def _object(answer: Answer, key: str) -> dict[str, Any]:
        held = answer.json.get(key) if isinstance(answer.json, dict) else None
        if not isinstance(held, dict):
            raise AnswerUnknown(Text("its answer has no {key}", key=key), answer.tid)
        return held


def _newer_page(entity: str, before: Rows, page: Rows) -> None:
    """Raises `BadRows` where a page of rows repeats the one before, so that there would be no end."""
    if before and page and before[0]["Id"] == page[0]["Id"]:
        raise BadRows(entity, Text("it answered the same page of rows twice"))


def _endless(entity: str, pages: int) -> BadRows:
    return BadRows(entity, Text("it answered more than {pages} rows", pages=f"{pages * MOST_ROWS:,}"))


@contextmanager
def _about_some() -> Iterator[None]:
    """Raises unreadable or endless rows as a refusal where names and numbers are asked for: separate look-ups then show
    which invoice is the cause. The company's preferences concern all."""
    try:
        yield
    except BadRows as problem:
        if problem.entity == PREFERENCES[0]:
            raise
        raise Unreadable(problem.entity, "", problem.why) from None


def _changed_since(since: datetime) -> str:
    return f"MetaData.LastUpdatedTime >= {quoted(since.isoformat(timespec='seconds'))}"
