"""Rule and case files in an editor: completed and marked by yaml-language-server, in a folder that knows nothing of the
installation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.read.editor import editor_schema, modeline
from tests.support.clients import EDITOR
from tests.support.language_server import LanguageServer

pytestmark = pytest.mark.editor
PROGRAM = EDITOR / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
ROOT = Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "rules").rglob("*.yaml"))
BAD = sorted((ROOT / "tests" / "ruleset" / "bad").glob("*.yaml"))

NOT_BY_A_SCHEMA = {
    "OQ201": "1,000 between braces: 1, and a key 000 without a value, which the language server lets pass",
    "OQ202": "one key asks for another",
    "OQ302": "two keys are one in another case",
    "OQ307": "a rule without an outcome",
    "OQ405": "what holds otherwise may stand in another file",
}
"""What `check` alone sees of the bad files, by the code of its finding."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rules")
    for kind in ("rules", "cases"):
        (made / f"{kind}.schema.json").write_text(editor_schema(kind), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[LanguageServer]:
    with LanguageServer(folder, ["node", str(PROGRAM), "--stdio"]) as started:
        yield started


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_copy_of_what_is_shipped_is_not_marked(server: LanguageServer, folder: Path, path: Path) -> None:
    assert server.problems(folder / path.name, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("|", {"invoices", "customers", "items", "taxes", "totals", "include"}),
        ("invoices:\n  on_open: |", {"offer", "copy", "send"}),
        ("items:\n  otherwise: |", {"same_name", "hold"}),
        ("items:\n  by_service_type:\n    Support: |", {"hold"}),
        ("taxes:\n  by_country:\n    NO: |", {"hold", "none", "automatic"}),
        ("taxes:\n  otherwise: hold\n  exceptions:\n    - {id: a, code: X, when: {country: |}}", {"SE", '"NO"'}),
        ("totals:\n  when_different: |", {"hold", "adjust_tax", "rounding_line", "note"}),
    ],
)
def test_keys_and_words_are_offered(server: LanguageServer, folder: Path, text: str, offered: set[str]) -> None:
    found = server.completions(folder / f"new{abs(hash(text))}.yaml", f"{modeline('rules')}\nversion: 1\n{text}")
    assert offered <= set(found)
    assert not any("object" in each for each in found), "words, and no [object Object]"


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_check_refuses_by_its_shape_is_marked(server: LanguageServer, folder: Path, path: Path) -> None:
    text = f"{modeline('rules')}\n" + path.read_text(encoding="utf-8")
    marked = server.problems(folder / path.name, text)
    errors = {each.code for each in check([path]).findings if each.severity == "error"}
    if errors - NOT_BY_A_SCHEMA.keys() or (errors == {"OQ201"} and "1,000" not in text):
        assert marked, errors
    elif not errors:
        assert not marked


def test_numbers_are_texts_for_an_editor_too(server: LanguageServer, folder: Path) -> None:
    rules = (
        "version: 1\nitems: {default_income_account: 4000, by_service_type: {Support: 0400}, otherwise: same_name}\n"
    )
    path = folder / "numbers.yaml"
    path.write_text(rules, encoding="utf-8")
    assert not [each for each in check([path]).findings if each.severity == "error"]
    assert server.problems(path, f"{modeline('rules')}\n{rules}") == []
