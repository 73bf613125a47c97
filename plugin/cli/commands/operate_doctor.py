"""`doctor`: the problems of the installation, and what to do."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line
from onedesk_quickbooks.plugin.cli.steps import as_typed, shown
from onedesk_quickbooks.plugin.model.legible import lines
from onedesk_quickbooks.plugin.texts import Text, gettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ops.doctor.checks import Check

LONGEST = 25.0
"""Seconds for all checks: with the start of the program it ends within half a minute, even if something does not
respond."""

_MARKS = {"ok": Text("fine"), "note": Text("note"), "warning": Text("WARNING"), "problem": Text("PROBLEM")}


@click.command(short_help="Find what is wrong with the installation, and say what to do.")
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check settings, key, databases, disk and rules, the connection, the clock and the webhooks, and those settings of
    the company that can cause problems. Nothing is changed; two requests go to QuickBooks, and one more for every
    1,200 invoices that name one of OneDesk's without a link.

    It ends within half a minute: a check without an answer by then is reported as a problem.

    With --json one object a line: check state found remedy; state is ok, note, warning or problem. Exit code 1 if there
    is a warning or a problem.
    """
    options: Options = ctx.obj
    findings, looking = 0, Looking(options)
    for check in looking.checks():
        findings += check.is_finding
        if as_json:
            print_json(check.to_json())
        else:
            line = as_typed(gettext("{check}: {found}", check=check.name, found=check.found))
            click.echo(lines(f"{shown(_MARKS[check.state]):8} {line}"))
            if check.remedy:
                click.echo(f"{'':8} -> {shown(check.remedy)}")
    if looking.hangs:  # a thread that waits for a database or a resolver can only be ended this way
        sys.stdout.flush()
        logging.shutdown()  # flushes the log
        os._exit(FINDINGS)
    if findings:
        ctx.exit(FINDINGS)
    if not as_json:
        print_line(Text("All is well."))


class Looking:
    """Runs the checks in a thread. `hangs`: they have not finished within `seconds`."""

    def __init__(self, options: Options, seconds: float = LONGEST) -> None:
        self.hangs = False
        self._seconds = seconds
        self._options = options
        self._made: queue.Queue[Check | BaseException | None] = queue.Queue()

    def checks(self) -> Iterator[Check]:
        """Each check when it is done. Raises what prevents the command from running."""
        from onedesk_quickbooks.plugin.ops.doctor.checks import Check

        until, last = time.monotonic() + self._seconds, ""
        threading.Thread(target=copy_context().run, args=(self._make,), name="doctor", daemon=True).start()
        while True:
            try:
                made = self._made.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                self.hangs = True
                seconds = f"{self._seconds:.0f}"
                found = Text("No check finished within {n} s.", n=seconds)
                if last:
                    found = Text("What comes after “{check}” did not finish within {n} s.", check=last, n=seconds)
                remedy = Text(
                    "Fix the problems above first. If there are none, check that the ledger's database, the host and "
                    "the network respond."
                )
                yield Check("doctor", "problem", found, remedy)
                return
            if made is None:
                return
            if isinstance(made, BaseException):
                raise made
            last = made.name
            yield made

    def _make(self) -> None:
        try:
            for check in _checks(self._options):
                self._made.put(check)
        except BaseException as problem:
            self._made.put(problem)
        else:
            self._made.put(None)


def _checks(options: Options) -> Iterator[Check]:
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.ops.doctor import files
    from onedesk_quickbooks.plugin.ops.doctor.checks import Check

    broken = False
    for check in files.examine(options.home, options.environ):
        broken = broken or (check.state == "problem" and check.name != "settings")
        yield check
    if not options.home.is_dir():
        return
    try:
        with open_session(options, connected=False, used=True, default_rules=broken) as session:
            yield from session.application.examine(record=not broken)
    except CannotRun as problem:
        text = Text("The remaining checks could not run: {problem}", problem=problem.text)
        yield Check(Text("connection"), "problem", text, Text("Solve the problem above first."))
