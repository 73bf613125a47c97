"""The command line called in this process, with a data directory of its own, and sandboxes that serve.

Fixtures for the conftest of any folder that calls commands.
"""

from __future__ import annotations

import inspect
import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.sandbox import Sandbox
from tests.support.agreement import unnumbered
from tests.support.connected import Connected, kept, writes
from tests.support.sandboxes import Books, serving

# Before click 8.2 standard error comes apart only where it is asked for.
_APART: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
RUNNER = CliRunner(**_APART)


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """The JSON objects, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def one(self) -> Any:
        """The only JSON object."""
        (only,) = self.lines
        return only


Call = Callable[..., Done]
Connect = Callable[[Books], None]


@pytest.fixture(autouse=True)
def terminal() -> Iterator[None]:
    """The programs that a test starts end with their terminal, also where the tests outlive theirs (nohup)."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The data directory."""
    return tmp_path / "home"


@pytest.fixture
def call(home: Path) -> Call:
    """`call("copy", path, "--json")` runs a command on `home`; `before` are options before its name.

    Before a copy or a send `plan` is asked: it has the same exit code, and says the same of each invoice; not where
    a fault is to come that no plan knows (`predicted`). `speaks` is the language of who works there.
    """

    def run(*words: object, before: tuple[object, ...] = (), input: str | None = None, speaks: str = "en") -> Done:
        given = [str(word) for word in (*before, *words)]
        environ = {"LANGUAGE": speaks, "ONEDESK_QUICKBOOKS_HOME": str(home)}
        result = RUNNER.invoke(main, given, input=input, catch_exceptions=False, env=environ)
        return Done(result.exit_code, result.stdout, result.stderr)

    def planned(
        *words: object,
        before: tuple[object, ...] = (),
        input: str | None = None,
        predicted: bool = True,
        speaks: str = "en",
    ) -> Done:
        if not predicted or not words or words[0] not in ("copy", "send"):
            return run(*words, before=before, input=input, speaks=speaks)
        sending = ("--send",) if words[0] == "send" else ()
        plan = run("plan", *words[1:], *sending, before=before, input=input)
        done = run(*words, before=before, input=input, speaks=speaks)
        assert plan.code == done.code, (plan, done)
        if "--json" in words and done.code in (0, 1):
            assert _said(plan) == _said(done)
        return done

    return planned


def _said(done: Done) -> dict[str, tuple[str, str]]:
    """Of each invoice: outcome and reason; of what is given twice the last."""
    return {each["id"]: (each.get("expected", each["outcome"]), unnumbered(each["reason"])) for each in done.lines}


_CONNECTED: dict[object, Connected] = {}


def _connected(folders: pytest.TempPathFactory, company: str, options: Mapping[str, Any]) -> Connected:
    """A company of these options, with a data directory that the command has connected to it."""

    def connect(folder: Path) -> Sandbox:
        with serving(company, **options) as books:
            words = ("--home", str(folder), "connect", "--sandbox", books.base_url, "--yes")
            done = RUNNER.invoke(main, words, catch_exceptions=False, env={"LANGUAGE": "en"})
            assert done.exit_code == 0, done.stderr
            return books.sandbox.copy()

    key = (company, *sorted(options.items()))
    return kept(_CONNECTED, key, lambda: Connected(folders.mktemp("connected"), connect))


@pytest.fixture
def open_books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Books]]:
    """Starts sandboxes: `open_books("intl", currency="NOK")`. The first of a test is the copy of another."""
    with ExitStack() as stack:
        opened: list[Books] = []

        def start(company: str = "us", **options: Any) -> Books:
            known = not opened and options.keys() <= {"currency"}
            connected = _connected(tmp_path_factory, company, options) if known else None
            opened.append(stack.enter_context(serving(company, connected, **options)))
            return opened[-1]

        yield start


@pytest.fixture
def connect(home: Path, call: Call) -> Connect:
    """`connect(books)` connects `home`, as `connect --sandbox URL --yes` does: by copied files where both are new."""

    def connect(books: Books) -> None:
        used = any((home / name).exists() for name in ("settings.yaml", "ledger.sqlite"))
        if books.connected and not used and writes(books.sandbox) == books.written:
            books.connected.put(home, books.base_url)
        else:
            done = call("connect", "--sandbox", books.base_url, "--yes")
            assert done.code == 0, done.err

    return connect
