"""The QuickBooks class of each line, or of the whole invoice: by what the company tracks (qbo-api.md 2.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from onedesk_quickbooks.plugin.model.books import Books
from onedesk_quickbooks.plugin.model.by_name import find_named, records_named
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions, ItemChoice
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.planning.accepted_names import unless_several
from onedesk_quickbooks.plugin.texts import Text

_TRACKING = Text("Account and settings > Advanced > Categories")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A class that a rule names, and what for."""

    found: Ref
    rule: str
    whose: str


class ClassPlanner:
    """`of_invoice` is the class of the whole invoice, where the company tracks it; `reasons` are those against the
    classes that the rules name. A company that tracks both has the class on each line."""

    def __init__(self, decisions: InvoiceDecisions, books: Books) -> None:
        self._books = books
        self._by_line = books.company.tracks_classes
        self._wanted: list[_Wanted] = []
        self.of_invoice: Ref | None = None
        self.reasons: list[Reason] = []
        name = decisions.invoice_class
        named = name is not None and name != "none"
        rule = next((each.rule for each in decisions.trail if each.table == "invoice_class"), "invoices.class")
        self.for_all = self._find(name or "", rule, Text("the invoice")) if named else None
        if self.for_all is not None and not self._by_line:
            self._take(_Wanted(self.for_all, rule, Text("the invoice")))

    def of_line(self, choice: ItemChoice | None, whose: str) -> Ref | None:
        """The class of a line. A line without one does not count for the class of a whole invoice."""
        named = choice.others.get("class") if choice and not choice.hold else None
        if named is None:
            return self.for_all if self._by_line else None
        if named.outcome == "none":
            return None
        found = self._find(named.outcome, named.rule, whose)
        if found is None or self._by_line:
            return found
        self._take(_Wanted(found, named.rule, whose))
        return None

    def _take(self, wanted: _Wanted) -> None:
        """Take one more class for the whole invoice, which has only one."""
        self._wanted.append(wanted)
        self.of_invoice = self._wanted[0].found
        if len({each.found.id for each in self._wanted}) != 2 or wanted.found.id == self.of_invoice.id:
            return
        first = self._wanted[0]
        sentence = Text(
            'The rule {rule} names the class "{found_name}" for {whose}, and the rule {rule2} the class '
            '"{found_name2}" for {whose2}, but QuickBooks keeps one class for a whole invoice; make two '
            "invoices of it, let the rules name one class, or turn on classes for each row there "
            "({tracking}).",
            rule=first.rule,
            found_name=first.found.name,
            whose=first.whose,
            rule2=wanted.rule,
            found_name2=wanted.found.name,
            whose2=wanted.whose,
            tracking=_TRACKING,
        )
        if not any(each.code == "classes-differ" for each in self.reasons):
            self.reasons.append(Reason("classes-differ", sentence))

    def _find(self, name: str, rule: str, whose: str) -> Ref | None:
        company = self._books.company
        if not (company.tracks_classes or company.tracks_invoice_class):
            sentence = Text(
                'The rule {rule} names the class "{name}" for {whose}, but QuickBooks does not track classes; '
                "turn that on there ({tracking}), or take the class out.",
                rule=rule,
                name=name,
                whose=whose,
                tracking=_TRACKING,
            )
            self.reasons.append(Reason("class-not-tracked", sentence))
            return None
        found = find_named(self._books.classes, name)
        if found is None:
            sentence = Text(
                'QuickBooks has no class "{name}", which the rule {rule} names for {whose}; create it there (All '
                "lists > Classes), or correct the rule.",
                name=name,
                rule=rule,
                whose=whose,
            )
            missing = Reason("class-missing", sentence)
            self.reasons.append(unless_several(records_named(self._books.classes, name), name, missing))
        return found
