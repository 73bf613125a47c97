"""A change in a file that the rules include is taken like one in the rules themselves."""

from __future__ import annotations

import os
from pathlib import Path

from tests.sync.conftest import keeping


def write(path: Path, text: str, second: int) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (second, second))


def test_an_included_file_that_changes_is_taken_if_clean(tmp_path: Path) -> None:
    rules, taxes = tmp_path / "rules.yaml", tmp_path / "taxes.yaml"
    write(rules, "version: 1\ninclude: [taxes.yaml]\n", 1)
    write(taxes, "version: 1\ntaxes: {otherwise: hold}\n", 1)
    keeper = keeping(rules)
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold"
    write(taxes, "version: 1\ntaxes: {otherwise: none}\n", 2)
    assert keeper.current().chains["tax_code"].rows[-1].says == "none"
    write(taxes, "version: 1\ntaxes: {otherwise: hodl}\n", 3)
    assert keeper.current().chains["tax_code"].rows[-1].says == "none"
    assert "taxes.yaml:2:20" in keeper.complaint
    write(taxes, "version: 1\ntaxes: {otherwise: automatic}\n", 4)
    assert keeper.current().chains["tax_code"].rows[-1].says == "automatic"
    assert keeper.complaint == ""
