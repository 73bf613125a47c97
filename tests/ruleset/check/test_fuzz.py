"""A short run of `make fuzz`, and what hypothesis finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.yamlfile.build import build
from onedesk_quickbooks.plugin.yamlfile.nodes import plain
from onedesk_quickbooks.plugin.yamlfile.source import decode
from tests.fuzz.rules import fuzz, inputs, one

TOKENS = st.sampled_from(
    [*"[]{}:,#&*!|>'\"%@`-? \n", "\n  ", "\n    ", ": ", "- ", " #x", "version: 1", "items", "otherwise", "hold", "CA"]
)


def test_bent_files_give_findings() -> None:
    slowest, kinds = fuzz(300, 20_260_715)
    assert slowest < 2
    assert kinds > 20


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TOKENS, max_size=60).map("".join) | st.text(max_size=80))
def test_any_text_gives_findings(tmp_path: Path, text: str) -> None:
    one(tmp_path / "rules.yaml", text.encode("utf-8", "surrogatepass"))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_give_findings(tmp_path: Path, data: bytes) -> None:
    one(tmp_path / "rules.yaml", data)


def read(data: bytes, loader: Any) -> tuple[object, bool]:
    findings = Findings()
    text = decode("rules.yaml", data, findings)
    root = None if text is None else build("rules.yaml", text, findings, loader)
    return (None if root is None else plain(root)), findings.errors > 0


def test_both_loaders_read_the_same() -> None:
    """But for a ? in brackets, which libyaml takes for a letter, and PyYAML's own scanner for the mark of a key."""
    bent = [data for data in inputs(250, 3) if b"?" not in data]
    assert len(bent) > 200
    for data in bent:
        assert read(data, yaml.CSafeLoader) == read(data, yaml.SafeLoader), data
