"""The catalogues of translations, and what the code says.

`python -m tests.texts.catalogue` brings plugin/texts/*.po up to date: what is new stands there without a translation,
what is gone leaves it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from onedesk_quickbooks.plugin.findings.codes import CODES
from onedesk_quickbooks.plugin.findings.pages import pages
from onedesk_quickbooks.plugin.findings.refusals import descriptions
from onedesk_quickbooks.plugin.ops.causes import CAUSES, EVENTS
from onedesk_quickbooks.plugin.ruleset.core.words import TAX_CATEGORIES
from onedesk_quickbooks.plugin.ruleset.keys import fields, schema, settings

ROOT = Path(__file__).parents[2]
LANGUAGES = ("fr",)
WORDS = {"_": None, "Text": None, "Said": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2)}
"""What marks a text, by the place of its arguments that are texts."""
_BARE = re.compile(r"(\{\w+\}|[ ,;.()/+-])*")
"""Texts of values alone, which are the same in each language."""


def path(language: str) -> Path:
    """Where a language's catalogue is kept."""
    return ROOT / "plugin" / "texts" / f"{language}.po"


def said() -> dict[str, list[str]]:
    """Each text of the code and the pages, and the files that have it."""
    found: dict[str, list[str]] = {}
    for of, pattern in ((_of_python, "**/*.py"), (_of_page, "**/templates/*.html")):
        for file in sorted((ROOT / "plugin").glob(pattern)):
            for message in of(file):
                places = found.setdefault(message, [])
                name = file.relative_to(ROOT).as_posix()
                places += [] if name in places else [name]
    found = {message: places for message, places in found.items() if not _BARE.fullmatch(message)}
    for title in (*CAUSES.values(), *EVENTS.values()):
        found.setdefault(title, ["plugin/ops/causes.py"])
    of_records = ((text, name) for name in ("invoice", "host_payment") for text in descriptions(name))
    for text, name in (*((each, "rules") for each in _of_schema()), *of_records):
        found.setdefault(text, [f"schemas/{name}.schema.json"])
    for code, page in pages().items():
        for text in (CODES[code][1], page.why):
            found.setdefault(text, ["plugin/findings/pages.yaml"])
    for name in TAX_CATEGORIES.values():
        found.setdefault(name, ["plugin/ruleset/core/words.py"])
    return found


def _of_schema() -> Iterator[str]:
    """What findings and explanations say of keys and fields."""
    yield from (key.says for key in settings().values() if key.says)
    yield from (field.says for field in fields().values())
    parts: list[Any] = [schema()]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            title, said = part.get("title"), part.get("description")
            if isinstance(title, str):
                yield title[:1].lower() + title[1:]
            if isinstance(said, str):
                yield said if said.endswith(".") else f"{said}."
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)


def _of_python(file: Path) -> Iterator[str]:
    """Babel before 2.18 finds texts in the values of an f-string too."""
    source = file.read_bytes()
    if b"plugin.texts" not in source:
        return
    calls = (each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call))
    for node in sorted(calls, key=lambda each: (each.func.end_lineno or 0, each.func.end_col_offset or 0)):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called in WORDS:
            texts = node.args[: len(WORDS[called] or (1,))]
            yield from (each.value for each in texts if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _of_page(file: Path) -> Iterator[str]:
    if file.parent.parent.name == "sandbox":
        return  # it shows Intuit's own pages
    for _, messages, _, _ in extract_from_file("jinja2.ext:babel_extract", file, keywords=WORDS):
        yield from (messages,) if isinstance(messages, str) else (each for each in messages if isinstance(each, str))


def read(language: str) -> Catalog:
    """A catalogue as it is kept."""
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


def main() -> int:
    """Write each catalogue again."""
    for language in LANGUAGES:
        before = {str(each.id): each for each in read(language)} if path(language).exists() else {}
        after = Catalog(locale=language, project="onedesk-quickbooks", fuzzy=False, charset="utf-8")
        for message, places in said().items():
            kept = before.get(message)
            after.add(message, kept.string if kept else "", [(place, 1) for place in places])
        with path(language).open("wb") as file:
            write_po(file, after, width=120, omit_header=True, sort_by_file=True, include_lineno=False)
        lacking = sum(not each.string for each in after if each.id)
        sys.stdout.write(f"{path(language).relative_to(ROOT)}: {len(after)} texts, {lacking} without a translation\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
