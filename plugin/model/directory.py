"""Customers or items that were looked up, found by the keys of model/name_keys.py. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, NamedTuple, Protocol, TypeVar

from onedesk_quickbooks.plugin.model.name_keys import (
    address_keys,
    former_names,
    last,
    name_key,
    similar_key,
    without_retired,
)


class Record(Protocol):
    """The fields of a record that a directory needs; `name` may be a path ("Category:Item")."""

    @property
    def id(self) -> str:
        """QuickBooks' id."""

    @property
    def name(self) -> str:
        """The name, fully qualified; with "(deleted)" where QuickBooks has appended that."""

    @property
    def active(self) -> bool:
        """Whether it can be used."""


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Directory(Generic[R]):
    """Records in the order of their ids. Use `directory` to make one."""

    by_id: Mapping[str, R] = field(default_factory=dict)
    _whole: Mapping[str, tuple[R, ...]] = field(default_factory=dict)
    _named: Mapping[str, tuple[R, ...]] = field(default_factory=dict)
    _similar: Mapping[str, tuple[R, ...]] = field(default_factory=dict)
    _mailed: Mapping[str, tuple[R, ...]] = field(default_factory=dict)
    _similarly: Callable[[str], str] = similar_key

    def same(self, name: str) -> tuple[R, ...]:
        """The active records with this whole name. Of several with the same key, the one with exactly this spelling,
        apart from case, is chosen."""
        found = [each for each in self._whole.get(name_key(name), ()) if each.active]
        exact = [each for each in found if each.name.casefold() == name.strip().casefold()]
        return tuple(exact if len(exact) == 1 else found)

    def inside(self, name: str) -> tuple[R, ...]:
        """The active records with this name inside another one; none for a path."""
        key = name_key(name)
        return tuple(each for each in self._named.get(key, ()) if each.active and ":" in each.name)

    def retired(self, name: str) -> tuple[R, ...]:
        """The inactive records that have or had this name: the whole one, or inside another one."""
        key = name_key(name)
        inactive = (each for each in self._named.get(last(key), ()) if not each.active)
        return tuple(each for each in inactive if key in _keys(each))

    def alike(self, name: str) -> tuple[R, ...]:
        """The records with a similar name, inactive ones last; includes one that was made active again and is still
        called "Name (deleted)"."""
        key = name_key(name)
        found = self._similar.get(self._similarly(last(name)), ())
        return tuple(sorted((each for each in found if key not in _keys(each)), key=lambda each: not each.active))

    def at(self, emails: str) -> tuple[R, ...]:
        """The active records with one of these e-mail addresses."""
        found = {each.id: each for key in address_keys(emails) for each in self._mailed.get(key, ())}
        return tuple(each for each in found.values() if each.active)


def directory(
    records: Iterable[R], similarly: Callable[[str], str] = similar_key, emails: Callable[[R], str] | None = None
) -> Directory[R]:
    """A directory of records; `similarly` makes the key of similar names, `emails` gives a record's e-mail addresses,
    separated by commas."""
    by_id = {each.id: each for each in records}
    ordered = sorted(by_id.values(), key=lambda each: (len(each.id), each.id))
    whole: dict[str, list[R]] = {}
    named: dict[str, list[R]] = {}
    similar: dict[str, list[R]] = {}
    mailed: dict[str, list[R]] = {}
    for each in ordered:
        keys = _looked_up(each.name, each.active, similarly)
        for key in keys.named:
            named.setdefault(key, []).append(each)
        whole.setdefault(keys.whole, []).append(each)
        similar.setdefault(keys.similar, []).append(each)
        for address in dict.fromkeys(address_keys(emails(each)) if emails else ()):
            mailed.setdefault(address, []).append(each)
    return Directory(by_id, _frozen(whole), _frozen(named), _frozen(similar), _frozen(mailed), similarly)


class _Keys(NamedTuple):
    whole: str
    named: tuple[str, ...]
    similar: str


@lru_cache(maxsize=4096)
def _looked_up(name: str, active: bool, similarly: Callable[[str], str]) -> _Keys:
    """The keys of one record; cached, because each invoice of a run makes a directory, mostly of the same records."""
    named = dict.fromkeys(name_key(last(each)) for each in _names(name, active))
    return _Keys(name_key(name), tuple(named), similarly(last(without_retired(name))))


def _names(name: str, active: bool) -> tuple[str, ...]:
    """A record's name; for an inactive one also its possible former names."""
    return (name,) if active else (name, *former_names(name))


def _keys(record: Record) -> set[str]:
    """The keys of a record's whole names and of their last parts, present and from before it was made inactive."""
    return {name_key(each) for name in _names(record.name, record.active) for each in (name, last(name))}


def _frozen(found: Mapping[str, list[R]]) -> dict[str, tuple[R, ...]]:
    return {key: tuple(each) for key, each in found.items()}
