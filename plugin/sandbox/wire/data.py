"""The data files of the package."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from onedesk_quickbooks.plugin.sandbox.wire.values import loads

_PACKAGE = __package__.rpartition(".")[0]


def read_data(name: str) -> Any:
    """The value of a JSON file of the folder `data`."""
    return loads(files(_PACKAGE).joinpath("data", name).read_text(encoding="utf-8"))
