"""JSON and XML of one answer or request, with names, order and mapping from the tables (`wire/tables.py`).

A reference is text with attributes, `{"value": "7", "name": "Ann"}` <-> `<CustomerRef name="Ann">7</CustomerRef>`;
properties that the schema marks as attributes are attributes; the others are elements in the schema's order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from onedesk_quickbooks.plugin.sandbox.wire.tables import ANY_TYPE, TEXT, Property, entities, table
from onedesk_quickbooks.plugin.sandbox.wire.values import ILLEGAL, Body, dumps

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMESPACE = "http://schema.intuit.com/finance/v3"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_ENVELOPES = {
    "Fault": ("type",),
    "Error": ("code", "element"),
    "QueryResponse": ("startPosition", "maxResults", "totalCount"),
    "BatchItemResponse": ("bId",),
}
"""The elements around entities in an answer, with their attributes."""
_REFERENCE = {"value", "name", "type"}
_PLACE = itemgetter(0)


def to_xml(value: dict[str, Any]) -> bytes:
    """An answer as XML, as QuickBooks sends it; also in the format of the gateway (qbo-api.md section 4)."""
    time = value.get("time", "")
    if isinstance(value.get("fault"), dict):
        value = {"Fault": _capitals(value["fault"])}
        time = datetime.fromtimestamp(time / 1000, timezone.utc).isoformat(timespec="milliseconds")
    parts = [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse xmlns="{_NAMESPACE}" time={quoteattr(str(time))}>'
    ]
    for key, each in value.items():
        if key != "time":
            _write(parts, key, each, key)
    parts.append("</IntuitResponse>")
    return ILLEGAL.sub("\ufffd", "".join(parts)).encode()


def _capitals(fault: dict[str, Any]) -> dict[str, Any]:
    """A fault of the gateway with the names of the service."""
    names = {"message": "Message", "detail": "Detail"}
    return {
        "Error": [{names.get(key, key): each[key] for key in each} for each in fault["error"]],
        "type": fault["type"],
    }


def _write(parts: list[str], name: str, value: Any, kind: str) -> None:
    """Add one element, or one for each of a list. `kind` is its class."""
    if isinstance(value, list):
        for each in value:
            _write(parts, name, each, kind)
    elif isinstance(value, dict):
        if kind == ANY_TYPE:
            _write_any(parts, name, value)
        else:
            _write_object(parts, name, value, kind)
    elif value is not None:
        parts.append(f"<{name}>{_plain(value)}</{name}>")


def _write_object(parts: list[str], name: str, value: Body, kind: str) -> None:
    properties = table(kind)
    if "value" in value and (TEXT in properties or value.keys() <= _REFERENCE):
        names = "".join([f" {key}={_quoted(value[key])}" for key in ("name", "type") if value.get(key)])
        parts.append(f"<{name}{names}>{_plain(value['value'])}</{name}>")
        return
    envelope = _ENVELOPES.get(name, ())
    marks, children = "", []
    for key, each in value.items():
        held = properties.get(key)
        if held is None and key not in envelope:
            children.append((len(properties), key, each, key))
        elif held is not None and not held.attribute:
            children.append((held.place, key, each, held.type))
        elif each not in (None, ""):
            marks += f" {key}={_quoted(each)}"
    if kind == "CustomFieldDefinition":
        marks += f' xmlns:xsi="{_INSTANCE}" xsi:type="{_definition(value)}"'
    parts.append(f"<{name}{marks}>")
    # The sort is stable: properties that the schema does not have come last, in the order of the answer.
    for _, key, each, each_kind in sorted(children, key=_PLACE):
        _write(parts, key, each, each_kind)
    parts.append(f"</{name}>")


def _definition(value: Body) -> str:
    """The class of the definition of custom fields, which the schema does not specify."""
    first: Body = next(iter(value.get("CustomField") or []), {})
    return f"{first.get('Type', 'StringType')}CustomFieldDefinition"


def _write_any(parts: list[str], name: str, value: Body) -> None:
    """A value that the schema does not specify: JSON has the element's name beside it."""
    parts.append(f"<{name}>")
    for each in value.get("any") or []:
        inner = str(each.get("name", "")).rpartition("}")[2]
        _write(parts, inner, each.get("value"), inner)
    parts.append(f"</{name}>")


def _plain(value: Any) -> str:
    """A value as the text of an element."""
    if isinstance(value, str):
        return escape(value) if "&" in value or "<" in value or ">" in value else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _quoted(value: Any) -> str:
    """A value as an attribute, with its quotes."""
    return quoteattr(value) if isinstance(value, str) else f'"{_plain(value)}"'


def to_json(text: bytes) -> bytes:
    """A request in XML as the equivalent JSON; elements that the schema does not have are ignored.

    Text that is no XML is returned unchanged: JSON is read anyway, anything else fails as invalid XML at its first
    character.
    """
    try:
        root = fromstring(text, forbid_dtd=True)
        name = _local(root.tag)
        batch = name == "IntuitBatchRequest"
        body = {"BatchItemRequest": [_item(each) for each in root]} if batch else _read(root, name)
        return dumps(body).encode()
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return text if text.lstrip()[:1] in (b"<", b"{", b"") else b"<" + text


def _item(node: Element) -> Body:
    """One item of a batch: its id and operation, and an entity or a query."""
    item: Body = dict(node.attrib)
    for child in node:
        name = _local(child.tag)
        if name in entities():
            item[name] = _read(child, name)
        elif len(child):
            item[name] = {_local(each.tag): each.text or "" for each in child}
        else:
            item[name] = child.text or ""
    return item


def _read(node: Element, kind: str) -> Body:
    properties = table(kind)
    body: Body = {}
    for key, text in node.attrib.items():
        if key in properties:
            body[key] = _scalar(text, properties[key])
    if TEXT in properties:
        body["value"] = (node.text or "").strip()
        return body
    for name, value in _children(node, properties):
        if properties[name].many:
            body.setdefault(name, []).append(value)
        else:
            body[name] = value
    return body


def _children(node: Element, properties: dict[str, Property]) -> Iterator[tuple[str, Any]]:
    for child in node:
        name = _local(child.tag)
        held = properties.get(name)
        if held is None or held.type in ("any", ANY_TYPE) or child.get(f"{{{_INSTANCE}}}nil") == "true":
            continue
        yield name, _read(child, held.type) if table(held.type) else _scalar(child.text or "", held)


def _scalar(text: str, held: Property) -> Any:
    """The value of a text; one of another type stays a text, which its field refuses."""
    bare = text.strip()
    if held.type == "flag" and bare in ("true", "false", "1", "0"):
        return bare in ("true", "1")
    if held.type == "number" and bare:
        try:
            number = Decimal(bare)
        except InvalidOperation:
            return text
        return number if number.is_finite() else text
    return text if held.type == "text" else bare


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
