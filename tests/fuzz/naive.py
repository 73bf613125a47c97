"""A slow implementation of docs/rules.md: each rule is tried on each input. Imports nothing of the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

Input = Mapping[str, Any]
"""A line or charge: `name` and whether it is a `charge`; `country` and `region` as codes; `tag`, a tuple; `amount`,
`customer`, `has_tax_id`, `taxable`, `tax_category`, `tax_rate`."""
Section = Mapping[str, Any]

REGIONS = {"CA": {"ON", "QC"}, "US": {"WA", "OR"}, "AU": {"WA", "NSW"}}


class Made(NamedTuple):
    """A decision: its outcome, and the rule that made it ("" if none did)."""

    outcome: Any
    rule: str = ""


Decided = dict[str, Made]


def holds(when: Mapping[str, Any], line: Input) -> bool:
    """All conditions of a `when`."""
    return all(_holds(field, asked, line) for field, asked in when.items())


def applies(rule: Mapping[str, Any], line: Input) -> bool:
    """Whether a rule's conditions hold, and the date of the invoice is one of its days."""
    first, last = rule.get("from", ""), rule.get("until", "9999-12-31")
    return first <= line.get("invoice_date", "") <= last and holds(rule["when"], line)


def _holds(field: str, asked: Any, line: Input) -> bool:
    if field in ("date", "invoice_date"):
        return bool(asked.get("from", "") <= line[field] < asked.get("below", "9999-12-31"))
    if field in ("amount", "invoice_total"):
        start, below = asked.get("from"), asked.get("below")
        amount = line[field]
        return (start is None or amount >= Decimal(start)) and (below is None or amount < Decimal(below))
    if field == "tag":
        return _tags(asked, line["tag"])
    if field == "service_type":
        return _one(asked, line["name"])
    if field == "charge":
        return line["charge"] and _one(asked, line["name"])
    if field == "region" and isinstance(asked, dict) and line["region"] not in REGIONS.get(line["country"], ()):
        return False
    return _one(asked, line[field])


def _tags(asked: Any, tags: Sequence[str]) -> bool:
    """Whether a condition on tags holds: a value, a list, or any, all and not."""
    if not isinstance(asked, dict):
        return any(_one(asked, tag) for tag in tags)
    every = asked.get("all", [])
    return (
        ("any" not in asked or _tags(asked["any"], tags))
        and all(_tags(each, tags) for each in (every if isinstance(every, list) else [every]))
        and not _tags(asked.get("not", []), tags)
    )


def _one(asked: Any, value: str) -> bool:
    """Whether a value satisfies one of the conditions; a missing value satisfies none."""
    if isinstance(asked, dict):
        return (
            bool(value) and ("any" not in asked or _one(asked["any"], value)) and not _one(asked.get("not", []), value)
        )
    for each in asked if isinstance(asked, list) else [asked]:
        if value and (value.startswith(each[:-1]) if each.endswith("*") else value == each):
            return True
    return False


def items(section: Section, line: Input) -> Decided:
    """Item, income account, class and text of one line; a line that is held has only the hold."""
    won = [(f"items.exceptions.{each['id']}", each) for each in section.get("exceptions", ())]
    return _items(section, line, [(rule, each) for rule, each in won if applies(each, line)])


def _items(section: Section, line: Input, won: Sequence[tuple[str, Mapping[str, Any]]]) -> Decided:
    keyed = next(_keyed(section, line), None)
    otherwise = section["otherwise"]
    otherwise = otherwise if isinstance(otherwise, dict) else {otherwise: True}
    item = _item(won, keyed, otherwise, line)
    if item.outcome[0] == "hold":
        return {"item": item}
    lines = [*won, keyed] if keyed else [*won]
    account = next((Made(each["income_account"], rule) for rule, each in lines if "income_account" in each), None)
    if account is None and item.rule == "items.otherwise" and "income_account" in otherwise:
        account = Made(otherwise["income_account"], "items.otherwise")
    of_class = next((_class(each, rule) for rule, each in won if "class" in each), None)
    if of_class is None:
        rule, last = keyed or ("items.otherwise", otherwise)
        of_class = _class(last, rule) if "class" in last else Made("")
    default = ("new items", section.get("default_income_account", ""))
    text = next((Made(each["description"], rule) for rule, each in won if "description" in each), None)
    if text is None:
        rule, last = keyed or ("items.otherwise", otherwise)
        said = Made(section["description"], "items.description") if "description" in section else Made("")
        text = Made(last["description"], rule) if "description" in last else said
    return {"item": item, "income_account": account or Made(default), "class": of_class, "description": text}


def _class(says: Mapping[str, Any], rule: str) -> Made:
    return Made("" if says["class"] == "none" else says["class"], rule)


def _keyed(section: Section, line: Input) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of the maps for a line; the name of a charge takes precedence."""
    for name in ("by_charge", "by_service_type") if line["charge"] else ("by_service_type",):
        target = section.get(name, {}).get(line["name"])
        if target is not None:
            yield f"items.{name}.{line['name']}", target if isinstance(target, dict) else {"item": target}


def _item(
    won: Sequence[tuple[str, Mapping[str, Any]]],
    keyed: tuple[str, Mapping[str, Any]] | None,
    otherwise: Mapping[str, Any],
    line: Input,
) -> Made:
    for rule, each in won:
        if "hold" in each:
            return Made(("hold", each["hold"]), rule)
        if "item" in each:
            return Made(("item", each["item"]), rule)
    rule, last = keyed or ("items.otherwise", otherwise)
    if last.get("item") == "hold" or "hold" in last:
        return Made(("hold", "" if line["name"] else "blank"), rule)
    if "item" in last:
        return Made(("item", last["item"]), rule)
    return Made(("same_name", line["name"]) if line["name"] else ("hold", "blank"), rule)


def in_doubt(section: Section, line: Input) -> bool:
    """Whether the country has no such region, and the outputs of the line depend on it."""
    regions = REGIONS.get(line["country"], set())
    if not regions or not line["region"] or line["region"] in regions:
        return False
    own = _outcomes(items(section, line))
    return any(_outcomes(items(section, {**line, "region": each})) != own for each in regions)


def _outcomes(decided: Decided) -> dict[str, Any]:
    return {part: made.outcome for part, made in decided.items()}


def taxes(section: Section, line: Input, us: bool) -> Decided:
    """The tax code of one line."""
    return {"tax_code": _at_rate(*_tax(section, line, us), line)}


def _tax(section: Section, line: Input, us: bool) -> tuple[Any, str]:
    category, exempt = line["tax_category"], not us and line["tax_category"] not in ("", "S")
    untaxed = not us and line["taxable"] == "no"
    for each in section.get("exceptions", ()):
        if not applies(each, line):
            continue
        rule, code = f"taxes.exceptions.{each['id']}", each.get("code")
        by_rate = isinstance(code, dict) and "tax_category" not in each["when"]
        if by_rate and (exempt or (untaxed and "taxable" not in each["when"])):
            return "bears no tax", rule
        return ("hold", each["hold"]) if code is None else code, rule
    named = section.get("by_category", {}).get(category)
    if named is not None and not (untaxed and category == "S"):
        return named, f"taxes.by_category.{category}"
    if untaxed or exempt:
        return "bears no tax", ""
    return _by_country(section, line)


def _by_country(section: Section, line: Input) -> tuple[Any, str]:
    country, region = line["country"], line["region"]
    target = section.get("by_country", {}).get(country)
    if target is None:
        otherwise = section["otherwise"]
        return otherwise["code"] if isinstance(otherwise, dict) else otherwise, "taxes.otherwise"
    if isinstance(target, dict) and "default" in target:
        own = region if region in target else "default"
        return target[own], f"taxes.by_country.{country}.{own}"
    return target, f"taxes.by_country.{country}"


def _at_rate(code: Any, rule: str, line: Input) -> Made:
    if not isinstance(code, dict):
        return Made(code, rule)
    rate = line["tax_rate"]
    if not rate:
        return _without(code, rule)
    found = code["by_rate"].get(rate)
    return Made("hold: rate", rule) if found is None else Made(found, f"{rule}.by_rate.{rate}")


def _without(code: Mapping[str, Any], rule: str) -> Made:
    found = code.get("without_rate")
    return Made("hold: rate", rule) if found is None else Made(found, f"{rule}.without_rate")


DEFAULTS = {"on_open": "offer", "number": "onedesk", "due": "invoice"}
WHOLE = ("hold", "skip", *DEFAULTS, "memo", "private_note", "location", "class", "custom_fields", "online_card_payment")


def _said(value: Any) -> str:
    """A setting in the form of explanations: a due date by days in words, custom fields one a line."""
    if not isinstance(value, dict):
        return str(value)
    if "days" not in value:
        return "\n".join(f"{name}: {text}" for name, text in value.items())
    after = " after the end of the month" if value.get("end_of_month") == "yes" else ""
    return f"{value['days']} day{'' if value['days'] == '1' else 's'}{after}"


def invoices(section: Section, invoice: Input) -> Decided:
    """The settings of a whole invoice, and its outcome as far as these rules decide it: a skipped invoice is not held,
    whatever else applies."""
    made: Decided = {}
    for key in WHOLE:
        own = Made(_said(section[key]), f"invoices.{key}") if key in section else Made("none")
        if key not in section and key in DEFAULTS:
            own = Made(DEFAULTS[key], f"invoices.{key}")
        won = [each for each in section.get("exceptions", ()) if key in each and applies(each, invoice)]
        made[key] = Made(_said(won[0][key]), f"invoices.exceptions.{won[0]['id']}") if won else own
    fate = "skipped" if made["skip"].outcome != "none" else "held" if made["hold"].outcome != "none" else "copied"
    return {**made, "outcome": Made(fate)}
