"""The problems that stop the plugin as a whole; each text says what is wrong and what to do."""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.problem import Problem
from onedesk_quickbooks.plugin.texts import Text


class SyncProblem(Problem):
    """Base class of this package's problems."""


class CannotStart(SyncProblem):
    """The data directory, the ledger, the key or the rules cannot be used."""


class SettingsProblem(CannotStart):
    """settings.yaml, or a setting from the environment, cannot be used."""


class NotConnected(SyncProblem):
    """There is no QuickBooks company to work with."""


class CompanyBusy(SyncProblem):
    """Another process works on this company's queue and did not end in time."""


class ConnectProblem(SyncProblem):
    """Connecting failed; nothing was changed."""


class AnotherCompany(ConnectProblem):
    """A company other than the one before was chosen, without confirmation that it replaces that one."""


class ChoiceProblem(SyncProblem):
    """A setting was given an invalid value."""


class CannotDecide(SyncProblem):
    """There is no change in QuickBooks to decide about, or QuickBooks has another version by now."""


class LinkProblem(SyncProblem):
    """A customer of the host cannot be linked to this QuickBooks customer, or is not linked."""


class RulesProblem(SyncProblem):
    """Rules cannot be taken, saved or reverted; nothing was changed, and the text says what to do."""


class GaveAnotherInvoice(LookupError):
    """The host returned an invoice with another id than the requested one."""


class GaveNoInvoice(TypeError):
    """The host returned something else than an invoice, which is a mapping."""


class GaveNoId(TypeError):
    """The host listed something else than the id of an invoice, which is a text: its database's number, for example."""


class HostAwaits(TypeError):
    """A method of the host returned a coroutine or the like: nothing was done, because nothing awaits it here."""


class HostEnded(RuntimeError):
    """The host, or another plugin of it, raised an exception that ends a thread and is no error: `SystemExit`, for
    example."""


class InvalidInvoice(ValueError):
    """JSON from the host that does not match its schema. `field` is the path ("lines[2].amount")."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(Text("{field}: {sentence}", field=field, sentence=sentence) if field else sentence)
        self.field = field
        self.sentence = sentence


class CannotReconcile(SyncProblem):
    """The two sides cannot be compared; the text says why."""


class NotGiven(SyncProblem):
    """The host has failed to give an invoice that a person names."""


class CannotList(SyncProblem):
    """The host has failed to list its invoices."""


class CannotUndo(SyncProblem):
    """A run cannot be undone as a whole now; the text says why, and what has to be done first."""


class CannotAdopt(SyncProblem):
    """A pair that a person names cannot be adopted; the text says why."""
