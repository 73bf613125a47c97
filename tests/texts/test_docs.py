"""The French pages of the documentation say all that the English ones do: what is not prose is the same in both. No
document holds what a merge has left open."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from onedesk_quickbooks.plugin.web.help import anchor

DOCS = Path(__file__).parents[2] / "docs"
FRENCH = sorted(DOCS.glob("*.fr.md"))
PAIRS = [pytest.param(DOCS / f"{page.stem.removesuffix('.fr')}.md", page, id=page.name) for page in FRENCH]


def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark", {"html": False}).enable("table").parse(page.read_text(encoding="utf-8"))


def headings(page: Path) -> list[tuple[str, str]]:
    """Level and text of each."""
    found = tokens(page)
    return [(each.tag, after.content) for each, after in pairwise(found) if each.type == "heading_open"]


def code_blocks(page: Path) -> list[tuple[str, str, str]]:
    return [(each.type, each.info, each.content) for each in tokens(page) if each.type in ("fence", "code_block")]


def tables(page: Path) -> list[list[int]]:
    """Of each table how many cells its rows have."""
    found: list[list[int]] = []
    for each in tokens(page):
        if each.type == "table_open":
            found.append([])
        elif each.type == "tr_open":
            found[-1].append(0)
        elif each.type in ("th_open", "td_open"):
            found[-1][-1] += 1
    return found


def shapes(page: Path) -> list[str]:
    """The blocks in their order: paragraphs, items of lists, tables, code."""
    return [each.type for each in tokens(page)]


def spans(page: Path) -> list[set[str]]:
    """The inline code of each section."""
    found: list[set[str]] = [set()]
    for each in tokens(page):
        if each.type == "heading_open":
            found.append(set())
        found[-1] |= {child.content for child in each.children or () if child.type == "code_inline"}
    return found


def links(page: Path) -> list[str]:
    return [
        str(child.attrGet("href" if child.type == "link_open" else "src"))
        for each in tokens(page)
        for child in each.children or ()
        if child.type in ("link_open", "image")
    ]


def place(link: str, page: Path) -> tuple[str, int | None]:
    """The file that a link leads to, whatever the language, and which of its headings."""
    file, _, section = link.partition("#")
    anchors = [anchor(text) for _, text in headings(DOCS / file if file else page)] if section else []
    return file.replace(".fr.md", ".md"), anchors.index(unquote(section)) if section else None


def test_these_pages_are_there_in_french() -> None:
    assert {page.name for page in FRENCH} >= {"rules.fr.md", "pages.fr.md", "tutorial.fr.md"}


@pytest.mark.parametrize(("page", "french"), PAIRS)
def test_both_have_the_same_parts(page: Path, french: Path) -> None:
    assert [level for level, _ in headings(french)] == [level for level, _ in headings(page)]
    assert code_blocks(french) == code_blocks(page)
    assert tables(french) == tables(page)
    assert shapes(french) == shapes(page)


@pytest.mark.parametrize(("page", "french"), PAIRS)
def test_each_section_has_the_same_inline_code(page: Path, french: Path) -> None:
    for (_, name), theirs, ours in zip([("", "above"), *headings(page)], spans(page), spans(french), strict=True):
        assert ours == theirs, name


@pytest.mark.parametrize(("page", "french"), PAIRS)
def test_both_link_the_same_and_the_french_page_french_ones(page: Path, french: Path) -> None:
    assert links(page)[0] == french.name and links(french)[0] == page.name
    assert [place(each, french) for each in links(french)[1:]] == [place(each, page) for each in links(page)[1:]]
    translated = {each.name.replace(".fr.md", ".md") for each in FRENCH}
    assert translated.isdisjoint(each.partition("#")[0] for each in links(french)[1:])
    assert not any(".fr.md" in link for link in links(page)[1:])


@pytest.mark.parametrize("page", [each for pair in PAIRS for each in pair.values], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        file, _, section = link.partition("#")
        target = (DOCS / file) if file else page
        assert target.is_file(), link
        assert not section or unquote(section) in {anchor(text) for _, text in headings(target)}, link


@pytest.mark.parametrize("french", FRENCH, ids=lambda page: page.name)
def test_french_is_written_as_in_the_catalogue(french: Path) -> None:
    """A space that does not break stands before a colon and within « », none before ; ? and !; apostrophes curve."""
    found = [child for each in tokens(french) for child in each.children or () if child.type == "text"]
    prose = [each.content for each in found]
    wrong = re.compile(r" [:;?!»%]|\u00a0[;?!]|\w[:»]|«[^\u00a0]|^[:»]|«$|'|[“”\"]")
    assert [text for text in prose if wrong.search(text)] == ["In English: "]


@pytest.mark.parametrize("page", sorted([*DOCS.parent.glob("*.md"), *DOCS.rglob("*.md")]), ids=lambda page: page.name)
def test_no_merge_is_left_open(page: Path) -> None:
    left = re.findall(r"^(?:<{7} |>{7} |={7}$).*", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert left == []
