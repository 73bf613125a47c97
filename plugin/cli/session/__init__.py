"""An open data directory: the embedded host with the plugin, for commands that need both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from getpass import getuser
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.texts import Text, text_in

if TYPE_CHECKING:
    from datetime import datetime

    from onedesk_quickbooks.hooks import OneDeskHost, QuickBooksPlugin
    from onedesk_quickbooks.plugin.app.application import Application
    from onedesk_quickbooks.plugin.app.looks import Looks
    from onedesk_quickbooks.plugin.host import EmbeddedHost
    from onedesk_quickbooks.plugin.ledger import Ledger

USER = "admin"
"""The host's user for the command line."""


def person() -> str:
    """The user of this machine who runs the command, for the audit trail."""
    try:
        return f"{getuser()}, command line"
    except (ImportError, KeyError, OSError):  # a user without a name
        return "command line"


@dataclass(frozen=True, slots=True)
class Session:
    """A running host and its QuickBooks plugin. `embedded` is the host if it is the one of this package: only that one
    takes invoices from files, and has pages."""

    host: OneDeskHost
    application: Application
    embedded: EmbeddedHost | None = None

    def needs_embedded(self, what: str) -> EmbeddedHost:
        """The embedded host. Raises `CannotRun` otherwise, in a sentence that begins with `what`."""
        if self.embedded is None:
            raise CannotRun(
                Text(
                    "{what} the embedded host alone; the data directory belongs to {host}.",
                    what=what,
                    host=type(self.host).__qualname__,
                )
            )
        return self.embedded

    def host_pages(self, passwordless: bool = False, books: str = "") -> Callable[..., Any]:
        """The pages of the host and, below their prefixes, of the plugins, as one WSGI application; for a demo, with
        the QuickBooks sandbox at `books`. For another host only those of the plugin, to which Intuit redirects and
        sends webhooks."""
        from werkzeug.exceptions import NotFound
        from werkzeug.middleware.dispatcher import DispatcherMiddleware

        from onedesk_quickbooks.plugin.cli.session.bringing import brought
        from onedesk_quickbooks.plugin.host.pages import make_app
        from onedesk_quickbooks.plugin.web import pages

        if self.embedded is not None:
            host, lost = self.embedded, self.application.lost_on_open
            return make_app(host, passwordless, books, lambda file, user: brought(host, [file], user, lost))
        mounted = pages(self.application)
        return DispatcherMiddleware(NotFound(), {mounted.prefix: mounted.app})

    @property
    def api(self) -> Callable[..., Any]:
        """The HTTP API as a WSGI application, which stores records in the embedded host."""
        from onedesk_quickbooks.plugin.host import RecordImporter
        from onedesk_quickbooks.plugin.web.api import api

        return api(self.application, RecordImporter(self.embedded) if self.embedded else None)

    @property
    def plugin_pages(self) -> Callable[..., Any]:
        """The plugin's own pages as a WSGI application, without a host."""
        from onedesk_quickbooks.plugin.web import pages

        return pages(self.application).app


@contextmanager
def open_session(
    options: Options,
    *,
    connected: bool = True,
    used: bool = False,
    background: bool = False,
    default_rules: bool = False,
    earlier: bool = False,
) -> Iterator[Session]:
    """Open the data directory. Problems that prevent the command from running are raised as `CannotRun`; with
    `connected` also if no QuickBooks company is connected; for `earlier` one that was connected suffices. A missing
    data directory is created, except with `connected` or `used`. With `background` queues are processed automatically;
    with `default_rules` the rules of the installation may have errors, and the shipped ones are used."""
    from onedesk_quickbooks.hooks import QuickBooksPlugin
    from onedesk_quickbooks.plugin.app.opening import check_used
    from onedesk_quickbooks.plugin.cli.session.hosts import foreign_host
    from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
    from onedesk_quickbooks.plugin.sync.settings import load_settings

    with plain_errors(), ExitStack() as stack:
        given = replace(options, rules=DEFAULT_RULES) if default_rules else options
        given = replace(given, service=True) if background else given
        if connected or used:
            check_used(options.home, load_settings(options.home, given.environ))
        plugin, host = QuickBooksPlugin(background, environ=given.environ), foreign_host(options)
        if host is None:
            embedded = stack.enter_context(_embedded(options.home, plugin))
            session = Session(embedded, plugin.application, embedded)
        else:
            stack.enter_context(_started(options.home, host, plugin))
            session = Session(host, plugin.application)
        if connected and plugin.application.known is None and not (earlier and plugin.application.queue_of):
            raise _not_connected()
        if not background:
            plugin.application.report_pauses(_say_wait)
        yield session


@contextmanager
def ledger_transaction(options: Options) -> Iterator[Ledger]:
    """The ledger, in one transaction. Raises `CannotRun` as `open_session` does."""
    with open_session(options, connected=False, used=True) as session:
        ledger = session.application.ledger
        with ledger.together():
            yield ledger


def _say_wait(until: datetime, because: str) -> None:
    """Say on stderr what the command waits for."""
    from onedesk_quickbooks.plugin.cli.output import say
    from onedesk_quickbooks.plugin.ops.status import paused

    say(Text("Waiting: {paused}", paused=paused(until, because)))


@contextmanager
def open_look(options: Options, *, connected: bool = True, earlier: bool = False) -> Iterator[Looks]:
    """Like `open_session`, for a command that only reads: nothing is created, no plugin is started, and the embedded
    host is not opened."""
    from onedesk_quickbooks.plugin.app.looks import Looks
    from onedesk_quickbooks.plugin.app.opening import open_installation
    from onedesk_quickbooks.plugin.app.owner import EMBEDDED, check_host, names_of
    from onedesk_quickbooks.plugin.cli.session.hosts import foreign_host

    with plain_errors():
        host = foreign_host(options)
        if host is not None:
            check_host(host)
        names = [EMBEDDED] if host is None else names_of(host)
        with closing(Looks(open_installation(options.home, names, options.environ, used=True))) as looks:
            if connected and looks.connected is None and not (earlier and looks.queue_of):
                raise _not_connected()
            yield looks


def _not_connected() -> CannotRun:
    return CannotRun(Text("No QuickBooks company is connected; run: onedesk-quickbooks connect"))


@contextmanager
def _embedded(home: Path, plugin: QuickBooksPlugin) -> Iterator[EmbeddedHost]:
    from onedesk_quickbooks.plugin.host import EmbeddedHost

    with closing(EmbeddedHost.open(home, plugins=[plugin, *_other_plugins()])) as host:
        yield host


@contextmanager
def _started(home: Path, host: OneDeskHost, plugin: QuickBooksPlugin) -> Iterator[None]:
    """A context with the plugins started in a separate process from the host, with the host's invoices."""
    import pluggy

    from onedesk_quickbooks.hooks import HostEvents

    plugins = pluggy.PluginManager("onedesk")
    plugins.add_hookspecs(HostEvents)
    for each in (plugin, *_other_plugins()):
        plugins.register(each)
    plugins.check_pending()
    plugins.hook.on_host_started(host=host, plugins=plugins, data_directory=home)
    try:
        yield
    finally:
        plugins.hook.on_host_stopping()


@cache
def _other_plugins() -> tuple[object, ...]:
    """Other installed plugins of the host, which rules may ask. Loaded once: a worker opens many hosts."""
    found = entry_points(group="onedesk.plugins")
    return tuple(each.load() for each in found if each.value.partition(":")[0] != "onedesk_quickbooks.hooks")


@contextmanager
def plain_errors() -> Iterator[None]:
    """A context in which every problem that is not a bug is raised as one sentence with exit code 3."""
    try:
        yield
    except CannotRun:
        raise
    except Exception as problem:
        sentence = _sentence(problem)
        if sentence is None:
            raise
        raise CannotRun(sentence) from problem


def _sentence(problem: Exception) -> str | None:
    """The sentence; None for a bug, and if the reader has closed the output: click ends without a message."""
    from sqlalchemy.exc import DBAPIError

    from onedesk_quickbooks.plugin.host import HostProblem
    from onedesk_quickbooks.plugin.ledger.database.sqlite import is_of_file, remedy
    from onedesk_quickbooks.plugin.model.problem import NotNow, Problem

    if isinstance(problem, (Problem, HostProblem, NotNow)):
        return text_in(problem)
    if isinstance(problem, DBAPIError):
        cause = str(problem.orig)
        if not is_of_file(cause):
            return None
        return Text(
            "the host's database in the data directory cannot be used now ({cause}): {remedy}. What was saved before "
            "is kept; run the same command again, it duplicates nothing.",
            cause=cause,
            remedy=remedy(cause),
        )
    if isinstance(problem, OSError) and not isinstance(problem, BrokenPipeError):
        place = f"{problem.filename}: " if problem.filename else ""
        return f"{place}{problem.strerror or problem}"
    return None
