"""The command line called in this process, with a data directory of its own, and sandboxes that serve.

Fixtures for the conftest of any folder that calls commands.
"""

from __future__ import annotations

import inspect
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from onedesk_quickbooks.plugin.cli import main
from tests.support.agreement import unnumbered
from tests.support.sandboxes import Books, serving

# Before click 8.2 standard error comes apart only where it is asked for.
_APART: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
_RUNNER = CliRunner(**_APART)


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
    a fault is to come that no plan knows (`foretold`). `speaks` is the language of who works there.
    """

    def run(*words: object, before: tuple[object, ...] = (), input: str | None = None, speaks: str = "en") -> Done:
        given = [str(word) for word in ("--home", home, *before, *words)]
        result = _RUNNER.invoke(main, given, input=input, catch_exceptions=False, env={"LANGUAGE": speaks})
        return Done(result.exit_code, result.stdout, result.stderr)

    def planned(
        *words: object,
        before: tuple[object, ...] = (),
        input: str | None = None,
        foretold: bool = True,
        speaks: str = "en",
    ) -> Done:
        if not foretold or not words or words[0] not in ("copy", "send"):
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


@pytest.fixture
def open_books() -> Iterator[Callable[..., Books]]:
    """Starts sandboxes: `open_books("intl", currency="NOK")`."""
    with ExitStack() as stack:
        yield lambda company="us", **options: stack.enter_context(serving(company, **options))
