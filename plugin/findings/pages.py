"""A page for each code of a finding: why, an example with the finding, and the corrected example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from onedesk_quickbooks.plugin.findings.codes import CODES
from onedesk_quickbooks.plugin.findings.render import SEVERITIES
from onedesk_quickbooks.plugin.texts import Text

_GOOD = Text("Good")
PAGES = Path(__file__).with_name("pages.yaml")


@dataclass(frozen=True, slots=True)
class Page:
    """`bad` and `good` are the files of an example by name; rules.yaml is checked, and compared with company.json (a
    snapshot) and invoices.json (open invoices). `encoding` is the encoding of `bad`, `steps` the bound for its
    analysis."""

    code: str
    severity: str
    title: str
    why: str
    bad: Mapping[str, str]
    good: Mapping[str, str]
    encoding: str = "utf-8"
    steps: int | None = None

    @property
    def bad_title(self) -> str:
        """The heading Bad, with a note on what is invisible in it."""
        if self.encoding == "utf-8":
            return Text("Bad")
        return Text("Bad (the file is stored as {encoding})", encoding=self.encoding)


@lru_cache(maxsize=1)
def pages() -> Mapping[str, Page]:
    """All pages by code."""
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # scalars as texts
    loaded: dict[str, Any] = yaml.load(PAGES.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return {code: _page(code, source) for code, source in loaded.items()}


def _page(code: str, source: dict[str, Any]) -> Page:
    severity, title = CODES[code]
    beside = {"company.json": source["company"]} if "company" in source else {}
    if "invoices" in source:
        beside["invoices.json"] = source["invoices"]
    why = "\n\n".join(" ".join(part.split()) for part in source["why"].split("\n\n"))
    return Page(
        code,
        severity,
        title,
        why,
        {**_files(source["bad"]), **beside},
        {**_files(source["good"]), **beside},
        source.get("encoding", "utf-8"),
        int(source["steps"]) if "steps" in source else None,
    )


def _files(source: str | dict[str, str]) -> dict[str, str]:
    return {"rules.yaml": source} if isinstance(source, str) else dict(source)


def explain_code(code: str, say: Callable[[str], str] = str) -> str | None:
    """The page of a code as text for a terminal; None if there is no such code. `say` translates each text to the
    reader's language; English by default."""
    page = pages().get(code.upper())
    if page is None:
        return None
    parts = [
        say(
            Text(
                "{code} ({severity}): {title}",
                code=page.code,
                severity=SEVERITIES[page.severity],
                title=Text(page.title),
            )
        ),
        "",
        say(Text(page.why)),
        "",
        say(Text("{title}:", title=page.bad_title)),
        *_shown(page.bad),
        "",
        say(Text("{title}:", title=_GOOD)),
    ]
    return "\n".join([*parts, *_shown(page.good)])


def _shown(files: Mapping[str, str]) -> list[str]:
    lines = []
    for name, text in files.items():
        if len(files) > 1:
            lines.append(f"  # {name}")
        lines += [f"    {_visible(line)}" for line in text.rstrip("\n").split("\n")]
    return lines


def _visible(line: str) -> str:
    """The line with invisible characters replaced by their numbers."""
    return "".join(char if char.isprintable() and char not in "\xa0\u200b" else f"<U+{ord(char):04X}>" for char in line)


def pages_markdown() -> str:
    """All pages as one Markdown document."""
    parts = [
        "# Findings of `check`",
        "",
        "Every finding has a code that never changes its meaning. With an error `check` ends with 1, and a file that "
        "has one of OQ1xx to OQ3xx or OQ405 is not used; warnings count with `--strict`; a note is only worth knowing. "
        "`check --explain CODE` shows the same page.",
    ]
    for code in pages():
        parts += ["", *_markdown(code, "##")]
    return "\n".join(parts) + "\n"


def page_markdown(code: str, say: Callable[[str], str] = str) -> str | None:
    """One page as Markdown; None if there is no such code."""
    return "\n".join(_markdown(code, "#", say)) + "\n" if code in pages() else None


def _markdown(code: str, level: str, say: Callable[[str], str] = str) -> list[str]:
    page = pages()[code]
    head = say(Text("{code}: {title}", code=page.code, title=Text(page.title)))
    parts = [f"{level} {head}", "", f"*{say(SEVERITIES[page.severity])}.* {say(Text(page.why))}"]
    for name, files in ((page.bad_title, page.bad), (_GOOD, page.good)):
        parts += ["", say(Text("{title}:", title=name))]
        for file, text in files.items():
            shown = [_visible(line) for line in text.rstrip("\n").split("\n")]
            title = [f"# {file}"] if len(files) > 1 and file.endswith(".yaml") else []
            parts += ["```yaml" if file.endswith(".yaml") else "```json", *title, *shown, "```"]
    return parts
