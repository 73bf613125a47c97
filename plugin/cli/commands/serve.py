"""`serve`: the host with its pages, the plugin's pages, the webhook receiver and the poller in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import json_option, print_json, print_line

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session import Session


@click.command(short_help="Serve host, callback and webhook receiver, and process the queue.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free port.")
@click.option("--bind", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@json_option
@click.pass_context
def serve(ctx: click.Context, port: int, bind: str, as_json: bool) -> None:
    """Serve the host's pages and the plugin's pages (connect, callback, webhooks, settings) until Ctrl-C, and process
    the company queue: copy, send, bring payments back. Alerts are sent. /health, /ready and /metrics (Prometheus) are
    served, too, and below /api the HTTP API for programs that are not in Python (docs/api.md). With a host of your own
    (--host) only the plugin's pages are served, and / leads to /health: your host serves its own.

    If there is no user yet, an address is printed at which the first user is made; whoever has this address becomes the
    administrator.

    With --json the first line is one object: base_url webhook_url callback_url api_url first_user_url (null if there is
    a user).
    """
    from onedesk_quickbooks.plugin.cli.hostnames import is_loopback, known_names_only
    from onedesk_quickbooks.plugin.cli.own_sandbox import OwnSandbox
    from onedesk_quickbooks.plugin.cli.serving import Server, ends_on_signals, wait_for_signal
    from onedesk_quickbooks.plugin.cli.session import open_session

    options: Options = ctx.obj
    with (
        ends_on_signals(),
        OwnSandbox(options) as sandbox,
        open_session(options, connected=False, background=True) as session,
    ):
        public_url = session.application.settings.public_url
        _refuse_in_clear(bind, public_url)
        with Server(known_names_only(_whole(session), bind, public_url), port, bind) as server:
            if is_loopback(bind):
                sandbox.offer(session.application, f"{server.base_url}/quickbooks/webhooks")
            _show_addresses(
                session, server.base_url, (public_url or f"{server.base_url}/quickbooks").rstrip("/"), as_json
            )
            wait_for_signal()


def _show_addresses(session: Session, base_url: str, outside: str, as_json: bool) -> None:
    places = {
        "base_url": base_url,
        "webhook_url": f"{outside}/webhooks",
        "callback_url": f"{outside}/callback",
        "api_url": f"{base_url}/api",
        "first_user_url": _first_user(session, base_url),
    }
    if as_json:
        print_json(places)
        return
    if session.embedded is not None:
        click.echo(f"OneDesk-style host    {base_url}/")
        click.echo(f"Financials            {base_url}/administration/financials")
    else:  # the pages of another host are served by that host
        click.echo(f"Health and metrics    {base_url}/health  {base_url}/metrics")
        click.echo(f"Callback of Intuit    {places['callback_url']}")
    if places["first_user_url"]:
        click.echo(f"First user            {places['first_user_url']}")
    print_line(f"QuickBooks company    {_company(session)}")
    print_line(f"HTTP API              {places['api_url']}  (its keys: onedesk-quickbooks keys)")
    click.echo(f"Webhooks from Intuit  {places['webhook_url']}\nCtrl-C stops it.")
    if session.application.ledger.remote:
        print_line("The ledger is in PostgreSQL: start workers too (onedesk-quickbooks worker).")


def _first_user(session: Session, base_url: str) -> str | None:
    """The address at which the first user of the embedded host is created; None if there is one."""
    if session.embedded is None or not session.embedded.users.is_empty():
        return None
    return f"{base_url}/first-user?key={session.embedded.users.set_up_key()}"


def _refuse_in_clear(bind: str, public_url: str) -> None:
    """Raise CannotRun if passwords would be sent from other machines without TLS."""
    from onedesk_quickbooks.plugin.cli.hostnames import is_loopback

    if not is_loopback(bind) and not public_url.lower().startswith("https://"):
        raise CannotRun(
            f"{bind} is reached from other machines, and passwords would come here unencrypted. Put a proxy that speaks"
            " TLS before it and set public_url in settings.yaml to its address (https://...), or leave --bind out."
        )


def _company(session: Session) -> str:
    """The name of the company; while the ledger's database is unavailable, a sentence that says so."""
    from onedesk_quickbooks.plugin.ledger import LedgerProblem

    try:
        found = session.application.connected
    except LedgerProblem as problem:
        return f"not known yet. {problem}"
    if found:
        return found.company.name
    return f"none yet: connect it {'there' if session.embedded else 'in your host, or run: onedesk-quickbooks connect'}"


Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_MONITORING = frozenset({"/health", "/ready", "/metrics"})


def _whole(session: Session) -> Wsgi:
    """The host's pages and the API; the paths for monitors are at the root as well as below the plugin's path. The
    root of a host that serves its own pages is /health."""
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from werkzeug.utils import redirect

    from onedesk_quickbooks.plugin.web.api import PREFIX

    plugin_pages: Wsgi = session.plugin_pages
    mounted: Wsgi = DispatcherMiddleware(session.host_pages(), {PREFIX: session.api})
    root: Wsgi = redirect("/health") if session.embedded is None else mounted

    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        return (plugin_pages if path in _MONITORING else root if path == "/" else mounted)(environ, start)

    return call
