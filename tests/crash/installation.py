"""One installation, connected to a sandbox, whose work is done by processes of its own: the side that watches them."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.crash.child_process import CLOCK, Instructions, Step, run
from tests.sync.conftest import Desk

LONGEST = 60.0
"""Seconds after which a process that does not end is taken for stuck."""
RULES = """version: 1
invoices: {on_void: void, on_delete: delete, negative: credit_memo, attachments: send}
customers: {project: sub_customer, bill_to: "{partner}", update_phone: yes, update_tax_id: yes}
lines: {exceptions: [{id: projects, when: {project: "Project*"}, group_by: item}]}
payments: {direction: both, deposit_account: Checking}
"""
"""What becomes of invoices that are void or deleted in the host, or have a project or files, of a customer's numbers,
and of the host's own payments; all else is as without rules."""


@dataclass
class Process:
    """A process at work."""

    instructions: Instructions
    child: Any

    @property
    def reached(self) -> str:
        """The name of the point where it got its signal; "" where it has got none yet."""
        place = Path(self.instructions.point_file)
        return place.read_text(encoding="utf-8") if place.exists() else ""

    def until_stopped(self) -> bool:
        """Wait until it got its signal; False where it ended before."""
        return _wait(lambda: bool(self.reached) or not self.child.is_alive()) and bool(self.reached)

    def ended_within(self, seconds: float) -> bool:
        """Whether it ends by itself so soon."""
        self.child.join(seconds)
        return not self.child.is_alive()

    def go_on(self) -> None:
        """Wake it up."""
        os.kill(self.child.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it, whether it is at work or stopped."""
        self.child.kill()
        self.child.join(LONGEST)

    def result(self) -> dict[str, Any] | None:
        """Wait for its end; what it saw, None when it was killed."""
        self.child.join(LONGEST)
        if self.child.is_alive():
            self.kill()
            raise AssertionError(f"the process did not end within {LONGEST} s")
        if self.child.exitcode == -signal.SIGKILL:
            return None
        assert self.child.exitcode == 0, f"the process ended with {self.child.exitcode}"
        found: dict[str, Any] = json.loads(Path(self.instructions.report_file).read_text(encoding="utf-8"))
        return found


@dataclass
class Installation:
    """A data directory whose host is connected to `sandbox`. Its time, and the sandbox's, move on by `later`, and by
    what its processes have waited by their own clocks."""

    home: Path
    sandbox: Sandbox
    server: Server
    settings: Mapping[str, str]
    context: Any
    ahead: float = 0.0
    rests_since: float = 0.0
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _started: list[Process] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        """Where the sandbox serves."""
        return self.server.base_url

    def start(self, steps: Sequence[Step], **options: Any) -> Process:
        """A process that does the steps; `options` are fields of `Instructions`."""
        self._catch_up()
        number = next(self._numbers)
        report, place = (str(self.home / f"{name}-{number}") for name in ("report", "place"))
        instructions = Instructions(str(self.home), tuple(steps), report, place, ahead=self.ahead, **options)
        child = self.context.Process(target=run, args=(instructions,))
        child.start()
        self._started = [each for each in self._started if each.child.is_alive()]
        self._started.append(Process(instructions, child))
        return self._started[-1]

    def end(self) -> None:
        """Leave no process behind, not even one that is stopped."""
        for each in self._started:
            if each.child.is_alive():
                each.kill()

    def process(self, steps: Sequence[Step], **options: Any) -> dict[str, Any] | None:
        """The same, until it has ended: what it saw, None when it was killed."""
        return self.start(steps, **options).result()

    def rest(self) -> None:
        """Nothing is done here any more; copies go on from here."""
        self._catch_up()
        self.server.stop()
        self.rests_since = time.time()

    def go_on_from(self, other: Installation) -> None:
        """At the time at which the other one rests."""
        self.ahead = other.ahead
        self._pass(other.rests_since - time.time())

    def later(self, minutes: float) -> None:
        """Time passes, here and in QuickBooks."""
        self._catch_up()
        self._pass(minutes * 60)

    def day(self, days: int) -> str:
        """The day that is so many days ahead there."""
        return (datetime.now(timezone.utc) + timedelta(days=days, seconds=self.ahead)).date().isoformat()

    def _catch_up(self) -> None:
        """No process begins before the last one has ended by its own clock."""
        clock = self.home / CLOCK
        if clock.exists():
            self._pass(max(0.0, float(clock.read_text(encoding="utf-8")) - self.ahead))

    def _pass(self, seconds: float) -> None:
        self.ahead += seconds
        self.sandbox.advance(timedelta(seconds=seconds))

    def until_arrived(self, seconds: float) -> None:
        """Wait until QuickBooks has answered the request that was under way for so long."""
        assert _wait(lambda: any(each["seconds"] >= seconds for each in self.sandbox.log())), "it never arrived"


def _wait(until: Callable[[], bool]) -> bool:
    """Look again and again; False where it has not come about in the longest time."""
    end = time.monotonic() + LONGEST
    while not until():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def _forks() -> Any:
    """Processes that are forked from one that has no threads and everything loaded, also what the application loads
    when it is needed; what is not installed is left out."""
    context = multiprocessing.get_context("forkserver")
    late = [f"onedesk_quickbooks.plugin.app.{each}" for each in ("engine", "financials", "connect", "runs_api")]
    late += [f"onedesk_quickbooks.plugin.sync.{each}" for each in ("outbound.foresight", "undo", "adopt.adopter")]
    late += ["onedesk_quickbooks.plugin.sync.adopt.taking_back"]
    postgres = ["onedesk_quickbooks.plugin.distributed.jobs", "sqlalchemy.dialects.postgresql.psycopg"]
    context.set_forkserver_preload(["tests.crash.preload", "jsonschema", *late, *postgres])
    return context


Settings = Callable[[Mapping[str, str]], contextlib.AbstractContextManager[Mapping[str, str]]]
"""Those that an installation has besides, as long as it is there; of a copy of one that has such."""


class Lab:
    """A new installation for each story: a copy of one at which the same was done before."""

    def __init__(self, folder: Path, settings: Settings = contextlib.nullcontext) -> None:
        self.installation: Installation
        self.undisturbed: dict[object, dict[str, Any]] = {}
        self._folder = folder
        self._settings = settings
        self._kept: dict[str, Installation] = {}
        self._of_kept = contextlib.ExitStack()
        self._of_this = contextlib.ExitStack()
        self._homes = count(1)

    def begin(self, like: Installation | None = None) -> Installation:
        """Leave this one, and make another: a copy of the other one, which rests, where one is given."""
        self._of_this.close()
        home = self._folder / f"home{next(self._homes)}"
        settings = self._of_this.enter_context(self._settings(like.settings if like else {}))
        self._of_this.callback(shutil.rmtree, home, ignore_errors=True)
        self.installation = self._of_this.enter_context(installation(home, settings, like=like))
        return self.installation

    def kept(self, name: str, made: Callable[[], None]) -> Installation:
        """One that rests, as it is after `made` has begun one and has done something at it; that is done once."""
        if name not in self._kept:
            made()
            self.installation.rest()
            self._of_kept.enter_context(self._of_this.pop_all())
            self._kept[name] = self.installation
        return self._kept[name]

    def close(self) -> None:
        """Stop the sandboxes."""
        self._of_this.close()
        self._of_kept.close()


@contextlib.contextmanager
def installation(
    home: Path, settings: Mapping[str, str], context: Any = None, like: Installation | None = None
) -> Iterator[Installation]:
    """A new one, connected to a new company behind the sandbox's own server, which can cut connections; or a copy of
    another one, which rests. Its processes are made by the `context` of multiprocessing."""
    books = like.sandbox.copy() if like else Sandbox(SandboxOptions(company="us"))
    with books as sandbox, Server(sandbox) as server:
        if like:
            left_out = shutil.ignore_patterns("report-*", "place-*", "*.lock", f"{CLOCK}*")
            shutil.copytree(like.home, home, ignore=left_out)
        else:
            home.mkdir()
            (home / "rules.yaml").write_text(RULES, encoding="utf-8")
        chosen = {key: str(getattr(sandbox, key)) for key in ("client_id", "client_secret", "verifier_token")}
        write_settings(home, {"environment": "local", "base_url": server.base_url, **chosen, **settings})
        made = Installation(home, sandbox, server, settings, context or _forks())
        if like:
            made.go_on_from(like)
        else:
            _connect(made)
        try:
            yield made
        finally:
            made.end()


def _connect(made: Installation) -> None:
    desk = Desk(made.home, made.sandbox, made.base_url)
    try:
        desk.connect()
    finally:
        desk.close()
