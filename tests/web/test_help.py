"""The documentation on pages of our own: every link leads somewhere, every page of ours to its section."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from onedesk_quickbooks.plugin.findings.codes import CODES
from onedesk_quickbooks.plugin.texts import LANGUAGES
from onedesk_quickbooks.plugin.web.help import DOCS, SECTIONS, names, rendered
from tests.web.conftest import FakeApp, Host

PREFIX = "/quickbooks/help/"


def anchors(page: str) -> set[str]:
    return set(re.findall(r'<(?:h[1-6]|span) id="([^"]*)"', page))


def links(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<a href="([^"]*)"', page)]


@pytest.fixture(scope="module")
def read() -> dict[str, str]:
    """Each page as it is, and in each language."""
    host = Host(FakeApp())
    pages = [*names(), *(f"{name}.{code}" for name in names() for code in LANGUAGES)]
    return {name: host.call("GET", f"/help/{name}", user="ada").text for name in pages}


def test_every_page_of_the_docs_is_there_and_every_link_in_them_leads_somewhere(read: dict[str, str]) -> None:
    there = {each.stem for each in (Path(__file__).parents[2] / "docs").glob("*.md")}
    assert (
        {name for name in read if "." not in name} == {each for each in there if "." not in each} > {"rules", "pages"}
    )
    assert {each for each in there if "." in each} <= set(read)
    lost = []
    for name, page in read.items():
        body = page.split("</details>", 1)[1]
        assert 'style="' not in body and "<script" not in body and "<img" not in body, name
        for link in links(body):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            other = parts.path.removeprefix(PREFIX) or name
            if other not in read or (parts.fragment and unquote(parts.fragment) not in anchors(read[other])):
                lost.append((name, link))
    assert lost == []


def test_every_page_of_ours_leads_to_its_section(read: dict[str, str], host: Host) -> None:
    for name, section in SECTIONS.values():
        for language in LANGUAGES:
            assert not section or section in anchors(read[f"{name}.{language}"]), (name, section, language)
    for path, target in (
        ("/rules", "pages#rules"),
        ("/attention", "pages#needs-attention"),
        ("/start", "pages#set-up"),
    ):
        assert f'href="{PREFIX}{target}">Help</a>' in host.call("GET", path, user="ada").text, path
    lacking = host.call("GET", "/nothing", user="ada").text
    assert f'href="{PREFIX}pages"' in lacking or "Help" not in lacking


def test_a_page_is_in_the_language_of_who_reads_it_or_of_the_link(host: Host) -> None:
    def first(name: str) -> tuple[str, str]:
        body = host.call("GET", f"/help/{name}", user="ada").text.split("</details>", 1)[1]
        found: list[tuple[str, str]] = re.findall(r'<div lang="(..)">.*?<p>(.*?)</p>', body, re.DOTALL)
        return found[0]

    english, french = first("rules"), first("rules.fr")
    assert english == ("en", f'En français: <a href="{PREFIX}rules.fr">rules.fr.md</a>.')
    assert french == ("fr", f'In English: <a href="{PREFIX}rules.en">rules.md</a>.')
    host.environ = {"onedesk.language": "fr"}
    assert (first("rules"), first("rules.en")) == (french, english)
    assert first("hooks")[0] == "en"
    assert host.call("GET", "/help/rules.de", user="ada").status_code == 404


def test_every_finding_has_its_page(host: Host) -> None:
    for code in CODES:
        page = host.call("GET", f"/help/findings/{code.lower()}", user="ada")
        assert page.status_code == 200 and code in page.text, code
    assert host.call("GET", "/help/findings/OQ999", user="ada").status_code == 404


@pytest.mark.parametrize("path", ["/help", "/help/rules", "/help/findings/OQ110"])
def test_only_who_may_administer_reads_them_here(host: Host, path: str) -> None:
    assert host.call("GET", path).status_code == 401
    assert host.call("GET", path, user="ada").status_code == 200
    for other in ("../README", "%2e%2e%2fREADME", "README", "adr", ""):
        assert host.call("GET", f"/help/{other}", user="ada").status_code in (404, 308), other


def test_what_is_html_in_a_text_stays_a_text() -> None:
    made = rendered("# A <b>\n\n<script>1</script> [x](javascript:alert(1)) [y](../secret.md) [z](rules.md#a)\n", "/h/")
    assert "<script>" not in made and "javascript:alert" not in made.replace("[x](javascript:alert(1))", "")
    assert "secret" not in made and '<a href="/h/rules#a">z</a>' in made and '<h1 id="a-b">' in made
    assert DOCS.is_dir()
