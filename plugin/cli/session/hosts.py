"""The host of a data directory: the embedded one, or another program's, which a function of that program creates.

The function has no argument, or one: the data directory, if a program has several tenants.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from onedesk_quickbooks.hooks import OneDeskHost

GROUP = "onedesk.hosts"
"""The group of entry points for such functions."""


def foreign_host(options: Options) -> OneDeskHost | None:
    """The host that the options or the data directory name; None for the embedded one. Raises `CannotRun` if it cannot
    be created, and `CannotStart` if the owner of the data directory cannot be determined."""
    from onedesk_quickbooks.plugin.app.owner import EMBEDDED, owner_of

    owner = owner_of(options.home)
    if options.host:
        return _called(options.host, host_function(options.host), options.home)
    if owner in ("", EMBEDDED):
        return None
    found = list(entry_points(group=GROUP))
    if len(found) == 1:
        named = found[0].value
        return _called(named, _imported(named, found[0]), options.home)
    several = Text(" or take one of {join}", join=", ".join(sorted(each.name for each in found))) if found else ""
    raise CannotRun(
        Text(
            "The data directory {home} belongs to the host {owner}. Name the function that makes it{several}:"
            " onedesk-quickbooks --host MODULE:FACTORY ...; or declare it as an entry point in the group {group}.",
            home=options.home,
            owner=owner,
            several=several,
            group=GROUP,
        )
    )


def host_function(named: str) -> Callable[..., OneDeskHost]:
    """The function that --host names. Raises `CannotRun` if it cannot be imported."""
    for each in entry_points(group=GROUP, name=named):
        return _imported(named, each)
    module, colon, function = named.partition(":")
    if not (module and colon and function):
        raise CannotRun(
            Text(
                "--host {named}: write MODULE:FACTORY, or the name of an entry point in the group {group}",
                named=named,
                group=GROUP,
            )
        )
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # as with `python -m`: the program may be in the current folder
    return _imported(named, EntryPoint("host", named, GROUP))


def _imported(named: str, point: EntryPoint) -> Callable[..., OneDeskHost]:
    try:
        import_module(point.module)
        factory: Any = point.load()
    except (ImportError, AttributeError) as problem:
        raise CannotRun(
            Text("--host {named}: it cannot be found ({problem})", named=named, problem=problem)
        ) from problem
    except (Exception, SystemExit) as problem:  # the second ends a thread of a worker without a word
        raise _not_made(named, problem) from problem
    if not callable(factory):
        raise CannotRun(
            Text(
                "--host {named}: it is an object of the class {name}, and not a function that makes the host",
                named=named,
                name=type(factory).__name__,
            )
        )
    made: Callable[..., OneDeskHost] = factory
    return made


def _called(named: str, factory: Callable[..., OneDeskHost | None], directory: Path) -> OneDeskHost:
    try:
        made = factory(directory) if signature(factory).parameters else factory()
    except (Exception, SystemExit) as problem:
        raise _not_made(named, problem) from problem
    if made is None:
        raise CannotRun(Text("--host {named}: the function returned None; it must return the host", named=named))
    return made


def _not_made(named: str, problem: BaseException) -> CannotRun:
    return CannotRun(
        Text(
            "--host {named}: the host cannot be made ({name}: {problem})",
            named=named,
            name=type(problem).__name__,
            problem=problem,
        )
    )
