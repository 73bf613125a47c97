"""Tax code of one line, charge or discount."""

from __future__ import annotations

from dataclasses import replace

from onedesk_quickbooks.plugin.model.decision import Decision, Facts, TaxChoice
from onedesk_quickbooks.plugin.model.money import plain, rate_key
from onedesk_quickbooks.plugin.ruleset.matched import matched
from onedesk_quickbooks.plugin.ruleset.rules import TaxOutcome, TaxRules
from onedesk_quickbooks.plugin.ruleset.subjects import Ask, Subject, capital

_COMPANY = "choose a default tax code under Administration > Financials, or name one under taxes."


def decide_tax(rules: TaxRules, subject: Subject, facts: Facts, ask: Ask | None = None) -> TaxChoice:
    """The tax code, or the reason why the line is held."""
    outcome, values = _outcome(rules, subject)
    outcome = _asked(outcome, subject, ask)
    hold = ""
    if outcome.kind == "by_rate":
        outcome, hold = _by_rate(outcome, subject)
        if subject.rate is not None:
            values = {**values, "tax_rate": plain(subject.rate)}
    kind, code = _resolved(outcome, facts)
    if kind == "hold" and not hold:
        hold = _hold(rules, outcome, subject)
    said = {"code": code, "hold": f"held: {hold}", "none": "no tax code"}.get(kind, kind)
    decision = Decision("tax_code", subject.subject, said, outcome.rule, outcome.at, values)
    return TaxChoice(kind, code, decision, hold)


def _asked(outcome: TaxOutcome, subject: Subject, ask: Ask | None) -> TaxOutcome:
    """The outcome with the answer of a Python plugin in it, where the rule asks one and it answers."""
    answer = ask(outcome.ask, subject.values) if outcome.ask and ask else None
    if answer is None:
        return outcome
    code, hold = answer.get("code") or "", answer.get("hold") or ""
    if code and not hold:
        return replace(outcome, kind="code", code=code, hold="")
    return replace(outcome, kind="hold", hold=hold or outcome.hold)


def _outcome(rules: TaxRules, subject: Subject) -> tuple[TaxOutcome, dict[str, str]]:
    """What the tables say, before rates are looked at, and the values that it matched."""
    found = rules.exceptions.find(subject.values)
    if found is not None:
        return found, matched(rules.exceptions.conditions_of(found), subject.values)
    country, region = subject.values["country"], subject.values["region"]
    own = rules.by_country.get(country)
    if own is None:
        return rules.otherwise, {}
    if region in own.regions:
        return own.regions[region], {"country": country, "region": region}
    return own.default, {"country": country}


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


def _hold(rules: TaxRules, outcome: TaxOutcome, subject: Subject) -> str:
    whose = capital(subject.whose)
    country, region = subject.values["country"], subject.values["region"]
    if outcome.kind == "company_default":
        return f"{whose} takes the company's default tax code, but none is chosen yet; {_COMPANY}"
    if outcome.hold:
        return f"{whose}: {outcome.hold.rstrip('.')} (rule {outcome.rule})."
    if outcome is not rules.otherwise:
        return f"{whose} is held by the rule {outcome.rule}; name a tax code there."
    if not country:
        return (
            f"{whose} has no tax code, because the customer has no country in OneDesk; "
            "set the country in the customer's address."
        )
    place = f"{country} ({region})" if region else country
    return f"{whose} has no tax code, because no rule names one for {place}; add {country} under taxes.by_country."
