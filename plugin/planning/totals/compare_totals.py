"""Compares the host's total with QuickBooks': equal to the cent, settled as the rules say, or held with nothing
written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.again import COPY_IT_AGAIN
from onedesk_quickbooks.plugin.model.books import BooksInvoice, SetTax
from onedesk_quickbooks.plugin.model.company_settings import TaxCode
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO
from onedesk_quickbooks.plugin.model.money import Money, number, plain
from onedesk_quickbooks.plugin.model.plan import InvoiceDraft, LineDraft, Reason, TaxOverride, Totals
from onedesk_quickbooks.plugin.planning.lines.discounts import same_discount
from onedesk_quickbooks.plugin.planning.predict import TAX, ZERO, predict, taxable
from onedesk_quickbooks.plugin.planning.totals.figures import Figures, by_rate, spelled
from onedesk_quickbooks.plugin.ruleset.core.places import known_region
from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING
from onedesk_quickbooks.plugin.texts import Amount, Text

RoundingLine = Callable[[Decimal], LineDraft | None]
"""Drafts the line of a rounding amount; None where its item or tax code is not available (with a reason)."""


@dataclass(slots=True)
class Settled:
    """The draft with what settles a difference, and its totals. `compare` and `remarks` as in `Plan`; `unwritten` are
    reasons against writing it, which do not concern an invoice that is not changed."""

    draft: InvoiceDraft
    totals: Totals
    compare: Money | None = None
    reasons: list[Reason] = field(default_factory=list)
    unwritten: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    remarks: tuple[Reason, ...] = ()


class Settlement:
    """Compares the totals of one invoice. `known` is False where only QuickBooks knows the tax; `more`: an earlier
    request is recovered first, so that a held invoice writes nothing more."""

    def __init__(
        self,
        invoice: Invoice,
        decisions: InvoiceDecisions,
        codes: Mapping[str, TaxCode],
        known: bool,
        rounding_line: RoundingLine,
        more: bool = False,
    ) -> None:
        self._invoice = invoice
        self._decisions = decisions
        self._codes = codes
        self._known = known
        self._rounding_line = rounding_line
        self._figures = Figures(invoice, decisions, more)

    def settle(self, draft: InvoiceDraft) -> Settled:
        """What is written so that both totals agree, or the reasons why nothing is."""
        if self._figures.rounding:
            draft = self._with_line(draft, self._figures.rounding)
        found = Settled(draft, predict(draft, self._codes, self._known))
        if found.totals.total is None:
            self._unpredicted(found)
        elif found.totals.total != self._figures.wanted:
            self._different(found, self._figures.wanted - found.totals.total)
        elif self._figures.gap(found.totals):  # the same total has other taxes
            self._different_rates(found)
        self._prepaid(found)
        return found

    def _prepaid(self, found: Settled) -> None:
        """QuickBooks takes no deposit above its total (code 6000), which may differ from OneDesk's."""
        deposit, totals = found.draft.deposit or ZERO, found.totals
        most = totals.net if totals.total is None else totals.total
        if deposit <= most or found.reasons:
            return
        theirs = Text("QuickBooks' total {most}", most=number(most))
        if totals.total is None:
            theirs = Text(
                "the {most} before tax, and QuickBooks' sales tax is unknown until the invoice is written",
                most=number(most),
            )
        found.unwritten.append(
            Reason(
                "deposit-above-total",
                Text(
                    "Prepaid {deposit} is more than {theirs}, and QuickBooks takes a deposit up to its total; "
                    "correct the invoice in OneDesk, or set totals.prepaid: note and record what was paid as a "
                    "payment in QuickBooks.",
                    deposit=self._money(deposit),
                    theirs=theirs,
                ),
            )
        )

    def _with_line(self, draft: InvoiceDraft, amount: Decimal) -> InvoiceDraft:
        line = self._rounding_line(amount)
        return same_discount(replace(draft, lines=(*draft.lines, line))) if line else draft

    def _money(self, amount: Decimal) -> Money:
        return self._invoice.money(amount)

    # Automated sales tax

    def _unpredicted(self, found: Settled) -> None:
        """QuickBooks calculates the tax by the address, and only QuickBooks knows it (qbo-api.md 7)."""
        found.remarks = self._after()
        there = found.draft.ship_address
        if there and there.country == "US" and there.region and not known_region("US", there.region):
            found.reasons.append(
                Reason(
                    "unknown-state",
                    Text(
                        'QuickBooks calculates sales tax by the address that the invoice goes to, and "{region}" is '
                        "not a state of the United States; write its code, two letters such as WY, as the region in "
                        "OneDesk.",
                        region=there.region,
                    ),
                )
            )
            return
        if self._invoice.taxes:  # 0.00 is a tax as well: the host says that there is none
            found.compare = self._money(self._figures.wanted)
        if self._decisions.automated_tax == "hold":
            (found.unwritten if found.compare else found.reasons).append(self._unknown(found.draft))

    def _unknown(self, draft: InvoiceDraft) -> Reason:
        tax = self._money(self._figures.tax)
        has = (
            Text("OneDesk has {tax} tax", tax=tax) if self._invoice.taxes else Text("OneDesk has no tax on the invoice")
        )
        then = "" if not self._invoice.taxes else Text(", which writes it and compares the totals before any e-mail")
        return Reason(
            "automated-tax",
            Text(
                "{has}, and QuickBooks calculates sales tax on {taxable} itself: it is unknown until the invoice is "
                "written; set taxable: false on lines without tax, or set totals.automated_tax: quickbooks{then}.",
                has=has,
                taxable=self._money(taxable(draft)[TAX.id]),
                then=then,
            ),
        )

    def _after(self) -> tuple[Reason, ...]:
        """What happens once QuickBooks has calculated the tax; and that a rule for settling a difference cannot be used
        here."""
        how, wanted = self._decisions.when_total_differs, self._money(self._figures.wanted)
        compared = Text("total is compared with {wanted} after the invoice is written", wanted=wanted)
        if how in SETTLING:
            after = (
                Text(
                    "its {compared} and before any e-mail, and one that differs is not e-mailed but held",
                    compared=compared,
                )
                if self._invoice.taxes
                else Text("OneDesk has no tax on the invoice, so QuickBooks' total applies")
            )
            return (Reason("cannot-settle", Text("{unsettled}; {after}.", unsettled=unsettled(how), after=after)),)
        if not self._invoice.taxes:
            return ()
        then = (
            Text("both are noted where they differ (totals.when_different: note)")
            if how == "note"
            else Text("the invoice is held before any e-mail if its total does not come to {wanted}", wanted=wanted)
        )
        return (Reason("total-compared", Text("QuickBooks' {compared}: {then}.", compared=compared, then=then)),)

    # Known taxes

    def _different(self, found: Settled, difference: Decimal) -> None:
        how = self._decisions.when_total_differs
        within = abs(difference) <= self._decisions.tolerance
        if how == "note":
            both = self._figures.both(found.totals)
            found.notes.append(Reason("total-differs", Text("{both} (totals.when_different: note).", both=both)))
        elif how == "adjust_tax" and within:
            self._adjust_tax(found, difference)
        elif how == "rounding_line" and within:
            self._add_rounding(found, difference)
        else:
            found.reasons.append(self._figures.held(found.totals, difference))

    def _adjust_tax(self, found: Settled, difference: Decimal) -> None:
        """Never where that makes a tax that neither side has: then the amounts without it differ."""
        overrides = () if self._figures.net_differs(found.totals) else self._overrides(found.totals, difference)
        if not overrides:
            found.reasons.append(self._figures.held(found.totals, difference))
            return
        calculated = Amount(self._money(found.totals.tax or ZERO)) if difference else spelled(found.totals)
        found.draft = replace(found.draft, tax_overrides=overrides)
        found.totals = predict(found.draft, self._codes, self._known)
        written = Amount(self._money(found.totals.tax or ZERO)) if difference else self._figures.own()
        if self._figures.tax_unknown:
            written = Text(
                "so that QuickBooks' total is OneDesk's, {host}: {written}", host=self._figures.host(), written=written
            )
        else:
            written = Text("as OneDesk has it, {written}", written=written)
        found.notes.append(
            Reason(
                "tax-adjusted",
                Text(
                    "The tax is written {written}; QuickBooks would calculate {calculated} (totals.when_different: "
                    "adjust_tax).",
                    written=written,
                    calculated=calculated,
                ),
            )
        )

    def _overrides(self, totals: Totals, difference: Decimal) -> tuple[TaxOverride, ...]:
        """The host's own amount for each rate where it has them, else the difference on the largest tax; () where no
        tax can hold it: a rate of 0 % never does. Every rate is named: the effect on others is not documented."""
        taxed = [each for each in totals.taxes if each.percent]
        if not taxed:
            return ()
        own = by_rate(self._invoice)
        amounts = [own.get(each.percent) for each in totals.taxes]
        if (
            len(own) != len(totals.taxes)
            or None in amounts
            or sum(filter(None, amounts), ZERO) != ((totals.tax or ZERO) + difference)
        ):
            largest = max(taxed, key=lambda each: abs(each.amount))
            amounts = [each.amount + (difference if each is largest else ZERO) for each in totals.taxes]
        if any(amount and not each.percent for each, amount in zip(totals.taxes, amounts, strict=True)):
            return ()
        return tuple(
            TaxOverride(each.rate, each.percent, each.net, amount or ZERO)
            for each, amount in zip(totals.taxes, amounts, strict=True)
        )

    def _add_rounding(self, found: Settled, difference: Decimal) -> None:
        draft = self._with_line(found.draft, difference)
        totals = predict(draft, self._codes, self._known)
        if totals.total != self._figures.wanted:
            unfit = self._unfit(totals, draft.lines[-1], difference) if draft is not found.draft else ()
            found.reasons.append(self._figures.held(found.totals, difference, *unfit))
            return
        gap = self._figures.gap(totals)
        if gap > self._decisions.tolerance:
            self._taxes_beyond(found, difference)
            return
        taxes = (
            Text("; its tax is {spelled}, OneDesk's {own}", spelled=spelled(totals), own=self._figures.own())
            if gap
            else ""
        )
        found.draft, found.totals = draft, totals
        found.notes.append(
            Reason(
                "rounding-line",
                Text(
                    "A line of {difference} makes QuickBooks' total {host}, as OneDesk has it{taxes} "
                    "(totals.when_different: rounding_line).",
                    difference=self._money(difference),
                    host=self._figures.host(),
                    taxes=taxes,
                ),
            )
        )

    def _taxes_beyond(self, found: Settled, difference: Decimal) -> None:
        """The total differs by a rounding only, and its taxes by more: a line would hide that."""
        found.reasons.append(
            Reason(
                "taxes-differ",
                Text(
                    "The taxes differ by more than totals.tolerance ({tolerance}): QuickBooks would calculate "
                    "{spelled}, OneDesk has {own}, so a line of {difference} cannot compensate it "
                    "(totals.when_different: rounding_line), {nothing}; correct the taxes of the invoice in OneDesk "
                    "or the tax rules, and {again}.",
                    again=COPY_IT_AGAIN,
                    tolerance=plain(self._decisions.tolerance),
                    spelled=spelled(found.totals),
                    own=self._figures.own(),
                    difference=self._money(difference),
                    nothing=self._figures.nothing,
                ),
            )
        )

    def _unfit(self, totals: Totals, line: LineDraft, difference: Decimal) -> tuple[str, str]:
        """Why the line does not settle it, and what does."""
        code = Text(" with the tax code {name}", name=line.tax_code.name) if line.tax_code else ""
        unused = Text(
            "; a line of {difference}{code} (totals.rounding) would make it {total}, because it is taxed itself",
            difference=self._money(difference),
            code=code,
            total=self._money(totals.total or ZERO),
        )
        return unused, Text("name a tax code of 0 % under totals.rounding, or ")

    def _within(self, totals: Totals) -> bool:
        """Whether the host's tax at each rate is close enough to replace QuickBooks'; their sum is the same, or the
        total would differ."""
        own = by_rate(self._invoice)
        same = len(own) == len(totals.taxes) and self._figures.tax == totals.tax
        return same and all(
            each.percent in own and abs(own[each.percent] - each.amount) <= self._decisions.tolerance
            for each in totals.taxes
        )

    def _different_rates(self, found: Settled) -> None:
        if self._decisions.when_total_differs == "adjust_tax" and self._within(found.totals):
            self._adjust_tax(found, ZERO)
            return
        own = self._figures.own()
        sentence = Text(
            "The taxes differ: QuickBooks would calculate {spelled}, OneDesk has {own}",
            spelled=spelled(found.totals),
            own=own,
        )
        if self._decisions.when_total_differs == "note":
            found.notes.append(
                Reason("taxes-differ", Text("{sentence} (totals.when_different: note).", sentence=sentence))
            )
            return
        remedy = Text("correct the tax rates of the lines in OneDesk, or the tax rules.")
        if self._figures.tax != found.totals.tax:
            sentence += Text(", and both have the total {host}", host=self._figures.host())
            remedy = Text(
                "correct the taxes of the invoice in OneDesk or the tax rules, or set totals.when_different: note."
            )
        found.reasons.append(
            Reason(
                "taxes-differ",
                Text(
                    "{sentence}, {nothing}; {remedy}", sentence=sentence, nothing=self._figures.nothing, remedy=remedy
                ),
            )
        )


TOTALS = frozenset({"total-differs", "total-unexpected"})
"""Codes of what `verdict` holds because the totals differ."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The consequence of QuickBooks' total: `held` prevents the e-mail and waits for a person."""

    held: Reason | None = None
    note: Reason | None = None


def verdict(
    host: Money,
    totals: Totals,
    compare: Money | None,
    now: BooksInvoice,
    when_different: str,
    set_tax: SetTax | None = None,
) -> Verdict:
    """`host` is the host's total, `totals` and `compare` are as in `Plan`, `now` is QuickBooks' invoice,
    `when_different` the rule totals.when_different and `set_tax` the tax that a person has set there. Pure, so that a
    plan for an unchanged invoice gives the result of the run."""
    theirs = Money(now.total, now.currency or host.currency)
    if not now.number:
        sentence = Text(
            "QuickBooks has the invoice without a number, so it is not e-mailed; enter a number there, or "
            "turn off custom transaction numbers (Account and settings > Sales)."
        )
        return Verdict(held=Reason("without-number", sentence))
    if theirs.currency != host.currency:
        sentence = Text(
            "QuickBooks has the invoice in {theirs_currency}, OneDesk has {host}; correct the customer's currency.",
            theirs_currency=theirs.currency,
            host=host,
        )
        return Verdict(held=Reason("currency-differs", sentence))
    if totals.total is not None:
        return _as_predicted(host, totals.total, theirs)
    if compare is None:
        due = is_due(now, Money(now.balance, theirs.currency))
        return Verdict(note=None if theirs == host else _automated(host, totals, theirs, due, set_tax))
    if theirs.amount == compare.amount:
        return Verdict()
    own: str = (
        Amount(compare) if compare == host else Text("{compare} ({host} and its rounding)", compare=compare, host=host)
    )
    how = Text("QuickBooks calculated {theirs} with its automated sales tax", theirs=theirs)
    if set_tax is not None:
        how = Text(
            "QuickBooks has {theirs} with the tax of {tax} that was set there",
            theirs=theirs,
            tax=Money(set_tax.tax, theirs.currency),
        )
    both = Text("The totals differ: {how}, OneDesk has {own}", how=how, own=own)
    if when_different == "note":
        return Verdict(note=Reason("total-differs", Text("{both} (totals.when_different: note).", both=both)))
    settles = Text(" {unsettled}.", unsettled=unsettled(when_different)) if when_different in SETTLING else ""
    return Verdict(
        held=Reason(
            "total-differs",
            Text(
                "{both}; the invoice is in QuickBooks and is not e-mailed. Correct the tax in OneDesk or in "
                "QuickBooks, and {again}: the totals are compared again then.{settles}",
                again=COPY_IT_AGAIN,
                both=both,
                settles=settles,
            ),
        )
    )


def unsettled(how: str) -> str:
    """Why a rule that settles differences (`how`) cannot be used where only QuickBooks knows the tax."""
    return Text(
        "totals.when_different: {how} cannot be used with automated sales tax: QuickBooks calculates the "
        "tax itself, after the invoice is written, so that the plugin cannot override it",
        how=how,
    )


def _as_predicted(host: Money, predicted: Decimal, theirs: Money) -> Verdict:
    if theirs.amount == predicted or theirs == host:
        return Verdict()
    return Verdict(
        held=Reason(
            "total-unexpected",
            Text(
                "QuickBooks calculated {theirs} instead of the planned {predicted}; the invoice is in QuickBooks "
                "and is not e-mailed. Compare its taxes with those of OneDesk, correct one of the two, and "
                "{again}.",
                again=COPY_IT_AGAIN,
                theirs=theirs,
                predicted=Money(predicted, host.currency),
            ),
        )
    )


def is_due(now: BooksInvoice, due: Money) -> str:
    """The end of a sentence on both totals; nothing is due of a credit memo."""
    return "" if now.kind == CREDIT_MEMO else Text("; {due} is due", due=due)


def _automated(host: Money, totals: Totals, theirs: Money, due: str, set_tax: SetTax | None) -> Reason:
    how = Text(
        "QuickBooks calculated {tax} sales tax",
        tax=Money(theirs.amount - totals.net, host.currency),
    )
    if set_tax is not None:
        how = Text("The sales tax was set to {tax} in QuickBooks", tax=Money(set_tax.tax, host.currency))
    sentence = Text(
        "{how}: the total is {theirs} in QuickBooks and {host} in OneDesk{due}.",
        how=how,
        theirs=theirs,
        host=host,
        due=due,
    )
    return Reason("automated-tax", sentence)
