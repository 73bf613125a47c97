"""Many operations in one request, each with its own answer (qbo-api.md 3.9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.qbo.faults import of_json, problem_of
from onedesk_quickbooks.plugin.qbo.problems import AnswerUnknown, BadRows, QuickBooksProblem
from onedesk_quickbooks.plugin.qbo.transport import Answer, Response, Transport
from onedesk_quickbooks.plugin.texts import Text

MOST_IN_BATCH = 30


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One write. `bid` is unique in its batch and at most 10 characters long; `operation` is create, update, delete
    or void."""

    bid: str
    operation: str
    entity: str
    body: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The form in a BatchItemRequest. A payment is voided by an update with an option (qbo-api.md 3.5)."""
        item = {"bId": self.bid, "operation": self.operation, self.entity: dict(self.body)}
        if self.entity == "Payment" and self.operation == "void":
            return {**item, "operation": "update", "optionsData": "void"}
        return item


def perform(
    transport: Transport, items: Sequence[BatchItem], requestid: str
) -> dict[str, Response | QuickBooksProblem]:
    """The result of each item by its `bid`: the object as answered, or the problem. Items that are missing in the
    answer are missing here, too. Raises ValueError for more than 30 items."""
    if len(items) > MOST_IN_BATCH:
        raise ValueError(f"a batch takes {MOST_IN_BATCH} items, not {len(items)}")
    if not items:
        return {}
    body = {"BatchItemRequest": [item.to_json() for item in items]}
    answer = transport.request("POST", "batch", json=body, requestid=requestid)
    answered = answers_by_bid(answer)
    return {item.bid: _outcome(item, answered[item.bid], answer.tid) for item in items if item.bid in answered}


def _outcome(item: BatchItem, answered: Mapping[str, Any], tid: str) -> Response | QuickBooksProblem:
    faults = tuple(of_json(answered, 200, tid))
    if faults:
        return problem_of(faults)
    held = answered.get(item.entity)
    if isinstance(held, dict):
        return Response(held, tid)
    return AnswerUnknown(Text("the batch's answer has no {entity} for {bid}", entity=item.entity, bid=item.bid), tid)


def ask(transport: Transport, statements: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The QueryResponse of each statement, in their order, at most 30 a request; raises the problem of the first one
    that has one."""
    for begin in range(0, len(statements), MOST_IN_BATCH):
        chunk = statements[begin : begin + MOST_IN_BATCH]
        items = [{"bId": str(number), "Query": text} for number, text in enumerate(chunk)]
        answer = transport.request("POST", "batch", json={"BatchItemRequest": items}, reads=True)
        answered = answers_by_bid(answer)
        answers = [answered.get(str(number), {}) for number in range(len(chunk))]
        wrong = [tuple(of_json(found, 200, answer.tid)) for found in answers]
        for found, faults in zip(answers, wrong, strict=True):
            if faults:
                raise problem_of(faults)
            if "QueryResponse" not in found:
                raise AnswerUnknown(Text("the batch's answer lacks one of its questions"), answer.tid)
            yield found["QueryResponse"] or {}


def answers_by_bid(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """The items of a batch's answer. Raises `AnswerUnknown` when it has none."""
    held = answer.json.get("BatchItemResponse") if isinstance(answer.json, dict) else None
    if not isinstance(held, list):
        raise AnswerUnknown(Text("the batch's answer has no items"), answer.tid)
    bids = Counter(str(item.get("bId", "")) for item in held if isinstance(item, dict))
    items = [item for item in held if isinstance(item, dict)]
    # of two with one id, neither is used
    return {bid: item for item in items if bids[bid := str(item.get("bId", ""))] == 1}


def rows_of(response: Mapping[str, Any], entity: str) -> list[dict[str, Any]]:
    """The objects of this entity in a QueryResponse. Raises `BadRows` where one is no object with an id, or where there
    are objects of another entity instead."""
    rows = response.get(entity) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("Id"), str) for row in rows):
        raise BadRows(entity, Text("a row of {entity} in its answer is not an object with an id", entity=entity))
    others = [key for key, each in response.items() if isinstance(each, list) and key != entity]
    if others and not rows:
        raise BadRows(
            entity, Text("it answered {others} where {entity} was asked for", others=others[0], entity=entity)
        )
    return rows
