"""Requests and expected answers as data: `cases/*.yaml`, each naming the section of the contract it holds to.

A step is `call: METHOD path`, with `query`, `body`, `text` (a body as it is) and `headers`; `status` (default 200);
`answer` what must be in the answer; `keep` names for parts of it, put in later as `{name}`. In `answer` an object may
have further keys, a list has exactly its entries; `<any>` matches what is there, `<none>` what is not.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

FOLDER = Path(__file__).parent / "cases"


class _Loader(yaml.SafeLoader):
    """YAML whose numbers with a point are decimals and whose dates are text."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for key, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(str(node.value)))


def _cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.load(path.read_text(encoding="utf-8"), _Loader):
            found.append(pytest.param(case, id=f"{path.stem}: {case['says']}"))
    return found


@pytest.mark.parametrize("case", _cases())
def test_case(case: dict[str, Any], connect: Callable[..., Client]) -> None:
    assert set(case) <= {"section", "says", "company", "options", "settings", "steps"}
    client = connect(case.get("company", "us"), **case.get("options", {}))
    kept: dict[str, str] = {"realm": client.sandbox.realm_id}
    if "settings" in case:
        reply = client.raw("POST", "/_control/settings", yaml_json(case["settings"]))
        assert reply.status == 200, reply.json
    for step in case["steps"]:
        _step(client, _filled(step, kept), kept)


def _step(client: Client, step: dict[str, Any], kept: dict[str, str]) -> None:
    assert set(step) <= {"call", "query", "body", "text", "headers", "status", "answer", "keep"}
    method, _, path = step["call"].partition(" ")
    body = step["text"].encode() if "text" in step else step.get("body")
    query = {key: str(value) for key, value in step.get("query", {}).items()}
    reply = client.call(method, path, body, step.get("headers"), **query)
    assert reply.status == step.get("status", 200), reply.json or reply.data
    if "answer" in step:
        problem = _difference(step["answer"], reply.json, "answer")
        assert not problem, f"{problem}\nin {reply.json}"
    for name, path in step.get("keep", {}).items():
        value = reply.json
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        kept[name] = str(value)


def yaml_json(value: Any) -> bytes:
    """A value of a case as JSON text."""
    import simplejson

    return simplejson.dumps(value, use_decimal=True).encode()


def _filled(value: Any, kept: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: each if key == "keep" else _filled(each, kept) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, kept) for each in value]
    if isinstance(value, str):
        for name, text in kept.items():
            value = value.replace("{" + name + "}", text)
    return value


def _difference(wanted: Any, got: Any, where: str) -> str:
    """What is wrong with an answer, or an empty string."""
    if wanted == "<any>":
        return ""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return f"{where}: expected an object, got {got!r}"
        for key, each in wanted.items():
            if each == "<none>":
                problem = f"{where}.{key}: expected nothing, got {got[key]!r}" if key in got else ""
            elif key not in got:
                problem = f"{where}.{key}: missing"
            else:
                problem = _difference(each, got[key], f"{where}.{key}")
            if problem:
                return problem
        return ""
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(got) != len(wanted):
            return f"{where}: expected {len(wanted)} entries, got {got!r}"
        found = (_difference(a, b, f"{where}[{n}]") for n, (a, b) in enumerate(zip(wanted, got, strict=True)))
        return next((each for each in found if each), "")
    same = type(wanted) is type(got) or (not isinstance(wanted, (bool, str)) and not isinstance(got, (bool, str)))
    return "" if same and wanted == got else f"{where}: expected {wanted!r}, got {got!r}"
