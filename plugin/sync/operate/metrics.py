"""What Prometheus scrapes: the status in numbers. Names nobody, so that it may be read without a sign-in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "onedesk_quickbooks_"

_INSTANTS = {
    "last_success_at": ("last_success_timestamp_seconds", "When QuickBooks last answered well."),
    "oldest_waiting_at": ("oldest_waiting_timestamp_seconds", "Since when the oldest waiting work waits."),
    "next_poll_at": ("next_poll_timestamp_seconds", "When payments are asked for next."),
    "paused_until": ("paused_until_timestamp_seconds", "Until when the lane waits for QuickBooks."),
    "refresh_token_expires_at": ("connection_ends_timestamp_seconds", "When the connection ends unless it is renewed."),
}


def exposition(status: Mapping[str, Any], calls: Iterable[tuple[str, str, int]]) -> bytes:
    """The text that Prometheus reads: `status` as `Status.to_json` gives it, `calls` as (day, kind, count) over all
    days, so that they only rise."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(status, calls))
    return generate_latest(registry)


class _Snapshot(Collector):
    def __init__(self, status: Mapping[str, Any], calls: Iterable[tuple[str, str, int]]) -> None:
        self._status = status
        self._calls = calls

    def collect(self) -> Iterable[Metric]:
        """The metric families of this moment."""
        status = self._status
        yield _gauge("connected", "1 where a QuickBooks company is connected.", bool(status.get("connected")))
        stopped = bool(status.get("stopped_reason"))
        yield _gauge("lane_stopped", "1 where nothing is copied until a person has acted.", stopped)
        work = GaugeMetricFamily(
            f"{PREFIX}work", "Work by state: waiting, held for a person, failed.", labels=["state"]
        )
        for state in ("waiting", "held", "failed"):
            work.add_metric([state], int(status.get(state) or 0))
        yield work
        for key, (name, about) in _INSTANTS.items():
            if status.get(key):
                yield _gauge(name, about, datetime.fromisoformat(status[key]).timestamp())
        yield self._counted()

    def _counted(self) -> Metric:
        about = "Requests that QuickBooks answered, by kind; Intuit meters reads."
        family = CounterMetricFamily(f"{PREFIX}calls", about, labels=["kind"])
        totals: Counter[str] = Counter()
        for _, kind, count in self._calls:
            totals[kind] += count
        for kind in sorted({"read", "write", *totals}):
            family.add_metric([kind], totals[kind])
        return family


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}{name}", about, value=float(value))
