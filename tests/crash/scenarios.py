"""What is done when the process dies, and what must be true after a restart."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.sandbox import Sandbox
from tests.crash.child import run

SCENARIOS = ("copy", "re-copy", "send", "payment", "reversal")
_DOES = {"copy": "copy", "re-copy": "copy", "send": "send", "payment": "payments", "reversal": "payments"}


def invoice(tag: str, price: str = "80.00") -> dict[str, Any]:
    """An invoice of its own customer and items."""
    return {
        "id": f"INV-{tag}",
        "number": f"N-{tag}",
        "status": "open",
        "currency": "USD",
        "issue_date": "2026-07-01",
        "customer": {
            "id": f"C-{tag}",
            "name": f"Customer {tag}",
            "billing_contact": {"email": "ada@blueharbor.example"},
        },
        "lines": [
            {"id": "1", "service_type": f"Support {tag}", "quantity": "2", "unit_price": price,
             "amount": str(2 * Decimal(price))},
            {"id": "2", "service_type": f"Travel {tag}", "amount": "10.00"},
        ],
        "total": str(2 * Decimal(price) + 10),
    }  # fmt: skip


@dataclass
class Crash:
    """One scenario at one installation: `home` is connected to `sandbox`."""

    home: Path
    sandbox: Sandbox
    context: Any = field(default_factory=lambda: forks())

    def process(self, steps: list[dict[str, Any]], die_at: int = 0) -> dict[str, Any] | None:
        """Run steps in a process of their own; what it saw, None when it was killed."""
        report = self.home / "report.json"
        report.unlink(missing_ok=True)
        child = self.context.Process(target=run, args=(str(self.home), steps, die_at, str(report)))
        child.start()
        child.join(60)
        if child.exitcode == -signal.SIGKILL:
            return None
        assert child.exitcode == 0, f"the process ended with {child.exitcode}"
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found

    def prepare(self, scenario: str, tag: str) -> None:
        """Bring the world to where the scenario begins."""
        first = invoice(tag)
        steps: list[dict[str, Any]] = [{"do": "save", "invoice": first}]
        if scenario in ("re-copy", "payment", "reversal"):
            steps += [{"do": "copy", "id": first["id"]}, {"do": "drain"}]
        if scenario == "re-copy":
            steps.append({"do": "save", "invoice": invoice(tag, "90.00")})
        self.process(steps)
        if scenario in ("payment", "reversal"):
            ours = self.invoices(tag)[0]
            paid = self.sandbox.pay({ours["Id"]: ours["TotalAmt"]})
            if scenario == "reversal":
                self.process([{"do": "payments"}])
                self.sandbox.void("Payment", paid["Id"])

    def act(self, scenario: str, tag: str, die_at: int) -> list[str] | None:
        """The scenario itself; the points it passed, None when it died on the way."""
        wanted = _DOES[scenario]
        steps: list[dict[str, Any]] = [{"do": wanted, "id": f"INV-{tag}", "armed": True}]
        if wanted != "payments":
            steps.append({"do": "drain"})
        seen = self.process(steps, die_at)
        return None if seen is None else list(seen["points"])

    def recover(self, scenario: str, tag: str) -> dict[str, Any]:
        """Start again, and look."""
        wanted = _DOES[scenario]
        steps: list[dict[str, Any]] = [
            {"do": "recover", "id": f"INV-{tag}", "action": wanted},
            {"do": "look", "id": f"INV-{tag}"},
        ]
        seen = self.process(steps)
        assert seen is not None
        return seen

    def invoices(self, tag: str) -> list[dict[str, Any]]:
        """QuickBooks' invoices of this tag."""
        rows = self.sandbox.list("Invoice")
        return [row for row in rows if f"OneDesk invoice INV-{tag}" in (row.get("PrivateNote") or "").splitlines()]

    def check(self, scenario: str, tag: str, seen: dict[str, Any]) -> list[str]:
        """Everything that is not as it must be."""
        mails = [mail for mail in self.sandbox.outbox() if f"N-{tag}" in json.dumps(mail, default=str)]
        price = "90.00" if scenario == "re-copy" else "80.00"
        invoices = self.invoices(tag)
        facts: list[tuple[str, object, object]] = [
            ("customers", len(self.sandbox.list("Customer", f"DisplayName = 'Customer {tag}'")), 1),
            ("items", len(self.sandbox.list("Item", f"Name IN ('Support {tag}', 'Travel {tag}')")), 2),
            ("invoices", len(invoices), 1),
            ("e-mails", len(mails), 1 if scenario == "send" else 0),
            ("unknown intents", seen["unknown"], 0),
            ("waiting", seen["waiting"], 0),
            ("held", seen["held"], 0),
            ("tags", list(seen["tags"]), ["Copied to QuickBooks"]),
            ("payments", seen["payments"], 1 if scenario in ("payment", "reversal") else 0),
            ("reversed", seen["reversed"], 1 if scenario == "reversal" else 0),
            ("status", seen["status"], "paid" if scenario == "payment" else "open"),
        ]
        if invoices:
            facts.append(("total", invoices[0]["TotalAmt"], 2 * Decimal(price) + 10))
        return [f"{name}: {found!r} instead of {wanted!r}" for name, found, wanted in facts if found != wanted]


def forks() -> Any:
    """Processes that are forked from one that has everything loaded and no threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.child"])
    return context


def points(crash: Crash, scenario: str) -> list[str]:
    """The names of all points of a scenario, in order: the code itself counts them."""
    names: list[str] | None = None
    for tag in (f"{scenario}-first", f"{scenario}-0"):  # the first time some tables are still empty
        crash.prepare(scenario, tag)
        names = crash.act(scenario, tag, 0)
    assert names, "a scenario passes points"
    return names


def each_point(crash: Crash, scenario: str, only: Callable[[int], bool]) -> list[tuple[int, str, list[str]]]:
    """Die at every point that `only` chooses, restart, check: (point, its name, what was wrong)."""
    results = []
    for number, name in enumerate(points(crash, scenario), 1):
        if not only(number):
            continue
        tag = f"{scenario}-{number}"
        crash.prepare(scenario, tag)
        assert crash.act(scenario, tag, number) is None, f"point {number} ({name}) was not reached"
        results.append((number, name, crash.check(scenario, tag, crash.recover(scenario, tag))))
    return results
