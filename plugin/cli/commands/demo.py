"""`demo`: runs host, sandbox and everything between them in under a minute, and verifies the results."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import FINDINGS, Options
from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.demo.story import Row, Story
    from onedesk_quickbooks.plugin.sandbox.http.server import Server


@click.command(short_help="Run the main job in a minute: host, sandbox, invoices, payments.")
@click.option("--no-serve", is_flag=True, help="End after the steps, instead of leaving host and sandbox open.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The port of the host afterwards; 0 takes a free port."
)
@click.pass_context
def demo(ctx: click.Context, no_serve: bool, port: int) -> None:
    """Start a QuickBooks sandbox and a OneDesk-style host in a temporary folder, and run the main job from end to end.

    The effect of every step is read back from both sides; the exit code is 0 only if all of them are as expected.
    Afterwards host and sandbox stay open for your browser until Ctrl-C.
    """
    from onedesk_quickbooks.plugin.cli.serving import ends_on_signals
    from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
    from onedesk_quickbooks.plugin.sandbox.http.server import Server

    options: Options = ctx.obj
    fine = False
    with ends_on_signals(), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onedesk-quickbooks-demo-")))
        home = Options(folder / "home", options.rules)
        sandbox = stack.enter_context(Sandbox(SandboxOptions(company="us")))
        server = stack.enter_context(Server(sandbox))
        fine = _play(home, server)
        if fine and not no_serve:
            _stay(home, server, port)
    if not fine:
        ctx.exit(FINDINGS)


def _play(home: Options, server: Server) -> bool:
    """Run all steps with their marks, then print the table. False if a step could not be verified."""
    from onedesk_quickbooks.plugin.cli.demo.sides import Books
    from onedesk_quickbooks.plugin.cli.demo.story import Story
    from onedesk_quickbooks.plugin.cli.output import print_table
    from onedesk_quickbooks.plugin.cli.session import open_session
    from onedesk_quickbooks.plugin.cli.session.consent import settle_on_sandbox
    from onedesk_quickbooks.plugin.host.records import USERS

    began = time.monotonic()
    settle_on_sandbox(home, server.base_url)
    click.echo(f"{click.style('OneDesk invoices to QuickBooks Online, and their payments back', bold=True)}\n")
    click.echo(f"  QuickBooks sandbox   {server.base_url}  ({server.sandbox.company_name})")
    click.echo(f"  OneDesk-style host   {home.home}\n")
    credentials = server.sandbox.credentials(server.base_url)
    with Books(credentials) as books, open_session(home, connected=False) as session:
        session.needs_embedded(Text("The demo runs with")).users.let_in(USERS)
        story = Story(session, books, utc_now().date())
        rows, whole = _steps(story)
        if whole:
            story.leave_work()
    columns = ("Invoice", "Outcome", "QuickBooks no.", "Amount", "OneDesk says", "QuickBooks says")
    table = [
        (row.invoice or "-", row.step, row.qbo_number or "-", row.amount or "-", row.host_says, row.books_say)
        for row in rows
    ]
    print_table(columns, table, right=("Amount",))
    seconds = time.monotonic() - began
    if whole:
        text = f"All {len(table)} steps were read back from both sides, in {seconds:.1f} seconds."
        click.echo(click.style(text, fg="green"))
    return whole


def _steps(story: Story) -> tuple[list[Row], bool]:
    """The rows of the verified steps; False if one failed, which ends the demo."""
    from onedesk_quickbooks.plugin.cli.demo.sides import Untrue

    rows: list[Row] = []
    for title, work in story.steps():
        try:
            rows.append(work())
        except Untrue as problem:
            click.echo(f"  {click.style('✗', fg='red')} {title}\n      {problem}")
            return rows, False
        click.echo(f"  {click.style('✓', fg='green')} {title}")
    return rows, True


def _stay(home: Options, sandbox: Server, port: int) -> None:
    """Keep host and sandbox running; QuickBooks notifies the host by webhooks."""
    from onedesk_quickbooks.plugin.cli.demo.story import DRAFT, OPEN
    from onedesk_quickbooks.plugin.cli.hostnames import known_names_only
    from onedesk_quickbooks.plugin.cli.serving import Server, wait_for_signal
    from onedesk_quickbooks.plugin.cli.session import open_session

    with (
        open_session(home, background=True) as session,
        Server(
            known_names_only(session.host_pages(passwordless=True, books=sandbox.base_url), "127.0.0.1", ""), port
        ) as host,
    ):
        sandbox.sandbox.webhooks.url = f"{host.base_url}/quickbooks/webhooks"
        click.echo(f"""
Both stay open; what you do on one side arrives on the other:
  Begin here           {host.base_url}/demo  (sign in as Ada Admin: what has happened, and what to press next)
  OneDesk-style host   {host.base_url}/
  its Financials       {host.base_url}/administration/financials
  QuickBooks           {sandbox.base_url}/
{DRAFT} is a Draft: open it, copy or send it; {OPEN} is Open already. Pay one in QuickBooks, and see it become Paid.
Ctrl-C ends both.""")
        wait_for_signal()
