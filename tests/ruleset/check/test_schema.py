"""The schema is good enough for an editor to complete and explain every key, and says the same as the check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.read.editor import modeline
from onedesk_quickbooks.plugin.ruleset.read.shape import rules_shape
from onedesk_quickbooks.plugin.yamlfile.build import build
from onedesk_quickbooks.plugin.yamlfile.nodes import plain

ROOT = Path(__file__).parents[3]
SCHEMAS = {name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text()) for name in ("rules", "snapshot")}
SHIPPED = sorted([*(ROOT / "rules").rglob("*.yaml"), *(ROOT / "rules").rglob("*.yml")])


def resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        target = whole["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        schema = {**target, **{key: each for key, each in schema.items() if key != "$ref"}}
    return schema


def keys(schema: dict[str, Any], whole: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in schema.get("properties", {}).items():
        yield f"{path}.{name}", resolved(each, whole)
    below = [("items", schema.get("items")), ("others", schema.get("additionalProperties"))]
    below += [(f"anyOf{number}", each) for number, each in enumerate(schema.get("anyOf", []))]
    below += [*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()]
    for name, child in below:
        if isinstance(child, dict):
            yield from keys(child, whole, f"{path}.{name}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_explains_itself(name: str) -> None:
    whole = SCHEMAS[name]
    Draft202012Validator.check_schema(whole)
    bare = [
        f"{path} lacks {word}"
        for path, schema in keys(whole, whole)
        for word in ("title", "description", "examples")
        if not schema.get(word)
    ]
    assert bare == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_example_is_valid(name: str) -> None:
    whole = SCHEMAS[name]
    for path, schema in keys(whole, whole):
        validator = Draft202012Validator({**schema, "$defs": whole["$defs"]})
        for example in schema["examples"]:
            assert not list(validator.iter_errors(example)), f"{path}: {example}"


def test_default_rules_write_every_default() -> None:
    whole = SCHEMAS["rules"]
    default = yaml.load(
        (ROOT / "rules" / "default.yaml").read_text(encoding="utf-8"),
        Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader),
    )
    for section, reference in whole["properties"].items():
        for key, schema in resolved(reference, whole).get("properties", {}).items():
            wanted = resolved(schema, whole).get("default")
            if wanted is not None:
                assert default[section][key] == wanted, f"{section}.{key}"


def test_default_rules_mention_every_key() -> None:
    whole = SCHEMAS["rules"]
    text = (ROOT / "rules" / "default.yaml").read_text(encoding="utf-8")
    for section, reference in whole["properties"].items():
        for key in resolved(reference, whole).get("properties", {}):
            assert f"{key}:" in text, f"{section}.{key}"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_files_name_their_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == modeline("cases" if path.name.endswith(".cases.yaml") else "rules")


WORDS = st.sampled_from(
    "version 1 items taxes otherwise hold same_name exceptions id when item code CA GST by_country by_rate default "
    "country amount from below 5 x* include a.yaml delivery totals tolerance 0.01 match link customers".split()
)
TREES = st.recursive(
    WORDS | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(WORDS, children, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=5))
def test_the_compiled_schema_gives_jsonschemas_verdict(tree: dict[str, Any]) -> None:
    findings = Findings()
    node = build("rules.yaml", json.dumps(tree), findings)
    assert node is not None
    assert findings.errors == 0
    assert rules_shape().accepts(node) == Draft202012Validator(SCHEMAS["rules"]).is_valid(plain(node))
