"""What is said of a name that several records of the company have, and of the names that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.by_name import Called
from onedesk_quickbooks.plugin.ruleset.check.company_names import CUSTOMER, ITEM
from onedesk_quickbooks.plugin.ruleset.read.record_names import Named
from onedesk_quickbooks.plugin.texts import Text, listed

_SHOWN = 3


def several(named: Named, found: Sequence[Called], company: str, findings: Findings) -> None:
    """A finding if several records have the same name key and none has this exact spelling."""
    values = {"company": company, "name": named.name, "shown": quoted(found)}
    sentences: Mapping[str, str] = {
        ITEM: Text('{company} has several items "{name}": {shown}; lines that would take it are held.', **values),
        CUSTOMER: Text('{company} has several customers "{name}": {shown}; invoices for it are held.', **values),
    }
    others = Text('{company} has several records "{name}": {shown}; what would take one is held.', **values)
    findings.add(
        "OQ513",
        named.text,
        sentences.get(named.kind, others),
        Text("Write the name of one of them exactly as it is there."),
    )


def quoted(found: Sequence[Called]) -> str:
    """The names of the first ones, and how many more there are."""
    more = Text("{n} more", n=len(found) - _SHOWN)
    return listed([Text('"{name}"', name=each.name) for each in found[:_SHOWN]] + [more] * (len(found) > _SHOWN))


def some(names: list[str]) -> str:
    """The first names, and how many more there are; "none" for none."""
    if not names:
        return Text("none")
    more = len(names) - 8
    return ", ".join(names[:8]) + (Text(" and {n} more", n=more) if more > 0 else "")
