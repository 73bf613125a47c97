"""The documentation, and what each finding means, on pages of our own: nothing is asked of another machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, render_template, request, url_for
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from onedesk_quickbooks.plugin.findings.pages import page_markdown
from onedesk_quickbooks.plugin.texts import current, gettext
from onedesk_quickbooks.plugin.web import guard
from onedesk_quickbooks.plugin.web.behind import Behind

DOCS = Path(__file__).parents[2] / "docs"
SECTIONS: Mapping[str, tuple[str, str]] = {
    "start": ("pages", "set-up"),
    "attention": ("pages", "needs-attention"),
    "changes": ("pages", "needs-attention"),
    "story": ("pages", "the-story-of-an-invoice"),
    "rules": ("pages", "rules"),
    "waiting": ("rules", "changing-rules-while-the-service-runs"),
    "version": ("rules", "changing-rules-while-the-service-runs"),
    "edit": ("rules", ""),
    "try_rules": ("pages", "rules"),
}
"""The page of the docs, and its section, that tells of each of our pages."""
_ALIKE = {"act": "attention", "act_on": "story", "step_on": "start", "take": "waiting", "save": "edit"}


def add_help(app: Flask, application: Behind) -> None:
    """The pages, and the link to them in every other one."""

    @app.get("/help")
    @app.get("/help/<name>")
    def help_on(name: str = "pages") -> Any:
        guard.administrator(application)
        if name not in names():
            raise NotFound(gettext("There is no such page of the documentation."))
        text = _page(name).read_text(encoding="utf-8")
        body = rendered(text, url_for("help_on", name="-").removesuffix("-"))
        return render_template("help.html", name=name, names=names(), body=body)

    @app.get("/help/findings/<code>")
    def finding(code: str) -> Any:
        guard.administrator(application)
        text = page_markdown(code.upper())
        if text is None:
            raise NotFound(gettext("There is no such finding."))
        body = rendered(text, url_for("help_on", name="-").removesuffix("-"))
        return render_template("help.html", name=code.upper(), names=names(), body=body)

    app.context_processor(lambda: {"help_at": _help_at()})


def names() -> list[str]:
    """The pages of the documentation that are here."""
    return sorted(each.stem for each in DOCS.glob("*.md") if "." not in each.stem)


def _page(name: str) -> Path:
    """In the current language, where it is there."""
    translated = DOCS / f"{name}.{current()}.md"
    return translated if translated.is_file() else DOCS / f"{name}.md"


def _help_at() -> str:
    endpoint = request.endpoint or ""
    name, section = SECTIONS.get(_ALIKE.get(endpoint, endpoint), ("pages", ""))
    return url_for("help_on", name=name, _anchor=section or None)


@lru_cache(maxsize=32)
def rendered(text: str, prefix: str) -> Markup:
    """Markdown as HTML without a tag, a style or a link of its own that leads off these pages; `prefix` goes before the
    names of other pages."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for before, token in zip([None, *tokens], tokens, strict=False):
        token.attrs.pop("style", None)
        if before is not None and before.type == "heading_open":
            before.attrSet("id", anchor(token.content))
        if token.children:
            token.children = _children(token.children, prefix)
    made = markdown.renderer.render(tokens, markdown.options, {})
    return Markup(made)  # noqa: S704 - of our own files, and markdown-it has escaped what is HTML in them


def anchor(heading: str) -> str:
    """What leads to a heading, as in other readers of Markdown."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _children(children: list[Token], prefix: str) -> list[Token]:
    """Links to other pages lead to those; of others, and of pictures, the words stay."""
    found: list[Token] = []
    dropped = False
    for each in children:
        if each.type == "link_open":
            target = _target(str(each.attrGet("href") or ""), prefix)
            dropped = not target
            each.attrSet("href", target)
        if each.type == "image":
            found += [
                Token("em_open", "em", 1),
                Token("text", "", 0, content=each.content),
                Token("em_close", "em", -1),
            ]
        elif not (dropped and each.type in ("link_open", "link_close")):
            found.append(each)
    return found


def _target(link: str, prefix: str) -> str:
    if link.startswith(("#", "https://", "http://")):
        return link
    page, _, section = link.partition("#")
    name = page.removesuffix(".md")
    if not page.endswith(".md") or name not in names():
        return ""
    return f"{prefix}{name}{f'#{section}' if section else ''}"
