"""The list of known flaws: setup.cfg allows none, nothing installed has one, and both looks say what they see."""

from __future__ import annotations

import json
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.audit.audit import advisories, by_pip_audit, flaws, installed

ROOT = Path(__file__).parents[2]
DATA = {
    "dependencies": [{"name": "urllib3", "version": "2.2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.6.3"]}]}]
}


def required() -> dict[str, Requirement]:
    read = ConfigParser()
    read.read(ROOT / "setup.cfg", encoding="utf-8")
    found = [Requirement(line) for line in read["options"]["install_requires"].split("\n") if line.strip()]
    return {each.name.lower(): each for each in found}


def test_setup_cfg_allows_no_version_with_a_flaw_of_the_list() -> None:
    asked = required()
    allowed = [
        f"{each.package} {version}"
        for each in advisories()
        if (found := asked.get(each.package.lower()))
        for version in (Version(part.version) for part in found.specifier if part.operator == ">=")
        if version < each.fixed
    ]
    assert allowed == []
    assert {"urllib3", "requests", "waitress", "cryptography", "werkzeug"} <= set(asked)


def test_nothing_that_is_installed_has_one() -> None:
    assert list(flaws()) == []
    assert [each.package for each in advisories() if installed(each.package) is None] == []


def test_an_old_version_is_reported_with_the_advisory_and_the_remedy() -> None:
    lines = list(flaws(lambda package: Version("2.2.1") if package == "urllib3" else None))
    assert [line.partition(": ")[0] for line in lines] == ["urllib3 2.2.1"] * 3
    assert "CVE-2026-21441" in lines[1] and lines[1].endswith("Install urllib3>=2.6.3.")


def test_what_pip_audit_finds_is_reported() -> None:
    """It ends with exit code 1 where it has found something."""
    code = f"import sys; print({json.dumps(DATA)!r}); sys.exit(1)"
    assert by_pip_audit([sys.executable, "-c", code]) == ["urllib3 2.2.0: PYSEC-1. Install 2.6.3."]
    assert by_pip_audit([sys.executable, "-c", "print('{\"dependencies\": []}')"]) == []


@pytest.mark.parametrize("command", [["/no/such/pip-audit"], [sys.executable, "-c", "raise SystemExit('no network')"]])
def test_without_pip_audit_or_its_data_the_list_is_alone(command: list[str]) -> None:
    assert by_pip_audit(command) is None
