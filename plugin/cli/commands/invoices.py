"""`copy` and `send`: invoices of files, or of the host, to QuickBooks."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.files.csv_records import COLUMNS
from onedesk_quickbooks.plugin.cli.ordered_output import OrderedOutput
from onedesk_quickbooks.plugin.cli.output import (
    is_wide,
    json_option,
    nobody_reads,
    print_json,
    print_sentences,
    print_table,
    say,
)
from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.host_payment import is_payment_key, payment_id
from onedesk_quickbooks.plugin.texts import Text, counted, gettext, joined, ngettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.outcome import Outcome

_FILES = f"""
A file is .json (one invoice or a list), .jsonl (one a line) or .csv (one row a line item); an ID is the id of an
invoice that the host already has. A bad record is reported with file and line; the others continue.

Entries that are already in the queue are processed too, and listed after the named invoices; entries left by a stopped
command are not.

Ctrl-C or SIGTERM ends the command after the invoices in progress, within ten seconds. It prints how many are done; the
others wait for a person under the name of the run: `queue resume RUN`, or `queue drop --run RUN`.

With --json one object a line: id action outcome reason qbo_id qbo_number total qbo_total currency rule_ids calls
waited; outcome is one of copied, updated, unchanged, sent, voided, deleted, held, skipped, failed; waited is true for
an entry that was already in the queue. One that is held for another of the same command has a second line once that is
done; its last line counts.

Columns of a CSV file (explained in docs/commands.md): {", ".join(COLUMNS)}.
"""


@click.command(short_help="Copy invoices to QuickBooks Online.", epilog=_FILES)
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@json_option
@click.pass_context
def copy(ctx: click.Context, invoices: tuple[str, ...], as_json: bool) -> None:
    """Copy Open invoices to QuickBooks Online. None is e-mailed, except those whose `send` was already in the queue:
    `plan` shows them."""
    _run(ctx, invoices, "copy", as_json)


@click.command(short_help="Copy invoices, and have QuickBooks Online e-mail them.", epilog=_FILES)
@click.argument("invoices", nargs=-1, required=True, metavar="FILE|ID...")
@json_option
@click.pass_context
def send(ctx: click.Context, invoices: tuple[str, ...], as_json: bool) -> None:
    """Copy Open invoices and have QuickBooks e-mail them to the billing contact in the host.

    An invoice without a billing e-mail in the host is only copied, or held if the rules say so.
    """
    _run(ctx, invoices, "send", as_json)


def _run(ctx: click.Context, words: Sequence[str], action: str, as_json: bool) -> None:
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.gather import gather, names_file
    from onedesk_quickbooks.plugin.cli.session.run import Run

    options: Options = ctx.obj
    with open_session(options) as session:
        given = gather(words, session.host)
        if names_file(words):
            session.needs_embedded(Text("Invoices of files are put into"))
        shown = Shown(as_json)
        output = OrderedOutput(shown, shown.again)
        run = Run(session, given, action, output)
        try:
            stopped = run.work()
        except Exception:
            output.end()
            shown.flush()
            taken = run.taken()
            say(taken) if taken else None
            raise
        output.end()
        shown.sums(False)
        output.end_along()
        shown.sums(True)
        if stopped:
            raise CannotRun(stopped)
        shown.complain()
    if shown.unwell:
        ctx.exit(FINDINGS)


_NAMED = Text("Named in the command:")
_ALONG = Text("Were already in the queue, and were processed in the same run:")
_AGAIN = Text("Processed once more, because what they were held for was done in the same run:")


class Shown:
    """Prints outcomes: one object a line, or tables of at most `ROWS`. If the output is closed, the work continues and
    the error is raised at the end."""

    ROWS = 100

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._rows: list[Outcome] = []
        self._heading: str = _NAMED
        self._counts = {False: Counter[str](), True: Counter[str]()}
        self._calls = {False: 0, True: 0}
        self._broken: OSError | KeyboardInterrupt | None = None

    @property
    def unwell(self) -> bool:
        """Whether one is held or has failed."""
        return any(counts["held"] or counts["failed"] for counts in self._counts.values())

    def __call__(self, outcome: Outcome, along: bool) -> None:
        self._add(outcome, along, _ALONG if along else _NAMED)

    def again(self, outcome: Outcome) -> None:
        """Print an outcome of a named invoice that was printed as held."""
        self._counts[False]["held"] -= 1
        self._add(outcome, False, _AGAIN)

    def _add(self, outcome: Outcome, along: bool, heading: str) -> None:
        self._counts[along][outcome.outcome] += 1
        self._calls[along] += outcome.calls
        if self._as_json:
            self._print(lambda: print_json({**outcome.to_json(), "waited": along}))
            return
        self._under(heading)
        if len(self._rows) == self.ROWS:
            self.flush()
        self._rows.append(outcome)

    def flush(self) -> None:
        """Print the remaining outcomes."""
        rows, self._rows = self._rows, []
        if rows:
            self._print(lambda: _table(rows))

    def sums(self, along: bool) -> None:
        """Print how many there are of each outcome."""
        counts = +self._counts[along]
        if self._as_json or (along and not counts):
            return
        if along or self._heading == _ALONG:
            self._under(_ALONG if along else _NAMED)
        self.flush()
        each = (counted(number, Text(name)) for name, number in counts.items())
        text = joined(", ", each) or Text("no invoices")
        calls = self._calls[along]
        asked = ngettext("{n} call to QuickBooks", "{n} calls to QuickBooks", calls)
        self._print(lambda: click.echo(gettext("{counts}; {calls}.", counts=text, calls=asked)))

    def complain(self) -> None:
        """Raise the OSError or KeyboardInterrupt that stopped the output."""
        if self._broken is not None:
            raise self._broken

    def _under(self, heading: str) -> None:
        """Print a heading if the following outcomes are of another kind than the previous ones."""
        if heading == self._heading:
            return
        self.flush()
        self._heading = heading
        self._print(lambda: click.echo(f"\n{shown(heading)}"))

    def _print(self, printing: Callable[[], None]) -> None:
        if self._broken is None:
            try:
                printing()
            except OSError as problem:
                self._broken = problem
            except KeyboardInterrupt as stopped:  # the reader stopped; outcomes are still counted
                nobody_reads(sys.stdout.fileno())
                self._broken = stopped


def _table(outcomes: Sequence[Outcome]) -> None:
    def row(outcome: Outcome) -> tuple[object, ...]:
        return (
            _called(outcome),
            Text(outcome.outcome),
            outcome.qbo_number or outcome.qbo_id or "-",
            outcome.total or "-",
            outcome.qbo_total or "-",
            outcome.reason,
        )

    amounts = (Text("Total"), Text("In QuickBooks"))
    columns = (Text("Invoice"), Text("Outcome"), Text("QuickBooks no."), *amounts, Text("Why"))
    wide = is_wide()
    count = len(columns) if wide else len(columns) - 1
    print_table(columns[:count], (row(outcome)[:count] for outcome in outcomes), right=amounts)
    if not wide:  # a column of sentences would be a few letters wide
        print_sentences((_called(outcome), outcome.reason) for outcome in outcomes if outcome.reason)


def _called(outcome: Outcome) -> str:
    """The name of an invoice, or of a payment of the host, for people."""
    if is_payment_key(outcome.id):
        return Text("payment {id}", id=payment_id(outcome.id))
    return outcome.id or "?"
