"""Installed versions against the advisories of this folder, and against those that pip-audit knows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from packaging.version import Version

LIST = Path(__file__).with_name("advisories.yaml")
WAIT = 600
"""Seconds that pip-audit may take."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """A flaw of a package that the version `fixed` ends."""

    package: str
    fixed: Version
    id: str
    what: str


def advisories() -> list[Advisory]:
    """The list."""
    read: Mapping[str, Sequence[Mapping[str, Any]]] = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return [
        Advisory(package, Version(str(each["fixed"])), each["id"], each["what"])
        for package, found in read.items()
        for each in found
    ]


def installed(package: str) -> Version | None:
    """The version of a package here; None where it is not installed."""
    try:
        return Version(metadata.version(package))
    except metadata.PackageNotFoundError:
        return None


def flaws(version_of: Callable[[str], Version | None] = installed) -> Iterator[str]:
    """What the list says of the versions here, a sentence each."""
    for each in advisories():
        version = version_of(each.package)
        if version is not None and version < each.fixed:
            yield f"{each.package} {version}: {each.id}, {each.what}. Install {each.package}>={each.fixed}."


def by_pip_audit(command: Sequence[str]) -> list[str] | None:
    """The same by pip-audit, run with this command; None where it is not there, or its data cannot be had."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=WAIT, check=False)
        found = json.loads(ended.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return None
    return [
        f"{each['name']} {each['version']}: {flaw['id']}. Install {' or '.join(flaw['fix_versions']) or 'another'}."
        for each in found
        for flaw in each.get("vulns", ())
    ]
