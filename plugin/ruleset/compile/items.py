"""The section `items:` to its decisions."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.compile.conditions import check_key, conditions
from onedesk_quickbooks.plugin.ruleset.compile.outcomes import asked, only_one, reason
from onedesk_quickbooks.plugin.ruleset.compile.section import Entry, Section, name_or_none
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Kind, Row, item_row, keyed_by
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions
from onedesk_quickbooks.plugin.ruleset.core.rules import BY_RULE, ItemOutcome, Setting
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts import joined
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node, Text, where

Entries = list[tuple[Conditions, ItemOutcome]]

_COMPANY_ACCOUNT = Said("the one under Administration > Financials")


def compile_items(
    section: Section, default_account: Setting | None, of_invoices: Collection[str], findings: Findings
) -> list[Chain]:
    """The decisions for lines: the item, its income account, and the other outputs. `of_invoices` are the outputs that
    are also named for whole invoices, which apply to lines without one of these rules."""
    _always(section, findings)
    excepted: Entries = [
        (conditions(rule, section, findings), _exception(rule, findings)) for rule in section.exceptions()
    ]
    keyed = [*_by(section, "by_charge"), *_by(section, "by_service_type")]  # the name of a charge takes precedence
    same_name, otherwise = _otherwise(section)
    return [
        _items(excepted, keyed, otherwise, same_name),
        _accounts(excepted, keyed, otherwise, default_account),
        *(
            _beside(output, excepted, keyed, otherwise, _for_all(section, output), output in of_invoices)
            for output in keys.outputs()[2:]
        ),
    ]


def _always(section: Section, findings: Findings) -> None:
    """A finding for a setting that applies to every line in a file with days, since it cannot have days."""
    dated = {name: key for part in section.parts if part.days for name, key in part.node.keys.items()}
    for name, key in dated.items():
        if name != "exceptions" and name not in keys.keyed():
            findings.add(
                "OQ321",
                key,
                Said("{name} is for every line and has no days, and this file has some.", name=name),
                Said(
                    "Move {name} to a file without from and until; exceptions, by_service_type and by_charge may stay.",
                    name=name,
                ),
            )


def _items(excepted: Entries, keyed: Entries, otherwise: ItemOutcome, same_name: bool) -> Chain:
    """The decision on the item of a line."""
    rows = [item_row(outcome, "exception", when) for when, outcome in excepted if _decides_item(outcome)]
    rows += [item_row(outcome, "key", when) for when, outcome in keyed]
    rows.append(item_row(otherwise, "otherwise", {}, same_name))
    return Chain("item", tuple(rows), same_name or bool(otherwise.hold))


def _decides_item(outcome: ItemOutcome) -> bool:
    """Whether a rule names the item of a line, or the reason why it is held."""
    return "item" in outcome.names or bool(outcome.hold)


def _accounts(excepted: Entries, keyed: Entries, otherwise: ItemOutcome, chosen: Setting | None) -> Chain:
    """The decision on the income account of a line. The account of `otherwise` applies only with the item of
    `otherwise`: if an exception gives the item, and neither an exception nor a key the account, it is the account of
    new items."""

    def row(outcome: ItemOutcome, kind: Kind, when: Conditions) -> Row:
        named = outcome.names.get("income_account")
        if named is not None:
            return Row(outcome.rule, outcome.at, kind, when, ("account", named, True), named, item=outcome)
        if chosen is not None and kind == "otherwise":
            return Row(chosen.rule, chosen.at, kind, when, ("account", chosen.value, False), chosen.value)
        default, says = chosen.value if chosen else "", chosen.value if chosen else _COMPANY_ACCOUNT
        return Row(outcome.rule, outcome.at, kind, when, ("account", default, False), says, named=False)

    rows = [row(each, "exception", when) for when, each in excepted if "income_account" in each.names]
    rows += [row(each, "key", when) for when, each in keyed]
    if "income_account" in otherwise.names:
        others = [(when, each) for when, each in excepted if _decides_item(each)]
        rows += [row(each, "implied", when) for when, each in others if "income_account" not in each.names]
    return Chain("income_account", (*rows, row(otherwise, "otherwise", {})))


def _for_all(section: Section, output: str) -> ItemOutcome | None:
    """What applies to this output if no rule names one, None if the section has no value for it."""
    text = section.text(output)
    if text is None:
        return None
    return ItemOutcome(f"items.{output}", where(section.key(output)), {output: text.value.strip()})


def _beside(
    output: str,
    excepted: Entries,
    keyed: Entries,
    otherwise: ItemOutcome,
    for_all: ItemOutcome | None,
    of_invoice: bool,
) -> Chain:
    """The decision on another output of a line, such as its class or text. Keys count only if some rule names one;
    otherwise there is one outcome: none, or `for_all`. The word none is the same as no word, unless there is one
    `of_invoice`."""
    if not any(each.names.get(output) for each in (*(each for _, each in (*excepted, *keyed)), otherwise)):
        keyed = []

    def row(outcome: ItemOutcome, kind: Kind, when: Conditions) -> Row:
        name = outcome.names.get(output, "")
        if not name and for_all is not None:
            name, last = for_all.names[output], kind == "otherwise"
            own = for_all if last else outcome
            return Row(own.rule, own.at, kind, when, (output, name), _says(name), last, item=for_all)
        says = _says(name) or f"no {output}"
        effect = "" if name == "none" and output in keys.outputs_or_none() and not of_invoice else name
        return Row(outcome.rule, outcome.at, kind, when, (output, effect), says, bool(name), item=outcome)

    rows = [row(each, "exception", when) for when, each in excepted if output in each.names]
    rows += [row(each, "key", when) for when, each in keyed]
    return Chain(output, (*rows, row(otherwise, "otherwise", {})))


def _says(name: str) -> str:
    """A name or text on one line."""
    return name.replace("\n", " / ")


def _exception(rule: Entry, findings: Findings) -> ItemOutcome:
    only_one(rule, ("hold", "ask"), keys.outputs(), ", ".join(map(_named, keys.outputs())), findings)
    named = _target(rule.node, rule.id, rule.at, findings)
    return replace(named, hold=named.hold or reason(rule), ask=asked(rule, findings))


def _named(output: str) -> str:
    return f"{output}: {'TEXT' if output == 'description' else 'NAME'}"


def _by(section: Section, map_key: str) -> Entries:
    """The entries of a map, each with the condition of its key."""
    found: Entries = []
    field = keys.keyed()[map_key]
    for each in section.entries(map_key, fold):
        check_key(each.name, _as_exception(field, each.name), section.findings)
        outcome = _target(each.node, each.rule, each.at, section.findings)
        name = each.name.value
        found.append(({**keyed_by(field, fold(name), name), **section.on(each.days)}, outcome))
    return found


def _as_exception(field: str, name: Text) -> str:
    """The exception to write instead of a key with a *."""
    begins = name.value.strip().split("*")[0]
    if not begins:
        return Said(
            "Write one key for each {value}; put the value for all others under otherwise.",
            value=Said(field.replace("_", " ")),
        )
    when = json.dumps(begins + "*", ensure_ascii=False)
    return Said(
        "Write an exception: {{id: ID, when: {{{field}: {when}}}, item: NAME}}; or one key for each name.",
        field=field,
        when=when,
    )


def _target(node: Node, rule: str, at: Where, findings: Findings) -> ItemOutcome:
    """The outcome of an entry: the name of an item, hold, or a map of outputs."""
    named = node.items if isinstance(node, Map) else {"item": node}
    written = {key: each for key in keys.outputs() if isinstance(each := named.get(key), Text)}
    held = written["item"] if "item" in written and written["item"].is_word("hold") else None
    if held is None:
        empty = keys.outputs_or_none()
        names = {key: name_or_none(each) if key in empty else each.value.strip() for key, each in written.items()}
        return ItemOutcome(rule, at, names)
    others = [key for key in written if key != "item"]
    if others:
        findings.add(
            "OQ307",
            held,
            Said("The line is held, so {join} beside it would have no effect.", join=joined(Said(" and "), others)),
            Said("Delete {join} there, or name an item in the place of hold.", join=joined(Said(" and "), others)),
        )
    return ItemOutcome(rule, at, hold=BY_RULE)


def _otherwise(section: Section) -> tuple[bool, ItemOutcome]:
    node, at = section.node("otherwise"), where(section.key("otherwise"))
    if isinstance(node, Text):
        hold = BY_RULE if node.value == "hold" else ""
        return node.value == "same_name", ItemOutcome("items.otherwise", at, hold=hold)
    if node is None:
        raise ValueError("rules/default.yaml has no items.otherwise")
    return False, _target(node, "items.otherwise", at, section.findings)
