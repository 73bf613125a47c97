"""schemas/qbo/tables: every property is known to requests, and every answer survives the way to XML and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS
from onedesk_quickbooks.plugin.sandbox.wire.tables import entities, table
from onedesk_quickbooks.plugin.sandbox.wire.xml import to_json, to_xml

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

Connect = Callable[..., "Client"]
SAMPLES = {"text": "1", "word": "1", "date": "2026-01-01", "time": "2026-01-01T00:00:00Z", "number": 1, "flag": True}
LEFT_OPEN = ("any", "IntuitAnyType")
WRITTEN = [kind for kind, spec in KINDS.items() if spec.complete is not None]


def sample(kind: str, deep: bool = True) -> Any:
    """A value of a type of the tables; of a class one with all its properties, or an empty one."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    if "$" in table(kind):
        return {"value": "1"}
    if not deep or kind in LEFT_OPEN:
        return {}
    return {name: many(held, sample(held.type, False)) for name, held in table(kind).items()}


def many(held: Any, value: Any) -> Any:
    return [value] if held.many else value


def test_every_entity_has_a_table() -> None:
    assert set(KINDS) <= entities()


@pytest.mark.parametrize("kind", WRITTEN)
def test_no_property_of_the_schema_is_unknown(connect: Connect, kind: str) -> None:
    client = connect()
    for name, held in table(kind).items():
        reply = client.call("POST", kind.lower(), {name: many(held, sample(held.type))})
        faults = reply.json.get("Fault", {}).get("Error", [])
        assert not [each for each in faults if "Unrecognized field" in each["Detail"]], f"{name}: {faults}"


@pytest.mark.parametrize("company", ["us", "ca", "intl"])
def test_an_answer_survives_xml(connect: Connect, company: str) -> None:
    client = connect(company)
    for kind in KINDS:
        if kind == "ExchangeRate":
            continue
        for body in client.sandbox.list(kind):
            text = to_xml({kind: body, "time": ""})
            inner = text[text.index(b"<" + kind.encode()) : text.rindex(b"</IntuitResponse>")]
            back = simplejson.loads(to_json(inner), use_decimal=True)
            assert back == bare(body, kind), f"{kind} {body['Id']}"


def bare(value: Any, kind: str) -> Any:
    """What XML can say of a value: nothing of what is empty, no names of what the schema leaves open."""
    properties = table(kind)
    if isinstance(value, list):
        return [bare(each, kind) for each in value]
    if not isinstance(value, dict):
        return value
    if "$" in properties:
        return value
    assert set(value) <= set(properties), f"{kind} has no {set(value) - set(properties)}"
    closed = {key: each for key, each in value.items() if properties[key].type not in LEFT_OPEN}
    parts = {key: bare(each, properties[key].type) for key, each in closed.items()}
    return {key: each for key, each in parts.items() if each not in (None, [])}


def test_xml_that_is_too_deep_is_none() -> None:
    inside = "<GroupLineDetail><Line>" * 50_000 + "</Line></GroupLineDetail>" * 50_000
    text = f"<Invoice><Line>{inside}</Line></Invoice>".encode()
    assert to_json(text) == text
