"""What can stop the plugin as a whole; each text says what is wrong and what to do."""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.problem import Problem
from onedesk_quickbooks.plugin.texts import Text


class SyncProblem(Problem):
    """Root of this package's problems."""


class CannotStart(SyncProblem):
    """The data directory, the ledger, the key or the rules cannot be used."""


class SettingsProblem(CannotStart):
    """settings.yaml, or a setting from the environment, cannot be used."""


class NotConnected(SyncProblem):
    """There is no QuickBooks company to work with."""


class CompanyBusy(SyncProblem):
    """Another process works on this company's lane and did not end in time."""


class ConnectProblem(SyncProblem):
    """Connecting came to nothing; nothing was changed."""


class AnotherCompany(ConnectProblem):
    """Another company than before was chosen, and nobody has said that it is to take the place of that one."""


class ChoiceProblem(SyncProblem):
    """A setting was given a value that it cannot have."""


class CannotDecide(SyncProblem):
    """There is no change in QuickBooks to decide about, or it is another by now."""


class LinkProblem(SyncProblem):
    """A customer of the host cannot be linked to this QuickBooks customer, or is not linked."""


class RulesProblem(SyncProblem):
    """Rules cannot be taken, saved or gone back to; nothing was changed, and the text says what to do."""


class GaveAnotherInvoice(LookupError):
    """The host has given an invoice of another id than the one that it was asked for."""


class HostEnded(RuntimeError):
    """The host, or another plugin of it, has raised what ends a thread, and is no error: `SystemExit`, say."""


class InvalidInvoice(ValueError):
    """JSON from the host that its schema refuses. `field` is the path ("lines[2].amount")."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(Text("{field}: {sentence}", field=field, sentence=sentence) if field else sentence)
        self.field = field
        self.sentence = sentence


class CannotReconcile(SyncProblem):
    """The two sides cannot be compared; the text says why."""


class CannotUndo(SyncProblem):
    """A run cannot be undone as a whole now; the text says why, and what is to be done first."""


class CannotAdopt(SyncProblem):
    """A pair that a person names cannot be adopted; the text says why."""
