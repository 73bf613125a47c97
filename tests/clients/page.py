"""The table of clients in docs/test-your-client.md: `python -m tests.clients` renews the rows of those that pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tests.support.clients import NODE, OWN_TESTS, PYTHON, checkout, own_tests

PAGE = Path(__file__).parents[2] / "docs" / "test-your-client.md"
_TABLE = re.compile(r"(?<=\|---\|---\|---\|---\|---\|\n)(?:\|.*\|\n)*")


class Client(NamedTuple):
    """A client: the test that it has to pass, how its version is found, what it does there."""

    name: str
    language: str
    test: str
    version: Callable[[], str]
    did: str


def _node(name: str) -> Callable[[], str]:
    return lambda: NODE[name]


def _python(name: str) -> Callable[[], str]:
    return lambda: PYTHON[name]


def _installed(*names: str) -> Callable[[], str]:
    return lambda: ", ".join(version(name) for name in names)


def _read(variable: str, file: str, pattern: str) -> Callable[[], str]:
    """From a file of a checkout."""
    return lambda: re.findall(pattern, (checkout(variable) / file).read_text(encoding="utf-8"))[0]


def _of_own_tests() -> str:
    setup = (own_tests() / "setup.py").read_text(encoding="utf-8")
    return ".".join(re.findall(r"\d+", re.findall(r"^VERSION = \((.*)\)", setup, re.MULTILINE)[0]))


CLIENTS = (
    Client(
        "python-quickbooks, with intuit-oauth",
        "Python",
        "test_python_quickbooks_and_intuit_oauth",
        _installed("python-quickbooks", "intuit-oauth"),
        "full round by consent; webhook signature",
    ),
    Client(
        "python-quickbooks' own `tests/integration`",
        "Python",
        "test_they_pass",
        _of_own_tests,
        "all of the entities that are imitated, over https",
    ),
    Client(
        "qbosdk", "Python", "test_qbosdk", lambda: PYTHON["qbosdk"], "reads all lists; makes vendors and attachments"
    ),
    Client(
        "tap-quickbooks",
        "Python",
        "test_tap_quickbooks",
        _python("tap-quickbooks"),
        "two syncs of 29 streams, without its report",
    ),
    Client(
        "node-quickbooks, with intuit-oauth",
        "Node",
        "test_node_quickbooks_and_intuit_oauth",
        lambda: f"{NODE['node-quickbooks']}, {NODE['intuit-oauth']}",
        "full round by consent",
    ),
    Client(
        "quickbooks-node-promise",
        "Node",
        "test_quickbooks_node_promise",
        _node("quickbooks-node-promise"),
        "full round by consent; webhook signature",
    ),
    Client("quickbooks-api", "Node", "test_quickbooks_api", _node("quickbooks-api"), "consent; reads all it can read"),
    Client("n8n's QuickBooks node", "Node", "test_n8n", _node("n8n-nodes-base"), "full round of what it has"),
    Client(
        "QuickBooks-V3-PHP-SDK",
        "PHP",
        "test_php_sdk",
        _read("QUICKBOOKS_PHP_SDK", "src/Core/CoreConstants.php", r'USERAGENT = "V3PHPSDK([\d.]+)"'),
        "full round in XML; webhook signature",
    ),
    Client(
        "QuickBooks-V3-Java-SDK",
        "Java",
        "test_java_sdk",
        _read("QUICKBOOKS_JAVA_SDK", "pom.xml", r"<version>([\d.]+)</version>"),
        "full round in XML, then in JSON; webhook signature",
    ),
    Client(
        "consolibyte's quickbooks-php",
        "PHP",
        "test_consolibyte",
        _read("QUICKBOOKS_PHP", "QuickBooks.php", r"PACKAGE_VERSION., .([\d.]+)"),
        "round in XML, without what it cannot do: batch, upload",
    ),
    Client(
        "quickbooks-ruby",
        "Ruby",
        "test_quickbooks_ruby",
        _read("QUICKBOOKS_RUBY", "lib/quickbooks/version.rb", r'VERSION = "([\d.]+)"'),
        "full round in XML",
    ),
)
PINNED = {**NODE, **PYTHON}
"""Versions that the tests install."""


def rows(page: str) -> dict[str, list[str]]:
    """Name of a client to the cells of its row."""
    (table,) = _TABLE.findall(page)
    return {
        cells[0]: cells for line in table.splitlines() if (cells := [each.strip() for each in line.split("|")[1:-1]])
    }


def written_again(page: str, passed: Collection[str], day: date) -> str:
    """The page with the rows of the clients whose tests passed that day; the others stay as they are."""
    kept = rows(page)
    for client in CLIENTS:
        if client.test in passed and (client.test != "test_they_pass" or client.version() != OWN_TESTS):
            kept[client.name] = [client.name, client.language, client.version(), client.did, day.isoformat()]
    lines = [f"| {' | '.join(kept[client.name])} |\n" for client in CLIENTS if client.name in kept]
    return _TABLE.sub(lambda _: "".join(lines), page, count=1)
