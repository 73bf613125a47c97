"""Which host a data directory belongs to: the one that has started in it, by the name of its class.

Another host must not process that work: it has other invoices, and would treat missing ones as deleted.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from inspect import Parameter, Signature, isasyncgenfunction, iscoroutinefunction, isfunction, signature
from pathlib import Path
from types import MethodType
from typing import Any

from onedesk_quickbooks.plugin.findings.not_json import cause_with_place
from onedesk_quickbooks.plugin.sync.data_directory import HOST_FILE
from onedesk_quickbooks.plugin.sync.errors import CannotStart
from onedesk_quickbooks.plugin.texts import Text, joined

FILE = HOST_FILE
EMBEDDED = "onedesk_quickbooks.plugin.host.host:EmbeddedHost"
"""The name of the host that comes with this package."""


def names_of(host: object) -> list[str]:
    """ "module:Class", as the file has it, and the same of its base classes."""
    return [_name(each) for each in type(host).__mro__]


def _name(cls: type) -> str:
    """A class of the main program is named by its file: a command imports it under that name (`--host`)."""
    module = cls.__module__
    if module == "__main__":
        main = sys.modules[module]
        spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
        module = spec.name if spec else Path(file).stem if file else module
    return f"{module}:{cls.__qualname__}"


def owner_of(directory: Path) -> str:
    """The host's name; "" where none has started yet. Raises `CannotStart` for a file that cannot be read."""
    path = directory / FILE
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["host"])
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise CannotStart(
            Text(
                "{path} cannot be read ({problem}); restore it from a backup, or delete it.",
                path=path,
                problem=cause_with_place(problem) if isinstance(problem, ValueError) else problem,
            )
        ) from problem


def claim(directory: Path, names: Sequence[str], is_used: Callable[[], bool]) -> None:
    """Assign the data directory to this host. `is_used`: whether a host has recorded work in it. Raises `CannotStart`
    where it belongs to another host."""
    name, owner = names[0], owner_of(directory)
    if owner in names:
        return  # the same class, or a subclass
    if owner and (owner != EMBEDDED or is_used()):
        raise CannotStart(
            Text(
                "The data directory {directory} belongs to the host {owner}, and {name} has other invoices. Give "
                "{name} a separate data directory; or, if it is the same host under a new name, delete"
                " {directory2}.",
                directory=directory,
                owner=owner,
                name=name,
                directory2=directory / FILE,
            )
        )
    new = directory / f"{FILE}.{os.getpid()}.new"  # another process may start at the same time
    new.write_text(json.dumps({"host": name}) + "\n", encoding="utf-8")
    new.replace(directory / FILE)


def check_host(host: object) -> None:
    """Raises `CannotStart` for a class in place of a host, and for a host that lacks a method, or has one that cannot
    be called from another thread, or not with what the plugin passes."""
    from onedesk_quickbooks.plugin.model.host import AttachesFiles, ListsInvoices, OneDeskHost

    if isinstance(host, type):
        raise CannotStart(
            Text(
                "The host is the class {name}: pass an object of it. See OneDeskHost in docs/hooks.md.",
                name=_name(host),
            )
        )
    methods = {each: _method(host, each) for each in _names(OneDeskHost)}
    lacks = [each for each, method in methods.items() if not callable(method)]
    if lacks:
        raise CannotStart(
            Text(
                "The host {host} lacks {join}: see OneDeskHost in docs/hooks.md.",
                host=names_of(host)[0],
                join=", ".join(lacks),
            )
        )
    protocols = (OneDeskHost, AttachesFiles, ListsInvoices)
    methods = {each: _method(host, each) for protocol in protocols for each in _names(protocol)}
    awaited = [each for each, method in methods.items() if _is_async(method)]
    if awaited:
        raise CannotStart(
            Text(
                "The host {host} has {join} as `async def`: the plugin calls them from its own threads, so they must "
                "be regular methods. See docs/hooks.md.",
                host=names_of(host)[0],
                join=", ".join(awaited),
            )
        )
    others = [
        Text("{has} instead of {needs}", has=f"{each}{has}", needs=f"{each}({', '.join(needs)})")
        for protocol in protocols
        for each in _names(protocol)
        if (needs := _parameters(protocol, each)) and (has := _refusing(methods[each], needs))
    ]
    if others:
        raise CannotStart(
            Text(
                "The host {host} has methods with other parameters than the plugin passes, in this order: {others}. "
                "See OneDeskHost in docs/hooks.md.",
                host=names_of(host)[0],
                others=joined("; ", others),
            )
        )


@cache
def _parameters(protocol: type, name: str) -> tuple[str, ...]:
    return tuple(signature(getattr(protocol, name)).parameters)[1:]


def _refusing(method: Any, needs: tuple[str, ...]) -> str:
    """The parameters of a method that cannot be called with these, by their order; "" where it can be, or where that is
    unknown."""
    if isinstance(method, MethodType) and isfunction(method.__func__):
        return _refusing_of(method.__func__, needs)
    return _refused(method, needs)


@lru_cache(maxsize=64)
def _refusing_of(function: Any, needs: tuple[str, ...]) -> str:
    """The same for a method of a class: a process with many tenants has many hosts of it."""
    return _refused(MethodType(function, object()), needs)


def _refused(method: Any, needs: tuple[str, ...]) -> str:
    """A decorator may add or take parameters: it is asked itself, not what it wraps."""
    try:
        found = signature(method, follow_wrapped=False)
    except (TypeError, ValueError):  # no method; or one that is not in Python
        return ""
    try:
        found.bind(*needs)
    except TypeError:
        plain = [each.replace(annotation=Parameter.empty) for each in found.parameters.values()]
        return str(found.replace(parameters=plain, return_annotation=Signature.empty))
    return ""


def _names(protocol: type) -> list[str]:
    return [each for each in vars(protocol) if not each.startswith("_")]


def _method(host: object, name: str) -> Any:
    """The method of the host. Where the host cannot look it up now (a proxy whose database is unreachable) it is
    assumed to exist."""
    try:
        return getattr(host, name, None)
    except Exception:
        return _unknown


def _unknown(*_: Any) -> None:
    """In the place of a method that cannot be looked up."""


def _is_async(method: Any) -> bool:
    found = (method, getattr(method, "__call__", None))  # noqa: B004
    return any(iscoroutinefunction(each) or isasyncgenfunction(each) for each in found)
