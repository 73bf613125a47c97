"""docs/sandbox.md lists every fact of the wire once, in order, with statements that are there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "sandbox.md"
ROWS = re.findall(r"^\| F(\d\d) \| .* \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_facts_come_in_order_and_once() -> None:
    numbers = [int(number) for number, _ in ROWS]
    assert numbers
    assert numbers == sorted(set(numbers))


def test_every_fact_has_its_statement() -> None:
    named = set(re.findall(r"`([\d.]+/[^`]+|facts/[^`]+)`", PAGE.read_text(encoding="utf-8")))
    assert {name for name in named if not (HERE / f"{name}.yaml").is_file()} == set()
    facts = {f"facts/{path.stem}" for path in HERE.glob("facts/*.yaml")}
    assert facts <= named
    assert all("`" in statements for _, statements in ROWS)
