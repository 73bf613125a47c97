"""One process of an installation that may be killed at a point of its work; run in a fork, so that it can be."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.bridge import Bridge

ADMIN = "admin"


class Points:
    """Counts the points at which a process may die, and dies at the one it is told (0: never)."""

    def __init__(self, die_at: int) -> None:
        self.names: list[str] = []
        self._die_at = die_at
        self._on = False

    def arm(self) -> None:
        """From now on points count."""
        self._on = True

    def pass_by(self, name: str) -> None:
        """A point."""
        if not self._on:
            return
        self.names.append(name)
        if len(self.names) == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Every statement that writes to a database, and every commit: before and after."""

        def is_write(statement: str) -> bool:
            return statement.split(" ", 1)[0].upper() in ("INSERT", "UPDATE", "DELETE")

        @event.listens_for(Engine, "before_cursor_execute")
        def before(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if is_write(statement):
                self.pass_by(f"before {' '.join(statement.split()[:3])}")

        @event.listens_for(Engine, "after_cursor_execute")
        def after(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if is_write(statement):
                self.pass_by(f"after {' '.join(statement.split()[:3])}")

        @event.listens_for(Engine, "commit")
        def commit(connection: Connection) -> None:
            if connection.get_execution_options().get("onedesk_write"):
                self.pass_by("before COMMIT")


class Adapter(HTTPAdapter):
    """Points before a request leaves and after its answer came."""

    def __init__(self, points: Points) -> None:
        super().__init__()
        self._points = points

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        path = (request.path_url or "").split("?")[0].rsplit("/", 2)[-1]
        self._points.pass_by(f"before {request.method} {path}")
        answer = super().send(request, *args, **kwargs)
        self._points.pass_by(f"after {request.method} {path}")
        return answer


def run(home: str, steps: list[dict[str, Any]], die_at: int, report: str) -> None:
    """Do the steps; those that are `armed` count points. Writes what it saw to `report`."""
    points = Points(die_at)
    points.watch()
    plugin = QuickBooksPlugin(background=False)
    host = EmbeddedHost.open(Path(home), plugins=[plugin])
    plugin.bridge.session.mount("http://", Adapter(points))
    seen: dict[str, Any] = {}
    for step in steps:
        if step.get("armed"):
            points.arm()
        _DO[step["do"]](host, plugin.bridge, step, seen)
    host.close()
    Path(report).write_text(json.dumps({"points": points.names, **seen}), encoding="utf-8")


def _save(host: EmbeddedHost, bridge: Bridge, step: dict[str, Any], seen: dict[str, Any]) -> None:
    invoice = step["invoice"]
    host.save({**invoice, "status": "draft"})
    host.open_invoice(invoice["id"], ADMIN)


def _copy(host: EmbeddedHost, bridge: Bridge, step: dict[str, Any], seen: dict[str, Any]) -> None:
    host.act(step["id"], "quickbooks.copy", ADMIN)


def _send(host: EmbeddedHost, bridge: Bridge, step: dict[str, Any], seen: dict[str, Any]) -> None:
    host.send(step["id"], ADMIN)


def _drain(host: EmbeddedHost, bridge: Bridge, step: dict[str, Any], seen: dict[str, Any]) -> None:
    seen["outcomes"] = [outcome.to_json() for outcome in bridge.drain()]


def _payments(host: EmbeddedHost, bridge: Bridge, step: dict[str, Any], seen: dict[str, Any]) -> None:
    bridge.bring_payments()


def _recover(host: EmbeddedHost, bridge: Bridge, step: dict[str, Any], seen: dict[str, Any]) -> None:
    """What a restart does by itself; and a person who sees that nothing came of it asks again."""
    bridge.drain()
    asked = bridge.ledger.queue.latest(step["id"])
    wanted = step["action"]
    shown = host.read_invoice(step["id"])
    done = wanted == "payments" or (asked is not None and asked.action == wanted and asked.invoice == shown)
    seen["asked_again"] = not done
    if not done:
        _DO[wanted](host, bridge, step, seen)
        bridge.drain()
    if wanted == "payments":
        bridge.bring_payments()


def _look(host: EmbeddedHost, bridge: Bridge, step: dict[str, Any], seen: dict[str, Any]) -> None:
    found = host.invoice(step["id"])
    connected = bridge.connected
    assert found is not None and connected is not None
    seen["status"], seen["balance"] = found.status, str(found.balance)
    seen["tags"], seen["payments"] = found.tags, len(found.payments)
    seen["reversed"] = sum(bool(each.reversed) for each in found.payments)
    seen["unknown"] = len(bridge.ledger.intents.unknown(connected.realm_id))
    status = bridge.status()
    seen["waiting"], seen["held"] = status.waiting, status.held


_DO: dict[str, Callable[[EmbeddedHost, Bridge, dict[str, Any], dict[str, Any]], None]] = {
    "save": _save,
    "copy": _copy,
    "send": _send,
    "drain": _drain,
    "payments": _payments,
    "recover": _recover,
    "look": _look,
}
