"""How many examples of a property are tried."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def rounds(count: int) -> settings:
    """So many in `make test`, ten times as many in `make fuzz`, whose profile is another one."""
    searches = not settings().derandomize
    return settings(max_examples=10 * count if searches else count, suppress_health_check=list(HealthCheck))
