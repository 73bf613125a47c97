"""The status as metrics for Prometheus. Without names of people, so that it may be read without a sign-in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from onedesk_quickbooks.plugin.ops.status import FAILS_AT, left

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "onedesk_quickbooks_"

_INSTANTS = {
    "last_success_at": ("last_success_timestamp_seconds", "When QuickBooks last answered well."),
    "last_payment_look_at": (
        "last_payment_look_timestamp_seconds",
        "Time of the last successful look for payments.",
    ),
    "oldest_waiting_at": ("oldest_waiting_timestamp_seconds", "Since when the oldest waiting work waits."),
    "next_poll_at": ("next_poll_timestamp_seconds", "Time of the next look for payments."),
    "paused_until": ("paused_until_timestamp_seconds", "Time until which the company queue waits for QuickBooks."),
    "refresh_token_expires_at": ("connection_ends_timestamp_seconds", "When the connection ends unless it is renewed."),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """The data of a tenant: `status` as `Status.to_json` gives it, `calls` as (day, kind, count) over all days, so that
    they only increase."""

    tenant: str
    status: Mapping[str, Any]
    calls: Sequence[tuple[str, str, int]]


def exposition(tenants: Sequence[Measured]) -> bytes:
    """The exposition text for Prometheus; every sample has the label `tenant`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(tenants))
    return generate_latest(registry)


class _Snapshot(Collector):
    def __init__(self, tenants: Sequence[Measured]) -> None:
        self._tenants = tenants

    def collect(self) -> Iterable[Metric]:
        """The present metric families."""
        about = "1 where a QuickBooks company is connected."
        yield self._gauge("connected", about, lambda status: bool(status.get("connected")))
        about = "1 where nothing is copied until a person has acted."
        yield self._gauge("lane_stopped", about, lambda status: bool(status.get("stopped_reason")))
        yield self._work()
        yield self._errors()
        for key, (name, about) in _INSTANTS.items():
            yield self._gauge(name, about, partial(_instant, key))
        yield self._counted()

    def _gauge(self, name: str, about: str, value: Callable[[Mapping[str, Any]], float | None]) -> Metric:
        """A gauge with a sample for every tenant that has the value."""
        family = GaugeMetricFamily(f"{PREFIX}{name}", about, labels=["tenant"])
        for each in self._tenants:
            found = value(each.status)
            if found is not None:
                family.add_metric([each.tenant], float(found))
        return family

    def _work(self) -> Metric:
        about = (
            "Work by state: waiting, held for a person, failed, skipped by rule, left by a command that was stopped."
        )
        family = GaugeMetricFamily(f"{PREFIX}work", about, labels=["tenant", "state"])
        for each in self._tenants:
            for state in ("waiting", "held", "failed", "skipped"):
                family.add_metric([each.tenant, state], int(each.status.get(state) or 0))
            family.add_metric([each.tenant, "stopped"], left(each.status))
        return family

    def _errors(self) -> Metric:
        about = "Errors in a row, by what fails; 0 after a success."
        family = GaugeMetricFamily(f"{PREFIX}errors_in_a_row", about, labels=["tenant", "what"])
        for each in self._tenants:
            counts = {error["what"]: error["count"] for error in each.status.get("errors") or ()}
            for what in FAILS_AT:
                family.add_metric([each.tenant, what], counts.get(what, 0))
        return family

    def _counted(self) -> Metric:
        about = "Requests that QuickBooks answered, by kind; Intuit meters reads."
        family = CounterMetricFamily(f"{PREFIX}calls", about, labels=["tenant", "kind"])
        for each in self._tenants:
            totals: Counter[str] = Counter()
            for _, kind, count in each.calls:
                totals[kind] += count
            for kind in sorted({"read", "write", *totals}):
                family.add_metric([each.tenant, kind], totals[kind])
        return family


def _instant(key: str, status: Mapping[str, Any]) -> float | None:
    return datetime.fromisoformat(status[key]).timestamp() if status.get(key) else None
