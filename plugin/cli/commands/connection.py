"""`connect`, `disconnect`, `settings`: the QuickBooks company of this data directory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line, print_table
from onedesk_quickbooks.plugin.texts import Text, in_queue, joined

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session
    from onedesk_quickbooks.plugin.ledger import Connected


@click.command(short_help="Connect a QuickBooks company.")
@click.option(
    "--sandbox",
    "sandbox_url",
    metavar="BASE_URL",
    help="Connect to the sandbox of `onedesk-quickbooks sandbox` at this address.",
)
@click.option("--yes", is_flag=True, help="Consent without a browser; only with that sandbox.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    show_default="any with --sandbox, else 8417",
    help="Receive the answer on this port of 127.0.0.1.",
)
@click.option(
    "--redirect-uri",
    metavar="URI",
    help="The address that is registered with Intuit, if it is not on this machine: it must lead to the --port.",
)
@click.option("--replace", is_flag=True, help="Connect a different company than before, without a question.")
@click.option("--income-account", metavar="NAME", help="Default income account for new service types.")
@click.option("--tax-code", metavar="NAME", help="Default tax code, if the company's country uses one.")
@json_option
@click.pass_context
def connect(
    ctx: click.Context,
    sandbox_url: str | None,
    yes: bool,
    port: int | None,
    redirect_uri: str | None,
    replace: bool,
    income_account: str | None,
    tax_code: str | None,
    as_json: bool,
) -> None:
    """Open a browser for consent, receive the answer, and store the tokens encrypted.

    Client id and secret of your Intuit app are read from settings.yaml of the data directory, or from the environment:
    ONEDESK_QUICKBOOKS_CLIENT_ID, ONEDESK_QUICKBOOKS_CLIENT_SECRET. With --sandbox the sandbox gives them.

    Intuit sends the browser back only to an address that the app names: http://localhost:8417/callback while the
    environment is Intuit's sandbox; in production an https address of yours that leads to the port, given as
    --redirect-uri. You can also connect on the host's page Administration > Financials.

    A different company than before is connected only if you confirm it: on a terminal the command shows what becomes of
    the first company's invoices, queue and payments, and asks. `status` lists what is left of the first company.
    """
    from onedesk_quickbooks.plugin.cli.session import consent, open_session

    options: Options = ctx.obj
    with ExitStack() as undo:
        if sandbox_url:
            undo.callback(consent.settle_on_sandbox(options, sandbox_url))
        with open_session(options, connected=False) as session:
            settings = session.application.settings
            if yes and settings.environment != "local":
                raise click.UsageError(Text("--yes consents with our sandbox only; add --sandbox BASE_URL"))
            if not settings.client_id or not settings.client_secret:
                raise CannotRun(
                    Text(
                        "client_id and client_secret are missing; write them into {home}/settings.yaml",
                        home=options.home,
                    )
                )
            if yes:
                consent.consent_at_once(session.application, replace)
            else:
                chosen = port or (0 if settings.environment == "local" else consent.PORT)
                consent.consent_in_browser(session.application, chosen, redirect_uri, replace)
            undo.pop_all()
            _choose(session, income_account, tax_code, yes)
            report = _report(session)
            behind = session.application.status().left_behind
    if as_json:
        print_json(report)
        return
    print_line(
        Text(
            "Connected to {report} ({report2}, {report3}), {report4}.",
            report=report["company"],
            report2=report["country"],
            report3=report["currency"],
            report4=report["realm_id"],
        )
    )
    _missing(report)
    if behind:
        names = ", ".join(each["company"] for each in behind)
        print_line(Text("Data kept for {names}: onedesk-quickbooks status", names=names))


def _choose(session: Session, income_account: str | None, tax_code: str | None, yes: bool) -> None:
    """Set the settings that are required after connecting. With the sandbox and --yes an income account is chosen
    automatically."""
    from onedesk_quickbooks.plugin.cli.session import person
    from onedesk_quickbooks.plugin.model.by_name import INCOME_TYPES

    reference = session.application.reference()
    connected = session.application.connected
    if reference is None or connected is None:
        raise CannotRun(Text("the company was connected, but cannot be read; run: onedesk-quickbooks status"))
    accounts = reference.accounts if yes else ()
    names = [account.name for account in accounts if account.active and account.type in INCOME_TYPES]
    if income_account is None and connected.default_income_account is None and names:
        income_account = "Services" if "Services" in names else names[0]
    if income_account is not None:
        session.application.choose(person(), "default_income_account", income_account)
    if tax_code is not None:
        session.application.choose(person(), "default_tax_code", tax_code)


def _report(session: Session) -> dict[str, Any]:
    found: Connected | None = session.application.connected
    if found is None:
        return {"connected": False}
    return {
        "connected": True,
        "company": found.company.name,
        "realm_id": found.realm_id,
        "country": found.company.country,
        "currency": found.company.home_currency,
        "environment": found.environment,
        "default_income_account": found.default_income_account.name if found.default_income_account else None,
        "default_tax_code": found.default_tax_code.name if found.default_tax_code else None,
    }


def _missing(report: dict[str, Any]) -> None:
    if report["default_income_account"] is None:
        print_line(Text("Now choose the income account for new service types: onedesk-quickbooks settings"))
    else:
        print_line(
            Text("New service types go to the income account {report}.", report=report["default_income_account"])
        )
    if report["default_tax_code"] is None and report["country"] != "US":
        print_line(Text("Taxes: choose a default code (onedesk-quickbooks settings), or name codes in the rules."))


@click.command(short_help="End the connection and delete the tokens.")
@json_option
@click.pass_context
def disconnect(ctx: click.Context, as_json: bool) -> None:
    """Revoke the tokens at Intuit and delete them here. Links to copied invoices are kept for a later connection."""
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    with open_session(options) as session:
        report, waiting = _report(session), session.application.waiting_counts()
        session.application.disconnect(person())
    if as_json:
        print_json({**report, "connected": False, "left": waiting})
    else:
        print_line(Text("Disconnected from {report}.{waiting}", report=report["company"], waiting=_left(waiting)))


def _left(counts: Mapping[str, int]) -> str:
    """What happens to the queue."""
    found = joined(", ", in_queue(*(counts.get(state, 0) for state in ("todo", "held", "failed", "scheduled"))))
    if not found:
        return ""
    return Text(
        " Its queue is kept ({found}): it is paused until the same company is connected again, and then continues "
        "automatically. Until then, see it (onedesk-quickbooks queue), and drop what is no longer wanted "
        "(onedesk-quickbooks queue drop ENTRY --reason TEXT). An invoice that is sent from OneDesk meanwhile is "
        "e-mailed by OneDesk, and not by QuickBooks as well.",
        found=found,
    )


@click.command(short_help="Show and change the settings of the company.")
@click.argument("name", required=False)
@click.argument("value", required=False)
@json_option
@click.pass_context
def settings(ctx: click.Context, name: str | None, value: str | None, as_json: bool) -> None:
    """Without arguments, show the settings with their choices. With NAME and VALUE, change one.

    For example: onedesk-quickbooks settings default_income_account Services
    """
    from onedesk_quickbooks.plugin.cli.session import open_session, person

    options: Options = ctx.obj
    if name is not None and value is None:
        raise click.UsageError(Text("give {name} a value, too; or no arguments to see the choices", name=name))
    with open_session(options) as session:
        if name is not None and value is not None:
            session.application.choose(person(), name, value)
        shown = [setting for setting in session.application.every_setting() if setting.kind == "choice"]
    if as_json:
        for setting in shown:
            choices = [{"value": each, "label": label} for each, label in setting.choices]
            print_json({"id": setting.id, "label": setting.label, "value": setting.value, "choices": choices})
        return
    rows = [
        (setting.id, dict(setting.choices).get(setting.value, setting.value) or "-", _labels(setting.choices))
        for setting in shown
    ]
    print_table((Text("Setting"), Text("Now"), Text("Choices")), rows)


def _labels(choices: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(label for value, label in choices if value)
