"""Tax code of one line, charge or discount."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from onedesk_quickbooks.plugin.model.decision import Decision, Facts, TaxChoice
from onedesk_quickbooks.plugin.model.money import plain, rate_key
from onedesk_quickbooks.plugin.ruleset.core.chains import Row
from onedesk_quickbooks.plugin.ruleset.core.doubt import countries_of, doubtful_place, unknown_country
from onedesk_quickbooks.plugin.ruleset.core.places import country_meant
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import TaxOutcome
from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask, Subject, Values, capital
from onedesk_quickbooks.plugin.ruleset.core.words import TAX_CATEGORIES, UNKNOWN_CATEGORY
from onedesk_quickbooks.plugin.texts import Text, joined

_COMPANY = Text("choose a default tax code under Administration > Financials, or name one under taxes.")


@dataclass(frozen=True, slots=True)
class _Won:
    """The outcome of the tables before rates are considered, and the matched values; or why nothing decides."""

    outcome: TaxOutcome
    values: Mapping[str, str]
    in_doubt: str = ""
    hold: str = ""


def decide_tax(rules: RuleSet, subject: Subject, facts: Facts, ask: Ask | None = None) -> TaxChoice:
    """The tax code, or the reason why the line is held."""
    won = _won(rules, subject, facts)
    values, hold, in_doubt = won.values, won.hold, won.in_doubt
    outcome = _held(won.outcome) if hold else _asked(won.outcome, subject, ask)
    if outcome.kind == "by_rate":
        outcome, hold = _by_rate(outcome, subject)
        if subject.rate is not None:
            values = {**values, "tax_rate": plain(subject.rate)}
    kind, code = _resolved(outcome, facts)
    if kind == "hold" and not hold:
        hold, in_doubt = _hold(rules, outcome, subject)
    said: str = {"code": code, "none": "no tax code"}.get(kind, kind)
    if kind == "hold":
        said = Text("held: {why}", why=hold)
    decision = Decision("tax_code", subject.subject, said, outcome.rule, outcome.at, values)
    return TaxChoice(kind, code, decision, hold, in_doubt)


def _asked(outcome: TaxOutcome, subject: Subject, ask: Ask | None) -> TaxOutcome:
    """The outcome with the answer of a Python plugin, if the rule asks one and it answers."""
    answer = ask(outcome.ask, subject.values) if outcome.ask and ask else None
    if answer is None:
        return outcome
    code, hold = answer.get("code") or "", answer.get("hold") or ""
    if code and not hold:
        return replace(outcome, kind="code", code=code, hold="")
    return replace(outcome, kind="hold", hold=hold or outcome.hold)


def _won(rules: RuleSet, subject: Subject, facts: Facts) -> _Won:
    """The winning rule. Held if it depends on an address that cannot be read, or on which of several categories the
    line has."""
    chain = rules.taxes_in(facts)
    tried = [{**subject.values, "tax_category": each} for each in subject.categories] or [subject.values]
    rows = [chain.find(_known(each)) for each in tried]
    row, outcome = rows[0], _outcome(rows[0])
    if any((each.lacks, each.tax) != (row.lacks, outcome) for each in rows):
        return _Won(*_torn(rules, subject, rows))
    values: Mapping[str, str] = row.matched(tried[0])

    def found(values: Values) -> Hashable:
        return chain.find(_known(values)).effect

    field, why = doubtful_place(subject, found, lambda: countries_of([chain]))
    if field:
        return _Won(
            outcome,
            values,
            field,
            Text("{whose} has no tax code, because {why}", whose=capital(subject.whose), why=why),
        )
    if row.lacks:
        values = {**values, row.lacks: str(subject.values[row.lacks])}
        return _Won(outcome, values, row.lacks, not_named(rules, outcome, subject, row.lacks))
    return _Won(outcome, values)


def _outcome(row: Row) -> TaxOutcome:
    if row.tax is None:
        raise ValueError(f"{row.rule} says nothing of taxes")
    return row.tax


def _known(values: Values) -> Values:
    """The values with an unknown category, which UNCL5305 does not have, replaced by the one that represents all
    unknown ones."""
    category = values["tax_category"]
    return {**values, "tax_category": UNKNOWN_CATEGORY} if category and category not in TAX_CATEGORIES else values


def _torn(rules: RuleSet, subject: Subject, rows: Sequence[Row]) -> tuple[TaxOutcome, Mapping[str, str], str, str]:
    """The outcome if several rules decide, each for another category: an exception if there is one, since it precedes
    the rest. The sentence names all of them."""
    outcomes = [_outcome(each) for each in rows]
    first = next((each for each in outcomes if ".exceptions." in each.rule), rules.not_named)
    named = [each.called for each in outcomes if each is not rules.not_named]
    return first, {}, "tax_category", which_category(subject, list(dict.fromkeys(named)))


def _by_rate(outcome: TaxOutcome, subject: Subject) -> tuple[TaxOutcome, str]:
    """The code for the rate of the line; else the same outcome and why the line is held."""
    if subject.rate is None:
        if outcome.without_rate is not None:
            return outcome.without_rate, ""
        return _held(outcome), (
            Text(
                "{whose} has no tax rate, by which {called} chooses the tax code; set its tax rate in OneDesk, "
                "or add {rule}.without_rate.",
                whose=capital(subject.whose),
                called=outcome.called,
                rule=outcome.rule,
            )
        )
    found = outcome.rates.get(rate_key(subject.rate))
    if found is not None:
        return found, ""
    rate = rate_key(subject.rate)
    return _held(outcome), (
        Text(
            '{whose} has the tax rate {rate} %, for which {called} names no tax code; add "{rate}" under '
            "by_rate there.",
            whose=capital(subject.whose),
            rate=rate,
            called=outcome.called,
        )
    )


def _held(outcome: TaxOutcome) -> TaxOutcome:
    return TaxOutcome(outcome.rule, outcome.at, "hold")


def _resolved(outcome: TaxOutcome, facts: Facts) -> tuple[str, str]:
    """Kind and code with the company's default filled in."""
    if outcome.kind != "company_default":
        return outcome.kind, outcome.code
    if not facts.uses_sales_tax:
        return "none", ""
    if facts.default_tax_code:
        return "code", facts.default_tax_code
    return ("automatic", "") if facts.country == "US" else ("hold", "")


def _hold(rules: RuleSet, outcome: TaxOutcome, subject: Subject) -> tuple[str, str]:
    """Why a rule holds the line, and the field that causes it ("" if none)."""
    whose = capital(subject.whose)
    country, region = subject.values["country"], subject.values["region"]
    if outcome.kind == "company_default":
        return (
            Text(
                "{whose} takes the company's default tax code by {called}, but none is chosen yet; {company}",
                whose=whose,
                called=outcome.called,
                company=_COMPANY,
            ),
            "",
        )
    if outcome.hold:
        return Text(
            "{whose}: {why} (rule {rule}, {place}).",
            whose=whose,
            why=outcome.hold.rstrip("."),
            rule=outcome.rule,
            place=outcome.at.short,
        ), ""
    held = Text("{whose} is held by the rule {called}", whose=whose, called=outcome.called)
    if outcome.rule != "taxes.otherwise":
        return Text("{held}; name a tax code there.", held=held), ""
    if not country:
        return (
            Text(
                "{held}, because the customer has no country in OneDesk; set the country in {of_place}.",
                held=held,
                of_place=subject.of_place,
            )
        ), "country" if any(row.kind == "key" and "country" in row.when for row in rules.implied_taxes.rows) else ""
    if country_meant(country) is not None:
        return Text("{held}, because {unknown_country}", held=held, unknown_country=unknown_country(subject)), "country"
    place = Text("{country} ({region})", country=country, region=region) if region else country
    return Text(
        "{held}, because no other one names a tax code for {place}; add {country} under taxes.by_country.",
        held=held,
        place=place,
        country=country,
    ), ""


def which_category(subject: Subject, rules: Sequence[str] = ()) -> str:
    """Why a line is held whose category the taxes of the invoice leave undetermined; `rules` are those that would
    decide."""
    listed = ", ".join(each or "none" for each in subject.categories)
    named = Text(" {rules}", rules=joined(Text(" and "), rules)) if rules else ""
    return Text(
        "{whose} has one of the tax categories {listed}: the invoice has taxes at its rate with each of "
        "them, and the rules{named} give them different tax codes; set the tax category on it in OneDesk.",
        whose=capital(subject.whose),
        listed=listed,
        named=named,
    )


def not_named(rules: RuleSet, outcome: TaxOutcome, subject: Subject, lacks: str) -> str:
    """Why a line is held that is not taxable, or whose category no rule names. If an exception decides, nothing under
    by_category would: the remedy is an exception before it."""
    whose, category = capital(subject.whose), str(subject.values["tax_category"])
    before = (
        ""
        if outcome is rules.not_named
        else Text(" before {called}, which chooses by the rate alone", called=outcome.called)
    )
    if lacks == "taxable":
        known = category if category in TAX_CATEGORIES and category != "S" else ""
        other = Text("add {known}", known=known) if known else Text("set its tax category in OneDesk and name that")
        by_category = "" if before else Text(", or {other} under taxes.by_category", other=other)
        return Text(
            "{whose} is not taxable, and no rule names a tax code for that; add an exception with when: "
            "{{taxable: no}} under taxes{before}{by_category}.",
            whose=whose,
            before=before,
            by_category=by_category,
        )
    if category not in TAX_CATEGORIES:
        return Text(
            '{whose} has the tax category "{category}", which UNCL5305 does not have; write one of {listed} '
            "in OneDesk.",
            whose=whose,
            category=category,
            listed=", ".join(TAX_CATEGORIES),
        )
    what = Text(
        "{whose} has the tax category {category} ({name}), and no rule names a tax code for it",
        whose=whose,
        category=category,
        name=Text(TAX_CATEGORIES[category]),
    )
    if before:
        return Text(
            "{what}; add an exception with when: {{tax_category: {category}}} under taxes{before}.",
            what=what,
            category=category,
            before=before,
        )
    return Text("{what}; add {category} under taxes.by_category.", what=what, category=category)
