"""The documentation and the pages of findings, without requests to other machines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, render_template, request, url_for
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from werkzeug.exceptions import NotFound

from onedesk_quickbooks.plugin.findings.pages import page_markdown
from onedesk_quickbooks.plugin.texts import ENGLISH, LANGUAGES, current, gettext, say
from onedesk_quickbooks.plugin.web import guard

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

DOCS = Path(__file__).parents[2] / "docs"
SECTIONS: Mapping[str, tuple[str, str]] = {
    "start": ("pages", "set-up"),
    "attention": ("pages", "needs-attention"),
    "changes": ("pages", "needs-attention"),
    "customers": ("pages", "customers-to-review"),
    "reconcile": ("pages", "reconcile"),
    "story": ("pages", "the-story-of-an-invoice"),
    "rules": ("pages", "rules"),
    "waiting": ("rules", "changing-rules-while-the-service-runs"),
    "version": ("rules", "changing-rules-while-the-service-runs"),
    "edit": ("rules", ""),
    "try_rules": ("pages", "rules"),
}
"""For each of our pages the page of the docs, and its section."""
_ALIKE = {
    "act": "attention",
    "say_of_customers": "customers",
    "reconcile_table": "reconcile",
    "look_for_payments": "reconcile",
    "act_on": "story",
    "step_on": "start",
    "take": "waiting",
    "save": "edit",
}


def add_help(app: Flask, application: Application) -> None:
    """Register the pages, and the link to them in every other page."""

    @app.get("/help")
    @app.get("/help/<name>")
    def help_on(name: str = "pages") -> Any:
        guard.administrator(application)
        page, _, wanted = name.partition(".")
        if page not in names() or wanted not in ("", *LANGUAGES):
            raise NotFound(gettext("There is no such page of the documentation."))
        body, spoken = _page(page, wanted or current(), _prefix())
        return render_template("help.html", name=page, names=names(), body=body, spoken=spoken)

    @app.get("/help/findings/<code>")
    def finding(code: str) -> Any:
        guard.administrator(application)
        text = page_markdown(code.upper(), say)
        if text is None:
            raise NotFound(gettext("There is no such finding."))
        body = rendered(text, _prefix())
        return render_template("help.html", name=code.upper(), names=names(), body=body, spoken=current())

    app.context_processor(lambda: {"help_at": _help_at()})


def names() -> list[str]:
    """The pages of the documentation in this installation."""
    return sorted(each.stem for each in DOCS.glob("*.md") if "." not in each.stem)


def _prefix() -> str:
    return url_for("help_on", name="-").removesuffix("-")


def _page(name: str, language: str, prefix: str) -> tuple[Markup, str]:
    """A page in a language if it exists, else in English, and its actual language."""
    english = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    translated = DOCS / f"{name}.{language}.md"
    if not translated.is_file():
        return rendered(english, prefix), ENGLISH
    return rendered(translated.read_text(encoding="utf-8"), prefix, english), language


def _help_at() -> str:
    endpoint = request.endpoint or ""
    name, section = SECTIONS.get(_ALIKE.get(endpoint, endpoint), ("pages", ""))
    return url_for("help_on", name=name, _anchor=section or None)


@lru_cache(maxsize=32)
def rendered(text: str, prefix: str, english: str = "") -> Markup:
    """Markdown as HTML without raw tags, styles or links that lead off these pages; `prefix` precedes the names of
    other pages. Headings of a translation also have the anchors of the `english` text."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for token in tokens:
        token.attrs.pop("style", None)
        if token.children:
            token.children = _children(token.children, prefix, bool(english))
    ours, theirs = _headings(tokens), _headings(markdown.parse(english))
    anchors = {anchor(heading.content) for _, heading in ours}
    for opening, heading in ours:
        opening.attrSet("id", anchor(heading.content))
    for (_, heading), (_, other) in zip(ours, theirs, strict=False):
        if (name := anchor(other.content)) not in anchors:
            place = f'<span id="{escape(name)}"></span>'
            heading.children = [Token("html_inline", "", 0, content=place), *(heading.children or ())]
    made = markdown.renderer.render(tokens, markdown.options, {})
    return Markup(made)  # noqa: S704 - of our own files, and markdown-it has escaped what is HTML in them


def _headings(tokens: list[Token]) -> list[tuple[Token, Token]]:
    """The opening token of each heading, and its contents."""
    return [(opening, inside) for opening, inside in pairwise(tokens) if opening.type == "heading_open"]


def anchor(heading: str) -> str:
    """The anchor of a heading, as other Markdown readers form it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _children(children: list[Token], prefix: str, translated: bool) -> list[Token]:
    """The tokens with links to other pages resolved; of external links and of pictures only the text is kept."""
    found: list[Token] = []
    dropped = False
    for each in children:
        if each.type == "link_open":
            target = _target(str(each.attrGet("href") or ""), prefix, translated)
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


def _target(link: str, prefix: str, translated: bool) -> str:
    """The target of a link: from a translation to an English page as English, else in the reader's language."""
    if link.startswith(("#", "https://", "http://")):
        return link
    file, _, section = link.partition("#")
    page, _, language = file.removesuffix(".md").partition(".")
    if not file.endswith(".md") or page not in names() or language not in ("", *LANGUAGES):
        return ""
    name = ".".join(filter(None, (page, language or (ENGLISH if translated else ""))))
    return f"{prefix}{name}{f'#{section}' if section else ''}"
