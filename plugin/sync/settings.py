"""Settings of one installation: settings.yaml in the data directory, and environment variables, which take precedence.

Every value is a text (schemas/settings.schema.json); the environment variable of a key is ONEDESK_QUICKBOOKS_ and the
key in capitals.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import simplejson

from onedesk_quickbooks.plugin.findings import Finding, Findings
from onedesk_quickbooks.plugin.findings.regular import NotRegular, read_regular
from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
from onedesk_quickbooks.plugin.texts import ENGLISH, joined
from onedesk_quickbooks.plugin.texts import Text as Said

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.findings.refusals import Refusal

FILE = "settings.yaml"
PREFIX = "ONEDESK_QUICKBOOKS_"
KEYS = (
    "environment base_url client_id client_secret verifier_token public_url poll_seconds key_file rules rules_take_over"
    " ledger tenant smtp_url alert_to alert_from alert_webhook alert_after_hours start_date language"
).split()
CONNECTING = ("environment", "base_url", "client_id", "client_secret", "verifier_token")
"""The keys by which a company is connected, and which `connect` and the page Set up write."""
SECRETS = ("client_secret", "verifier_token", "ledger", "smtp_url", "alert_webhook")
"""Keys whose values are, or may hold, secrets: no message shows them."""
_FORMATS = {"ledger": Said("it is the path of a SQLite file, or postgresql://user:password@host/database")}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one installation. `poll_seconds` 0 means never; secrets stay out of repr."""

    environment: str = "production"
    base_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    verifier_token: str = field(default="", repr=False)
    public_url: str = ""
    poll_seconds: str = "300"
    key_file: str = ""
    rules: str = ""
    rules_take_over: str = "at_once"
    ledger: str = field(default="", repr=False)  # a URL may hold a password
    tenant: str = "main"
    smtp_url: str = field(default="", repr=False)
    alert_to: str = ""
    alert_from: str = ""
    alert_webhook: str = field(default="", repr=False)
    alert_after_hours: str = "24"
    start_date: str = ""
    language: str = ENGLISH

    @property
    def starts_on(self) -> date | None:
        """The day from which on invoices are copied automatically; None: all are."""
        return date.fromisoformat(self.start_date) if self.start_date else None

    @property
    def poll_every(self) -> timedelta:
        """How often payments are looked for; zero: only when a webhook comes."""
        return timedelta(seconds=int(self.poll_seconds))

    @property
    def confirms_rules(self) -> bool:
        """Whether a changed rules file waits for a person."""
        return self.rules_take_over == "confirm"

    @property
    def alert_after(self) -> timedelta:
        """How long without a success until an alert; zero: never."""
        return timedelta(hours=int(self.alert_after_hours))


def load_settings(directory: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in force. Raises `SettingsProblem` with file, line and column, or the variable's name."""
    path = directory / FILE
    names = ((key, PREFIX + key.upper()) for key in KEYS)
    named = tuple((key, name, environ[name]) for key, name in names if environ.get(name))
    return _settings(path, _bytes(path) if path.exists() else b"", named)


@lru_cache(maxsize=4096)
def _settings(path: Path, content: bytes, named: tuple[tuple[str, str, str], ...]) -> Settings:
    """The settings from the file and from variables; cached, because a worker reads those of all its companies
    repeatedly."""
    given, places = _read(path, content)
    for key, name, value in named:
        given[key] = value
        places[key] = Said("the environment variable {name}", name=name)
    if "@" in str(given.get("public_url", "")):
        why = Said("it is shown to everybody, and may have no user and no password (no @)")
        raise SettingsProblem(f"{places['public_url']}: public_url: {why}")
    refused = _refusal(given)
    if refused is not None:
        key = refused.field or next((each for each in given if f'"{each}"' in refused.sentence), "")
        why = Said(
            "{key}: its value, which is secret, has the wrong format; {key2}",
            key=key,
            key2=_FORMATS.get(key, Said("see docs/operating.md")),
        )
        raise SettingsProblem(f"{places.get(key, path)}: {why if key in SECRETS else refused}.")
    found = Settings(**given)
    _check_addresses(found, places, path)
    try:
        found.starts_on  # noqa: B018 - raises where the calendar has no such day
    except ValueError:
        why = Said("the calendar has no day {start_date}; write it as YYYY-MM-DD", start_date=found.start_date)
        raise SettingsProblem(f"{places.get('start_date', path)}: start_date: {why}.") from None
    if found.environment == "local" and not found.base_url:
        raise SettingsProblem(
            Said("{value}: environment: local needs base_url as well", value=places.get("environment", path))
        )
    if found.alert_to and not found.smtp_url:
        raise SettingsProblem(
            Said("{value}: alert_to needs smtp_url as well, the mail server", value=places.get("alert_to", path))
        )
    return found


def _check_addresses(found: Settings, places: Mapping[str, object], path: Path) -> None:
    for key in ("public_url", "base_url"):
        if (url := getattr(found, key)) and not is_address(url, "http", "https"):
            why = Said("{url} is not a valid address; its host, or its port, cannot be read", url=url)
            raise SettingsProblem(f"{places.get(key, path)}: {key}: {why}.")
    for key in ("smtp_url", "alert_webhook"):
        if not _is_legible(getattr(found, key), key == "smtp_url"):
            why = Said(
                "its value, which is secret, is not a valid address; write user and password in it percent-encoded"
                " (/ is %2F)"
            )
            raise SettingsProblem(f"{places.get(key, path)}: {key}: {why}.")


_SCHEMA = Path(__file__).parents[2] / "schemas" / "settings.schema.json"


def _refusal(given: Mapping[str, Any]) -> Refusal | None:
    """What the schema refuses first. Each setting is a text with a list of words or a pattern; jsonschema is slow to
    import, and used only to explain a value that does not fit."""
    known = json.loads(_SCHEMA.read_text(encoding="utf-8"))["properties"] if given else {}
    if all(isinstance(value, str) and key in known and _accepts(known[key], value) for key, value in given.items()):
        return None
    from onedesk_quickbooks.plugin.findings.refusals import refusal

    return refusal("settings", given)


def _accepts(schema: Mapping[str, Any], value: str) -> bool:
    return value in schema.get("enum", (value,)) and re.search(schema.get("pattern", ""), value) is not None


def is_address(url: str, *schemes: str) -> bool:
    """Whether this is a URL of one of these schemes, with a host."""
    return _is_legible(url, False) and urlsplit(url).scheme in schemes and bool(urlsplit(url).hostname)


def _is_legible(url: str, bare: bool) -> bool:
    """Whether host and port of a URL can be read, and, for a `bare` one, whether nothing follows: an unquoted slash in
    a password ends the host too early, and an error would show a part of the password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return False
    return not (bare and (parts.path.strip("/") or parts.query or parts.fragment))


def write_settings(directory: Path, changes: Mapping[str, str]) -> None:
    """Set some keys in settings.yaml (mode 0600: it holds secrets), or in the file that it is a link to; other lines
    are unchanged."""
    path = (directory / FILE).resolve()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = _bytes(path).decode("utf-8").splitlines() if path.exists() else []
    left = dict(changes)
    for index, line in enumerate(lines):
        key = line.split(":", 1)[0].strip()
        if key in left and not line.startswith((" ", "#")):
            lines[index] = _line(key, left.pop(key))
    lines += [_line(key, value) for key, value in left.items()]
    _put(path, "\n".join([*lines, ""]).encode())


def kept_settings(directory: Path) -> Callable[[], None]:
    """A function that restores settings.yaml as it is now."""
    path = (directory / FILE).resolve()
    now = _bytes(path) if path.exists() else None
    return lambda: path.unlink(missing_ok=True) if now is None else _put(path, now)


def _put(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    new.replace(path)


def _line(key: str, value: str) -> str:
    return f"{key}: {simplejson.dumps(value, ensure_ascii=False)}"


def _without_values(finding: Finding, text: str) -> str:
    """Findings of the file without what is quoted from it, except names of settings: a value may be a secret. A remedy
    that has unquoted words of the file is replaced by a general one."""

    def kept(quoted: re.Match[str]) -> str:
        return quoted[0] if quoted[1] in KEYS or quoted[1] not in text else '"..."'

    remedy = re.sub(r'"([^"]*)"', kept, finding.remedy)
    if set(re.findall(r"\w+", re.sub(r'"[^"]*"', "", remedy))) & set(re.findall(r"\w+", text)) - {*KEYS}:
        remedy = Said("Put the value in quotes.")
    return joined(" ", (re.sub(r'"([^"]*)"', kept, finding.message), remedy))


def _bytes(path: Path) -> bytes:
    try:
        return read_regular(path)
    except NotRegular as error:
        raise SettingsProblem(f"{path} {error.text}") from error
    except OSError as error:
        raise SettingsProblem(
            Said("{path} cannot be read ({strerror}); check its permissions", path=path, strerror=error.strerror)
        ) from error


def _read(path: Path, content: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    if not content:
        return {}, {}
    from onedesk_quickbooks.plugin.yamlfile.build import build  # not needed where there is no file
    from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text, plain
    from onedesk_quickbooks.plugin.yamlfile.source import decode

    findings = Findings()
    text = decode(str(path), content, findings)
    if text is not None and not text.strip():
        return {}, {}
    root = build(str(path), text, findings) if text is not None else None
    for finding in findings.sorted():
        place = f"{finding.file}:{finding.line}:{finding.column}"
        raise SettingsProblem(f"{place}: {_without_values(finding, text or '')}")
    if not isinstance(root, Map):
        return {}, {}
    given = {key: plain(node) for key, node in root.items.items() if not isinstance(node, Text) or node.value}
    places = {key: f"{path}:{text.line}:{text.column}" for key, text in root.keys.items()}
    return given, places
