"""Statements of the contract as data: one file each, in a folder named for the section that it is in.

A file has `section`, `says` and `steps`; `company` (us unless given), `options`, `seed` and `settings` of the sandbox
it needs; `needs: fresh` where the company must be as it was made, `needs: sandbox` where its controls are used.
A step is `call: METHOD path`, with `query`, `body`, `text` (a body as it is) and `headers`; `status` (default 200);
`answer` what must be in the answer, `contains` texts in its body, `order` texts that come in its body one after the
other, `lacks` texts that do not, `has` headers; `keep` names for parts of the answer, put in later as `{name}`.
`gzip: true` compresses the body of a request. `fetch: address` asks for any address without a token. `control: path`
with `body` calls the sandbox's controls; `restart: true` starts it again.
In `answer` an object may have further keys, a list has exactly its entries; `<any>` matches what is there, `<none>`
what is not. `{realm}` is the company, `{unique}` a word that no name has yet.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import simplejson
import yaml

from onedesk_quickbooks.plugin.yamlfile.build import LOADER

if TYPE_CHECKING:
    from tests.conformance.conftest import Reply, Target

FOLDER = Path(__file__).parent
KEYS = {"section", "says", "company", "options", "seed", "settings", "needs", "steps"}
SENT = {"call", "fetch", "control", "restart", "query", "body", "text", "gzip", "headers"}
STEP = {*SENT, "status", "answer", "contains", "order", "lacks", "has", "keep"}


class _Loader(LOADER):  # type: ignore[misc]  # libyaml, if it is there
    """YAML whose numbers with a point are decimals and whose dates are text."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for key, rows in LOADER.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(str(node.value)))


def _cases() -> list[Any]:
    """The statements; at Intuit those that can be held against its company."""
    found = []
    for path in sorted(FOLDER.glob("*/*.yaml")):
        case = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        if not os.environ.get("QBO_CONFORMANCE_BASE_URL") or _anywhere(case):
            found.append(pytest.param(path, case, id=f"{path.parent.name}: {case['says']}"))
    return found


def _anywhere(case: dict[str, Any]) -> bool:
    own = {"options", "seed", "settings", "needs"} & set(case)
    return not own and case.get("company", "us") == os.environ.get("QBO_CONFORMANCE_COMPANY", "us")


@pytest.mark.parametrize(("path", "case"), _cases())
def test_statement(path: Path, case: dict[str, Any], target: Callable[[dict[str, Any]], Target]) -> None:
    assert set(case) <= KEYS
    assert path.parent.name == str(case["section"])
    company = target(case)
    kept: dict[str, str] = {"realm": company.realm, "unique": company.unique}
    if "settings" in case:
        reply = company.control("settings", case["settings"])
        assert reply.status == 200, reply.data
    for step in case["steps"]:
        _step(company, _filled(step, kept), kept)


def _step(company: Target, step: dict[str, Any], kept: dict[str, str]) -> None:
    assert set(step) <= STEP
    if "restart" in step:
        company.restart()
        return
    if "fetch" in step:
        reply = company.fetch(step["fetch"])
    elif "control" in step:
        reply = company.control(step["control"], step.get("body", {}))
    else:
        reply = _called(company, step)
    assert reply.status == step.get("status", 200), reply.data
    _hold(step, reply)
    for name, path in step.get("keep", {}).items():
        kept[name] = str(_part(reply.json, path))


def _called(company: Target, step: dict[str, Any]) -> Reply:
    method, _, path = step["call"].partition(" ")
    query = {key: str(value) for key, value in step.get("query", {}).items()}
    url = path + (("&" if "?" in path else "?") + urlencode(query) if query else "")
    data = step["text"].encode() if "text" in step else b""
    if "body" in step:
        data = simplejson.dumps(step["body"], use_decimal=True).encode()
    headers = {"Content-Type": "application/json", **step.get("headers", {})}
    if step.get("gzip"):
        return company.call(method, url, gzip.compress(data), {**headers, "Content-Encoding": "gzip"})
    return company.call(method, url, data, headers)


def _hold(step: dict[str, Any], reply: Reply) -> None:
    if "answer" in step:
        problem = _difference(step["answer"], reply.json, "answer")
        assert not problem, f"{problem}\nin {reply.data!r}"
    for text in step.get("contains", []):
        assert text in reply.data.decode("utf-8", "replace")
    for text in step.get("lacks", []):
        assert text not in reply.data.decode("utf-8", "replace")
    at = 0
    for text in step.get("order", []):
        found = reply.data.decode("utf-8", "replace").find(text, at)
        assert found >= 0, f"{text} does not come after character {at} of {reply.data!r}"
        at = found + len(text)
    for name, text in step.get("has", {}).items():
        assert text in ("<any>", reply.headers.get(name, "")) and name in reply.headers, reply.headers


def _part(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


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
        return _object_difference(wanted, got, where)
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(got) != len(wanted):
            return f"{where}: expected {len(wanted)} entries, got {got!r}"
        found = (_difference(a, b, f"{where}[{n}]") for n, (a, b) in enumerate(zip(wanted, got, strict=True)))
        return next((each for each in found if each), "")
    same = type(wanted) is type(got) or (not isinstance(wanted, (bool, str)) and not isinstance(got, (bool, str)))
    return "" if same and wanted == got else f"{where}: expected {wanted!r}, got {got!r}"


def _object_difference(wanted: dict[str, Any], got: Any, where: str) -> str:
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
