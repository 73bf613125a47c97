"""The figures of both sides in words, and the remedies where they differ."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.model.again import COPY_IT_AGAIN
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, minor_digits, number, plain, rate_key, round_half_up
from onedesk_quickbooks.plugin.model.plan import Reason, TaxAmount, Totals
from onedesk_quickbooks.plugin.planning.predict import ZERO
from onedesk_quickbooks.plugin.texts import Amount, Text, joined

_WITHOUT_TAX = Text("enter them without tax in OneDesk (amounts_include_tax: false, and the tax under taxes)")
_HALF = Decimal("0.005")
"""The most that is lost when an amount is rounded to a cent."""


class Figures:
    """The figures of one invoice. `wanted` is the total that QuickBooks' has to equal: the host's, with its rounding
    where that is written as a line. `more`: an earlier request is recovered first, so that a held invoice writes
    nothing more."""

    def __init__(self, invoice: Invoice, decisions: InvoiceDecisions, more: bool = False) -> None:
        self.nothing = (
            Text("so nothing more is written to QuickBooks") if more else Text("so nothing is written to QuickBooks")
        )
        self._invoice = invoice
        self._decisions = decisions
        self.rounding = invoice.rounding if decisions.rounding == "line" else ZERO
        self.wanted = invoice.total + self.rounding

    def money(self, amount: Decimal) -> Money:
        """An amount in the invoice's currency."""
        return self._invoice.money(amount)

    @property
    def tax(self) -> Decimal:
        """The total tax of the host."""
        return sum((each.amount for each in self._invoice.taxes), ZERO)

    @property
    def tax_unknown(self) -> bool:
        """Whether the host does not state the tax that its amounts include."""
        return self._invoice.amounts_include_tax and not self._invoice.taxes

    def net_differs(self, totals: Totals) -> Decimal:
        """By how much the host's amounts without tax exceed QuickBooks'; no tax settles that. Only amounts that include
        tax can differ, because each is rounded separately."""
        if self.tax_unknown:
            return ZERO
        return self.wanted - (totals.total or ZERO) - (self.tax - (totals.tax or ZERO))

    def host(self, *more: str) -> str:
        """The host's total, with its rounding where that is part of it, and with `more`."""
        parts = list(more)
        if self.rounding:
            shown = {"total": number(self._invoice.total), "rounding": number(abs(self.rounding))}
            less = self.rounding < 0
            rounded = Text("{total} less {rounding} rounding", **shown)
            parts.insert(0, rounded if less else Text("{total} and {rounding} rounding", **shown))
        wanted = self.money(self.wanted)
        if not parts:
            return Amount(wanted)
        return Text("{wanted} ({parts})", wanted=wanted, parts=joined("; ", parts))

    def both(self, totals: Totals) -> str:
        """Both totals, each with its tax."""
        theirs = self.money(totals.total or ZERO)
        tax = Text("included") if self.tax_unknown else number(self.tax)
        return Text(
            "The totals differ: QuickBooks would calculate {theirs} ({net} + tax {spelled}), OneDesk has {host}",
            theirs=theirs,
            net=number(totals.net),
            spelled=spelled(totals),
            host=self.host(Text("tax {tax}", tax=tax)),
        )

    def held(self, totals: Totals, difference: Decimal, unused: str = "", remedy: str = "") -> Reason:
        """Why nothing is written: the difference, why the rules do not settle it (`unused`), and the remedy; `remedy`
        is for a missing rule."""
        how, tolerance = self._decisions.when_total_differs, self._decisions.tolerance
        if how != "hold" and abs(difference) > tolerance:
            unused = Text(", by more than totals.tolerance ({tolerance})", tolerance=plain(tolerance))
        text = Text("{both}{unused}{net}", both=self.both(totals), unused=unused, net=self._net(totals))
        return Reason(
            "total-differs",
            Text(
                "{text}, {nothing}; {before}{remedy}",
                text=text,
                nothing=self.nothing,
                before=remedy,
                remedy=self._remedy(totals),
            ),
        )

    def _net(self, totals: Totals) -> str:
        net = self.net_differs(totals)
        same = Text("the tax is the same, and ") if self.tax == totals.tax else ""
        if self.tax_unknown:
            return Text("; each amount is taken without its tax and rounded to a cent")
        if not net:
            return ""
        return Text(
            "; {same}the amounts without tax come to {net} in QuickBooks, each rounded to a cent, and to "
            "{own} in OneDesk",
            same=same,
            net=number(totals.net),
            own=number(totals.net + net),
        )

    def _remedy(self, totals: Totals) -> str:
        """Amounts that include tax give the host's total for any tax, apart from rounding losses: no other tax is a
        remedy for that."""
        correct = Text("correct the taxes of the invoice in OneDesk or the tax rules")
        digits, total = minor_digits(self._invoice.currency), totals.total
        gap = ZERO if total is None else abs(self.wanted - total)
        if total is not None and round_half_up(total, digits) != total and gap < Decimal(1).scaleb(-digits):
            settling = self._settling(gap, totals)  # OneDesk cannot have that total
            return Text(
                "set totals.when_different: {settling}note, and {again}.", settling=settling, again=COPY_IT_AGAIN
            )
        if not self._invoice.amounts_include_tax:
            return Text("{correct}, and {again}.", correct=correct, again=COPY_IT_AGAIN)
        gap = ZERO if self.tax_unknown else abs(self.tax - (totals.tax or ZERO))
        wrong = gap > self._lost(totals)
        needed = max(abs(self.wanted - (totals.total or ZERO)), ZERO if wrong else gap)
        settles = Text(
            "{correct}{without_tax}, or set totals.when_different: ",
            correct=Text("{correct}, and ", correct=correct) if wrong else "",
            without_tax=_WITHOUT_TAX,
        )
        return Text(
            "{settles}{settling}note, and {again}.",
            again=COPY_IT_AGAIN,
            settles=settles,
            settling=self._settling(needed, totals),
        )

    def _lost(self, totals: Totals) -> Decimal:
        """The maximum difference of a tax because amounts without it, and each tax, are rounded to a cent."""
        count = len(self._invoice.lines) + len(self._invoice.charges) + len(self._invoice.discounts)
        return _HALF * (count + max(len(totals.taxes), len(self._invoice.taxes)))

    def _settling(self, needed: Decimal, totals: Totals) -> str:
        """The rules that would settle a difference that no tax settles, without those that are set already."""
        how, tolerance = self._decisions.when_total_differs, self._decisions.tolerance
        most = (
            Text(" with totals.tolerance: {needed}", needed=plain(needed))
            if needed > tolerance
            else Text(", up to totals.tolerance,")
        )
        if how == "rounding_line" and needed <= tolerance:
            return ""
        tax = Text("adjust_tax{most} or ", most=most) if how != "adjust_tax" and not self.net_differs(totals) else ""
        return Text("{tax}rounding_line{most} or ", tax=tax, most=most)

    def gap(self, totals: Totals) -> Decimal:
        """The largest difference of the taxes of both sides: in sum, or at one rate where both state every rate that
        has a tax."""
        gaps = [abs(self.tax - (totals.tax or ZERO))] if self._invoice.taxes else []
        own, theirs = by_rate(self._invoice), _by_percent(totals)
        taxed = {rate for some in (own, theirs) for rate, amount in some.items() if amount}
        if taxed <= own.keys() & theirs.keys():
            gaps += [abs(own[rate] - theirs[rate]) for rate in taxed]
        return max(gaps, default=ZERO)

    def own(self) -> str:
        """The host's tax at each rate; as a sum where it does not state rates."""
        rates = by_rate(self._invoice)
        each = joined(
            ", ",
            (
                Text("{amount} at {rate} %", amount=number(amount), rate=number(rate))
                for rate, amount in sorted(rates.items())
            ),
        )
        return each or number(self.tax)


def by_rate(invoice: Invoice) -> dict[Decimal, Decimal]:
    """The host's tax at each rate, including 0.00; {} where one of its taxes has no rate."""
    found: dict[Decimal, Decimal] = {}
    for each in invoice.taxes:
        if each.rate is None and each.amount:
            return {}
        if each.rate is not None:
            found[each.rate.normalize()] = found.get(each.rate.normalize(), ZERO) + each.amount
    return found


def _by_percent(totals: Totals) -> dict[Decimal, Decimal]:
    found: dict[Decimal, Decimal] = {}
    for each in totals.taxes:
        key = each.percent.normalize()
        found[key] = found.get(key, ZERO) + each.amount
    return found


def spelled(totals: Totals) -> str:
    """Each tax with its rate and its basis: 20.00 (VAT, 20 % of 100.00); 0 for none."""
    parts = [Text("{amount} ({how})", amount=number(each.amount), how=_one(each)) for each in totals.taxes]
    return joined(" + ", parts) or "0"


def _one(tax: TaxAmount) -> str:
    return Text(
        "{name}, {percent} % of {net}",
        name=tax.rate.name,
        percent=Amount(rate_key(tax.percent)),
        net=number(tax.net),
    )
