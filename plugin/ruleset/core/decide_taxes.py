"""Tax code of one line, charge or discount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from onedesk_quickbooks.plugin.model.decision import Decision, Facts, TaxChoice
from onedesk_quickbooks.plugin.model.money import plain, rate_key
from onedesk_quickbooks.plugin.ruleset.core.doubt import countries_of, doubtful_place, unknown_country
from onedesk_quickbooks.plugin.ruleset.core.matched import matched
from onedesk_quickbooks.plugin.ruleset.core.places import country_meant
from onedesk_quickbooks.plugin.ruleset.core.rules import TaxOutcome, TaxRules
from onedesk_quickbooks.plugin.ruleset.core.subjects import Ask, Subject, Values, capital
from onedesk_quickbooks.plugin.ruleset.core.words import TAX_CATEGORIES

_COMPANY = "choose a default tax code under Administration > Financials, or name one under taxes."


@dataclass(frozen=True, slots=True)
class _Won:
    """What the tables say, before rates are looked at, and the values that it matched; or why nothing decides."""

    outcome: TaxOutcome
    values: Mapping[str, str]
    in_doubt: str = ""
    hold: str = ""


def decide_tax(rules: TaxRules, subject: Subject, facts: Facts, ask: Ask | None = None) -> TaxChoice:
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
    said = {"code": code, "hold": f"held: {hold}", "none": "no tax code"}.get(kind, kind)
    decision = Decision("tax_code", subject.subject, said, outcome.rule, outcome.at, values)
    return TaxChoice(kind, code, decision, hold, in_doubt)


def _asked(outcome: TaxOutcome, subject: Subject, ask: Ask | None) -> TaxOutcome:
    """The outcome with the answer of a Python plugin in it, where the rule asks one and it answers."""
    answer = ask(outcome.ask, subject.values) if outcome.ask and ask else None
    if answer is None:
        return outcome
    code, hold = answer.get("code") or "", answer.get("hold") or ""
    if code and not hold:
        return replace(outcome, kind="code", code=code, hold="")
    return replace(outcome, kind="hold", hold=hold or outcome.hold)


def _won(rules: TaxRules, subject: Subject, facts: Facts) -> _Won:
    """Held where it hangs on an address that cannot be read, or on which of several categories the line has."""
    names_codes = facts.uses_sales_tax and facts.country != "US"

    def found(values: Values) -> tuple[TaxOutcome, str]:
        return winner(rules, values, names_codes)

    tried = [{**subject.values, "tax_category": each} for each in subject.categories] or [subject.values]
    results = [found(each) for each in tried]
    outcome, lacks = results[0]
    values = _matched(rules, outcome, tried[0])
    if any(each != lacks or other is not outcome for other, each in results):
        return _Won(*_torn(rules, subject, [each for each, _ in results]))
    if "region" not in values:
        field, why = doubtful_place(
            subject, lambda each: found(each)[:1], lambda: countries_of(rules.exceptions) | set(rules.by_country)
        )
        if field:
            return _Won(outcome, values, field, f"{capital(subject.whose)} has no tax code, because {why}")
    if lacks:
        values = {**values, lacks: str(subject.values[lacks])}
        return _Won(outcome, values, lacks, not_named(rules, outcome, subject, lacks))
    return _Won(outcome, values)


def _torn(
    rules: TaxRules, subject: Subject, outcomes: Sequence[TaxOutcome]
) -> tuple[TaxOutcome, Mapping[str, str], str, str]:
    """Several rules decide, each for another category: an exception where there is one, for it comes before the rest,
    and the sentence names all of them."""
    first = next((each for each in outcomes if ".exceptions." in each.rule), rules.not_named)
    named = [each.rule for each in outcomes if each is not rules.not_named]
    return first, {}, "tax_category", which_category(subject, list(dict.fromkeys(named)))


def winner(rules: TaxRules, values: Values, names_codes: bool) -> tuple[TaxOutcome, str]:
    """The rule that decides. Outside the US (`names_codes`: each line has a tax code) the field is said as well for
    which no rule names a code: tax of 0 % is not one code but several, so neither a country nor a rate decides that."""
    category, taxed = values["tax_category"], values["taxable"] != "no" or not names_codes
    exempt = names_codes and category not in ("", "S")
    found = rules.exceptions.find(values)
    if found is not None:
        asked = set(rules.exceptions.conditions_of(found)) if found.kind == "by_rate" else {"taxable", "tax_category"}
        if exempt and "tax_category" not in asked:
            return found, "tax_category"
        return found, "" if taxed or asked & {"taxable", "tax_category"} else "taxable"
    if category in rules.by_category and (taxed or category != "S"):
        return rules.by_category[category], ""
    if not taxed:
        return rules.not_named, "taxable"
    if exempt:
        return rules.not_named, "tax_category"
    own = rules.by_country.get(values["country"])
    return (own.regions.get(values["region"], own.default) if own else rules.otherwise), ""


def _matched(rules: TaxRules, outcome: TaxOutcome, values: Values) -> Mapping[str, str]:
    """The values by which a rule won."""
    category, country, region = values["tax_category"], values["country"], values["region"]
    if rules.exceptions.find(values) is outcome:
        return matched(rules.exceptions.conditions_of(outcome), values)
    if rules.by_category.get(category) is outcome:
        return {"tax_category": category}
    own = rules.by_country.get(country)
    if own is not None and own.regions.get(region) is outcome:
        return {"country": country, "region": region}
    return {"country": country} if own is not None and own.default is outcome else {}


def _by_rate(outcome: TaxOutcome, subject: Subject) -> tuple[TaxOutcome, str]:
    """The code of the line's own rate; else the same outcome and why the line is held."""
    if subject.rate is None:
        if outcome.without_rate is not None:
            return outcome.without_rate, ""
        return _held(outcome), (
            f"{capital(subject.whose)} has no tax rate, by which {outcome.rule} chooses the tax code; "
            f"set its tax rate in OneDesk, or add {outcome.rule}.without_rate."
        )
    found = outcome.rates.get(rate_key(subject.rate))
    if found is not None:
        return found, ""
    rate = rate_key(subject.rate)
    return _held(outcome), (
        f"{capital(subject.whose)} has the tax rate {rate} %, for which {outcome.rule}.by_rate names no tax code; "
        f'add "{rate}" there.'
    )


def _held(outcome: TaxOutcome) -> TaxOutcome:
    return TaxOutcome(outcome.rule, outcome.at, "hold")


def _resolved(outcome: TaxOutcome, facts: Facts) -> tuple[str, str]:
    """Kind and code once the company's own default is known."""
    if outcome.kind != "company_default":
        return outcome.kind, outcome.code
    if not facts.uses_sales_tax:
        return "none", ""
    if facts.default_tax_code:
        return "code", facts.default_tax_code
    return ("automatic", "") if facts.country == "US" else ("hold", "")


def _hold(rules: TaxRules, outcome: TaxOutcome, subject: Subject) -> tuple[str, str]:
    """Why a rule holds the line, and the field that is to blame ("" where none is)."""
    whose = capital(subject.whose)
    country, region = subject.values["country"], subject.values["region"]
    if outcome.kind == "company_default":
        return f"{whose} takes the company's default tax code, but none is chosen yet; {_COMPANY}", ""
    if outcome.hold:
        return f"{whose}: {outcome.hold.rstrip('.')} (rule {outcome.rule}).", ""
    if outcome is not rules.otherwise:
        return f"{whose} is held by the rule {outcome.rule}; name a tax code there.", ""
    if not country:
        return (
            f"{whose} has no tax code, because the customer has no country in OneDesk; "
            f"set the country in {subject.of_place}."
        ), "country" if rules.by_country else ""
    if country_meant(country) is not None:
        return f"{whose} has no tax code, because {unknown_country(subject)}", "country"
    place = f"{country} ({region})" if region else country
    return f"{whose} has no tax code, because no rule names one for {place}; add {country} under taxes.by_country.", ""


def which_category(subject: Subject, rules: Sequence[str] = ()) -> str:
    """Why a line is held whose category the invoice's taxes leave open; `rules` are those that would decide."""
    listed = ", ".join(each or "none" for each in subject.categories)
    named = f" ({', '.join(rules)})" if rules else ""
    return (
        f"{capital(subject.whose)} has one of the tax categories {listed}: the invoice has taxes at its rate with each "
        f"of them, and the rules{named} give them different tax codes; set the tax category on it in OneDesk."
    )


def not_named(rules: TaxRules, outcome: TaxOutcome, subject: Subject, lacks: str) -> str:
    """Why a line is held that is not taxable, or whose category no rule names. Where an exception decides, nothing
    under by_category would: the remedy is an exception before it."""
    whose, category = capital(subject.whose), str(subject.values["tax_category"])
    before = "" if outcome is rules.not_named else f" before {outcome.rule}, which chooses by the rate alone"
    if lacks == "taxable":
        known = category if category in TAX_CATEGORIES and category != "S" else ""
        other = f"add {known}" if known else "set its tax category in OneDesk and name that"
        by_category = "" if before else f", or {other} under taxes.by_category"
        return (
            f"{whose} is not taxable, and no rule names a tax code for that; add an exception with "
            f"when: {{taxable: no}} under taxes{before}{by_category}."
        )
    if category not in TAX_CATEGORIES:
        return (
            f'{whose} has the tax category "{category}", which UNCL5305 does not have; '
            f"write one of {', '.join(TAX_CATEGORIES)} in OneDesk."
        )
    what = f"{whose} has the tax category {category} ({TAX_CATEGORIES[category]}), and no rule names a tax code for it"
    if before:
        return f"{what}; add an exception with when: {{tax_category: {category}}} under taxes{before}."
    return f"{what}; add {category} under taxes.by_category."
