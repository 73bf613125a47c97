"""docs/tutorial.md: each step is a rule file without findings, and the steps together are the example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES

TEXT = (Path(__file__).parents[3] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
WHOLE = yaml.load((EXAMPLES / "it-services.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_step_is_clean(block: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(block, encoding="utf-8")
    assert check([tmp_path / "rules.yaml"]).findings == ()


@pytest.mark.parametrize("block", BLOCKS)
def test_a_step_stands_in_the_example(block: str) -> None:
    assert within(yaml.load(block, yaml.BaseLoader), WHOLE)


def within(part: Any, whole: Any) -> bool:
    """Whether all of a part stands in the whole."""
    if isinstance(part, dict):
        return all(key in whole and within(each, whole[key]) for key, each in part.items())
    if isinstance(part, list):
        return all(each in whole for each in part)
    return bool(part == whole)
