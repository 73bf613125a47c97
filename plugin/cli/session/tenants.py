"""The data directories that a worker serves, each opened with its host on first use."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.session import open_session
from onedesk_quickbooks.plugin.cli.session.hosts import host_function

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_log = logging.getLogger("onedesk_quickbooks.cli")

_PATIENCE = 5.0
"""Seconds to wait for the opening of a tenant."""


class Tenants:
    """Data directories by the name of their tenant; `url` is that of the shared ledger."""

    def __init__(self, url: str, look: Callable[[], list[Path]], stack: ExitStack, options: Options) -> None:
        self.url = url
        self._options = options
        self._look = look
        self._stack = stack
        self._mutex = threading.Lock()
        self._opened: dict[Path, Application] = {}
        self._opening: dict[Path, threading.Thread] = {}
        self._homes: dict[str, Path] = {}
        self._complaints: dict[Path, str] = {}

    def names(self) -> list[str]:
        """All tenants whose settings can be read; problems of the others are logged once."""
        found: dict[str, Path] = {}
        for home in self._look():
            try:
                name = _tenant_of(home, self.url, self._options.environ)
                if name in found:
                    raise CannotRun(
                        f"{home}: tenant {name} is {found[name]} already; set `tenant` in its settings.yaml"
                    )
                found[name] = home
            except CannotRun as problem:
                self._complain(home, str(problem))
        with self._mutex:
            self._homes = found
        return list(found)

    def at_hand(self) -> list[str]:
        """The tenants that are open here and still exist."""
        with self._mutex:
            return [name for name, home in self._homes.items() if home in self._opened]

    def get(self, name: str) -> Application | None:
        """The opened tenant; None if it is unknown, cannot be opened, or has not been opened in time."""
        with self._mutex:
            home = self._homes.get(name)
            if home is None or home in self._opened:
                return self._opened.get(home) if home else None
            opening = self._opening.get(home)
            if opening is None:
                opening = threading.Thread(target=copy_context().run, args=(self._open, home), daemon=True)
                self._opening[home] = opening
                opening.start()
        opening.join(_PATIENCE)  # a slow or hanging one must not delay others
        return self._opened.get(home)

    def _open(self, home: Path) -> None:
        try:
            opened = open_session(replace(self._options, home=home, service=True), connected=False, used=True)
            self._opened[home] = self._stack.enter_context(opened).application
        except CannotRun as problem:
            self._complain(home, str(problem))
        except Exception:
            _log.exception("%s cannot be opened; it is tried again", home)
        finally:
            with self._mutex:
                del self._opening[home]

    def hurry(self) -> None:
        """Prepare for the end of the process: time slices finish the current batch, and do not wait."""
        with self._mutex:
            opened = list(self._opened.values())
        for application in opened:
            application.hurry()

    def _complain(self, home: Path, problem: str) -> None:
        if self._complaints.get(home) != problem:
            self._complaints[home] = problem
            _log.error("the queue of %s cannot be processed: %s", home, problem)


@contextmanager
def open_tenants(options: Options, folder: Path | None) -> Iterator[Tenants]:
    """The tenants of a folder of data directories, or the one of `options`. Raises CannotRun if a worker would have
    nothing to run on, or cannot import the host."""
    if options.host:
        host_function(options.host)
    home = options.home
    homes = _in(folder) if folder else [home]
    url = next((each for each in (_ledger_of(each, options.environ) for each in homes) if each), "")
    if not url:
        where = f"no settings.yaml below {folder}" if folder else f"the settings of {home} do not"
        raise CannotRun(
            f"A worker needs a ledger in PostgreSQL, and {where} name one: set `ledger: postgresql://...`, or use "
            f"serve, which processes a SQLite ledger without workers"
        )
    with ExitStack() as stack:
        made = Tenants(url, (lambda: _in(folder)) if folder else (lambda: [home]), stack, options)
        if folder is None:
            _tenant_of(home, url, options.environ)
        yield made


def _in(folder: Path) -> list[Path]:
    return sorted(each.parent for each in folder.glob("*/settings.yaml"))


def _ledger_of(home: Path, environ: Mapping[str, str]) -> str:
    from onedesk_quickbooks.plugin.app.opening import is_remote
    from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
    from onedesk_quickbooks.plugin.sync.settings import load_settings

    try:
        place = load_settings(home, environ).ledger
    except SettingsProblem:
        return ""
    return place if is_remote(place) else ""


def _tenant_of(home: Path, url: str, environ: Mapping[str, str]) -> str:
    from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
    from onedesk_quickbooks.plugin.sync.settings import load_settings

    try:
        settings = load_settings(home, environ)
    except SettingsProblem as problem:
        raise CannotRun(str(problem)) from problem
    if settings.ledger != url:
        raise CannotRun("its `ledger` is another one than that of the tenants before it")
    return settings.tenant
