"""What tests of several folders need: answers and requests of QuickBooks held against schemas/qbo."""

from __future__ import annotations

import gc
import json
import signal
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import simplejson
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

pytest_plugins = ["tests.support.lacking", "tests.support.sharing"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell: children would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("repeatable")
"""`make test` asks the same each time, so that a change fails by its own fault; `make fuzz` searches."""


@hypothesis.settings(max_examples=1)
@hypothesis.given(hypothesis.strategies.none())
def _first_example(nothing: None) -> None:
    """Hypothesis registers its random numbers with the first example of a process: it looks through all objects, and
    warns (up to 6.100, at least) where it finds no reference to them, as among frozen objects."""


def pytest_collection() -> None:
    """The tests themselves stay to the end: no collection of garbage looks through them. Every process imports them
    all."""
    _first_example()
    gc.disable()


def pytest_collection_finish() -> None:
    """They are all there; the little garbage among them stays too."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # a look at the young objects less often: one in twenty of the tests' time
    gc.enable()


Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
FOLDER = Path(__file__).parent.parent / "schemas" / "qbo"
OAUTH = {
    "/.well-known/openid_configuration": "discovery",
    "/.well-known/openid_sandbox_configuration": "discovery",
    "/oauth2/v1/tokens/bearer": "tokens",
    "/v1/openid_connect/userinfo": "userinfo",
    "/op/v1/jwks": "jwks",
}


@cache
def _registry() -> Registry[Any]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    return Registry().with_resources([(each["$id"], Resource.from_contents(each)) for each in found])


@cache
def _validator(name: str) -> Draft202012Validator:
    file, _, part = name.partition("#")
    base = json.loads((FOLDER / f"{file}.schema.json").read_text(encoding="utf-8"))["$id"]
    return Draft202012Validator({"$ref": f"{base}#/$defs/{part}" if part else base}, registry=_registry())


class QboSchemas:
    """schemas/qbo/*.json: names are `answers`, `webhooks`, or a part: `requests#Invoice`, `oauth#tokens`."""

    def problems(self, name: str, value: Any) -> list[str]:
        """Where a value differs from a schema, the deepest cause of each; empty when it does not."""
        return [_deepest(error) for error in _validator(name).iter_errors(value)]

    def request(self, method: str, path: str, query: str, body: bytes) -> list[str]:
        """What is wrong with a call of the company's API; `path` stands below the realm."""
        if method != "POST" or path == "query" or path.endswith("/send") or path == "upload":
            return []
        value = simplejson.loads(body.decode("utf-8"), use_decimal=True)
        if "operation=delete" in query or "operation=void" in query:
            return self.problems("requests#named", value)
        part = {"batch": "batch", "taxservice/taxcode": "taxService"}.get(path) or _kinds().get(path, "")
        return self.problems(f"requests#{part}", value) if part else [f"{path} is no path of an entity"]

    def answer(self, path: str, status: int, body: bytes) -> list[str]:
        """What is wrong with a JSON answer of the API or of OAuth."""
        value = simplejson.loads(body.decode("utf-8"), use_decimal=True)
        if path.startswith("/v3/"):
            return self.problems("answers", value)
        return self.problems(f"oauth#{OAUTH[path.rstrip('/')]}" if status == 200 else "oauth#error", value)

    def checked(self, app: Wsgi) -> Wsgi:
        """The same application; raises AssertionError on an answer that is not as the schemas say.

        XML, PDF and HTML go by, and answers with injected faults are to be kept away from it.
        """

        def through(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            seen: list[Any] = []

            def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                seen[:] = [int(status.split()[0]), dict(headers).get("Content-Type", "")]
                return start_response(status, headers, *more)

            body = b"".join(app(environ, start))
            path = environ["PATH_INFO"]
            known = path.startswith("/v3/") or path.rstrip("/") in OAUTH
            if known and body and seen[1].startswith("application/json"):
                problems = self.answer(path, seen[0], body)
                assert not problems, f"{environ['REQUEST_METHOD']} {path}: {problems}\n{body.decode()[:3000]}"
            return [body]

        return through


def _deepest(error: Any) -> str:
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
    return f"{'/'.join(str(each) for each in error.absolute_path)}: {error.message[:300]}"


@cache
def _kinds() -> dict[str, str]:
    """Path of an entity to its name."""
    known = json.loads((FOLDER / "requests.schema.json").read_text(encoding="utf-8"))["$defs"]
    return {name.lower(): name for name in known if name[0].isupper()}


@pytest.fixture(scope="session")
def qbo_schemas() -> QboSchemas:
    """What requests and answers of QuickBooks look like."""
    return QboSchemas()
