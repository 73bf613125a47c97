"""Mixed traffic: `serve`, workers and commands as processes, payments and webhooks, and the kills among them."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.crash.installation import Installation
from tests.crash.scenarios import COPIED, SENT, invoice
from tests.support.trail import unlike

MAIN = "from onedesk_quickbooks.plugin.cli import main; main()"
CUSTOMERS = 3
LONGEST = 120.0


@dataclass
class Command:
    """A `copy` or `send` at work."""

    process: subprocess.Popen[bytes]
    output: Path


class Traffic:
    """`seed` decides what happens, and when. `database` is what can be stopped and started beside the processes."""

    def __init__(self, installation: Installation, folder: Path, seed: int, database: Any = None) -> None:
        self.events: Counter[str] = Counter()
        self._installation = installation
        self._folder = folder
        self._random = random.Random(seed)
        self._database = database
        self._serving: subprocess.Popen[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []
        self._commands: list[Command] = []
        self._asked: dict[str, str] = {}
        self._outputs = 0
        self.wrong: list[str] = []

    # What goes on

    def open(self) -> None:
        """Everything starts."""
        self._serve()
        if self._database:
            self._workers = [self._start("worker", "--heartbeat", "1")[0] for _ in range(2)]

    def next_event(self) -> None:
        """One thing."""
        actions: list[Callable[[], None]] = [self._command, self._command, self._pay, self._webhooks, self._pause]
        actions += [self._kill_command, self._kill_serve]
        if self._database:
            actions += [self._kill_worker, self._stop_database]
        action = self._random.choice(actions)
        self.events[action.__name__.strip("_")] += 1
        action()
        self._collect()

    def _command(self) -> None:
        """Some invoices are copied or sent, by a file; the odd ones are sent."""
        if len(self._commands) > 2:
            return
        action = self._random.choice(["copy", "send"])
        numbers = self._random.sample(range(1, 30), self._random.randint(1, 5))
        self._ask(action, [f"INV-{2 * each + (action == 'send')}" for each in numbers])

    def _ask(self, action: str, ids: list[str]) -> None:
        self._asked |= dict.fromkeys(ids, action)
        file = self._folder / f"asked-{self._outputs}.jsonl"
        file.write_text("\n".join(json.dumps(_invoice(each)) for each in ids), encoding="utf-8")
        self._commands.append(Command(*self._start(action, file, "--json")))

    def _pay(self) -> None:
        """A customer pays a part of one of the invoices."""
        rows = [row for row in self._ours() if row["Balance"] > 1]
        if rows:
            self._installation.sandbox.pay({self._random.choice(rows)["Id"]: "1.00"})

    def _webhooks(self) -> None:
        """What waits is delivered to `serve`, wherever it is by now."""
        if base := self._address():
            self._installation.sandbox.webhooks.url = f"{base}/quickbooks/webhooks"
            self._installation.sandbox.deliver_webhooks(_post)

    def _pause(self) -> None:
        time.sleep(self._random.uniform(0.2, 1.5))

    # Kills and outages

    def _kill_command(self) -> None:
        if self._commands:
            time.sleep(self._random.uniform(0, 2.0))
            self._random.choice(self._commands).process.kill()

    def _kill_serve(self) -> None:
        if self._serving is not None:
            time.sleep(self._random.uniform(0, 1.0))
            self._serving.kill()
            self._serving.wait(LONGEST)
        self._serve()

    def _kill_worker(self) -> None:
        victim = self._workers.pop(0)
        victim.kill()
        victim.wait(LONGEST)
        self._workers.append(self._start("worker", "--heartbeat", "1")[0])

    def _stop_database(self) -> None:
        """At once, as when its machine fails."""
        self._database.stop()
        time.sleep(self._random.uniform(0, 1.0))
        self._database.start()

    # The end

    def finish(self) -> None:
        """Nobody is killed any more, all is asked for once more, and everything is done."""
        for command in self._commands:
            command.process.wait(LONGEST)
        self._collect()
        for number in self._stopped_runs():
            self._run("queue", "resume", number)
        for action in ("copy", "send"):
            if ids := [each for each, asked in self._asked.items() if asked == action]:
                self._ask(action, ids)
                self._commands[-1].process.wait(LONGEST)
        self._collect()
        self.close()
        self._run("payments")
        self._run("payments")

    def close(self) -> None:
        """All processes end."""
        running = [self._serving, *self._workers, *(each.process for each in self._commands)]
        for process in running:
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in running:
            if process is not None:
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    self.wrong.append("a process did not end by SIGTERM")
        self._serving, self._workers, self._commands = None, [], []

    def problems(self) -> list[str]:
        """Everything that is not as it must be, on both sides."""
        sandbox, wrong = self._installation.sandbox, [*self.wrong]
        rows = {row["DocNumber"]: row for row in self._ours()}
        mails = Counter(mail["doc_number"] for mail in sandbox.outbox())
        facts: list[tuple[str, object, object]] = [
            ("invoices of one number", _most(self._ours(), "DocNumber"), 1 if rows else 0),
            ("customers", _most(sandbox.list("Customer"), "DisplayName"), 1),
            ("items", _most(sandbox.list("Item"), "Name"), 1),
            ("numbers", sorted(rows), sorted(each.replace("INV", "N") for each in self._asked)),
        ]
        with _desk(self._installation.home) as (host, application):
            status = application.status()
            facts += [
                ("waiting, held, failed, stopped", (status.waiting, status.held, status.failed, status.stopped_reason),
                 (0, 0, 0, "")),
                ("requests of unknown end", len(application.ledger.outbox.unknown(sandbox.realm_id)), 0),
                ("what the audit trail has otherwise", unlike(application.ledger), []),
            ]  # fmt: skip
            for each, action in self._asked.items():
                shown, row = host.invoice(each), rows.get(each.replace("INV", "N"))
                if shown is None or row is None:
                    continue
                paid = [paid.amount.amount for paid in shown.payments if not paid.reversed]
                facts += [
                    (f"e-mails of {each}", mails[row["DocNumber"]], int(action == "send")),
                    (f"tags of {each}", list(shown.tags), [SENT if action == "send" else COPIED]),
                    (f"link of {each}", next(iter(shown.tags.values()), "").rpartition("=")[2], row["Id"]),
                    (f"payments of {each}", sum(paid, Decimal(0)), row["TotalAmt"] - row["Balance"]),
                    (f"number of payments of {each}", len(paid), len(row.get("LinkedTxn") or ())),
                ]
        return [
            *wrong,
            *(f"{name}: {found!r} instead of {wanted!r}" for name, found, wanted in facts if found != wanted),
        ]

    def _ours(self) -> list[dict[str, Any]]:
        return self._installation.sandbox.list("Invoice", "DocNumber LIKE 'N-%'")

    # Processes

    def _start(self, *words: object) -> tuple[subprocess.Popen[bytes], Path]:
        self._outputs += 1
        output = self._folder / f"output-{self._outputs}"
        command = [sys.executable, "-c", MAIN, "--home", self._installation.home, *words]
        with output.open("wb") as out, output.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(
                [str(each) for each in command], stdin=subprocess.DEVNULL, stdout=out, stderr=log
            )
        return process, output

    def _run(self, *words: object) -> str:
        """A command until it has ended."""
        process, output = self._start(*words)
        process.wait(LONGEST)
        log = output.with_suffix(".log").read_text(encoding="utf-8")
        if process.returncode not in (0, 1):
            self.wrong.append(f"{' '.join(map(str, words))} ended with {process.returncode}: {log[-500:]}")
        return output.read_text(encoding="utf-8")

    def _serve(self) -> None:
        self._serving, self._serve_output = self._start("serve", "--port", "0", "--json")

    def _address(self) -> str:
        """Where `serve` is; "" where it has not begun yet."""
        said = self._serve_output.read_text(encoding="utf-8")
        return str(json.loads(said.splitlines()[0])["base_url"]) if said.endswith("\n") else ""

    def _collect(self) -> None:
        """What a command has reported as done is done."""
        ended = [each for each in self._commands if each.process.poll() is not None]
        self._commands = [each for each in self._commands if each not in ended]
        for each in ended:
            for line in each.output.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(json.JSONDecodeError):  # the last line of one that was killed
                    self._check(json.loads(line))
        for log in self._folder.glob("*.log"):
            if "Traceback" in (text := log.read_text(encoding="utf-8")):
                self.wrong.append(f"{log.name}: {text[text.index('Traceback') :][:2000]}")
                log.unlink()

    def _check(self, outcome: dict[str, Any]) -> None:
        if outcome["outcome"] not in ("copied", "updated", "unchanged", "sent"):
            return
        number = outcome["id"].replace("INV", "N")
        if len(self._installation.sandbox.list("Invoice", f"DocNumber = '{number}'")) != 1:
            self.wrong.append(f"{outcome['id']} was reported as {outcome['outcome']}")
        sent = [mail for mail in self._installation.sandbox.outbox() if mail["doc_number"] == number]
        if outcome["outcome"] == "sent" and len(sent) != 1:
            self.wrong.append(f"{outcome['id']} was reported as sent, and {len(sent)} e-mails left")

    def _stopped_runs(self) -> list[str]:
        rows = [json.loads(line) for line in self._run("queue", "--json").splitlines()]
        return sorted({row["run"] for row in rows if row.get("state") == "stopped" and row.get("run")})


def _invoice(invoice_id: str) -> dict[str, Any]:
    """Of one of a few customers."""
    return invoice(invoice_id, f"c{int(invoice_id[4:]) % CUSTOMERS}", "80.00")


def _most(rows: list[dict[str, Any]], field: str) -> int:
    """How often the most frequent value stands there."""
    return max(Counter(row[field] for row in rows).values(), default=0)


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    return requests.post(url, data=body, headers=headers, timeout=5).status_code


@contextlib.contextmanager
def _desk(home: Path) -> Iterator[tuple[EmbeddedHost, Any]]:
    plugin = QuickBooksPlugin(background=False)
    host = EmbeddedHost.open(home, plugins=[plugin])
    try:
        yield host, plugin.application
    finally:
        host.close()
