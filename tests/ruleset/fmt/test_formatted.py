"""Formatting: the same rules, every comment, and the same again the second time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.ruleset.fmt import NotFormatted, formatted
from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES, load
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES

SHIPPED = [DEFAULT_RULES, *(each for each in sorted(EXAMPLES.glob("*.yaml")) if not each.name.endswith(".cases.yaml"))]

MESSY = """\
# Head of the file
version: 1


taxes:   # about taxes
    # how
    otherwise:   hold
    by_country:
        # Canada
        CA:
            default:   GST      # the rest
            ON: "HST # ON"   # Ontario
        NO: {by_rate: {"25": A}, without_rate: B}
    # below

# about items
items:
  when_missing: create
  otherwise: same_name
  exceptions:
  # first
  -   id: a
      when: {country: CA}
      hold: >-
        some long


          text # that is no comment
  # second
  - {id: b, when: {country: US}, item: "B"}   # tail
invoices: {on_open: copy}
"""

NEAT = """\
# Head of the file
version: 1

invoices: {on_open: copy}

# about items
items:
  exceptions:
    # first
    - id: a
      when: {country: CA}
      hold: >-
        some long


          text # that is no comment
    # second
    - {id: b, when: {country: US}, item: "B"}   # tail
  otherwise: same_name
  when_missing: create

taxes:   # about taxes
  by_country:
    # Canada
    CA:
      default: GST    # the rest
      ON: "HST # ON"  # Ontario
    NO: {by_rate: {"25": A}, without_rate: B}
  # below

  # how
  otherwise: hold
"""


def rules_hash(folder: Path, text: str) -> str:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load(path)
    assert loaded.rules is not None, loaded.findings
    return loaded.rules.hash


def test_a_messy_file_becomes_neat(tmp_path: Path) -> None:
    assert formatted(MESSY) == NEAT
    assert rules_hash(tmp_path, MESSY) == rules_hash(tmp_path, NEAT)


def test_line_ends_and_tails_of_lines() -> None:
    assert formatted("\ufeff" + MESSY.replace("version: 1", "version: 1  ").replace("\n", "\r\n")) == NEAT


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.stem))
def test_shipped_files_keep_their_meaning(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    neat = formatted(text)
    assert formatted(neat) == neat
    for each in SHIPPED:
        (tmp_path / each.name).write_text(each.read_text(encoding="utf-8"), encoding="utf-8")
    includes = next(
        (each for each in SHIPPED if re.search(rf"^include: .*{path.name}", each.read_text(), re.MULTILINE)), path
    )
    hashes = set()
    for version in (text, neat):
        (tmp_path / path.name).write_text(version, encoding="utf-8")
        loaded = load(tmp_path / includes.name)
        assert loaded.rules is not None, loaded.findings
        hashes.add(loaded.rules.hash)
    assert len(hashes) == 1
    assert sorted(re.findall("#.*", neat)) == sorted(re.findall("#.*", text))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_between_the_lines(data: st.DataObject, tmp_path: Path) -> None:
    """Comments and empty lines put anywhere, sections in any order: nothing is lost."""
    head, *sections = re.split(r"\n\n(?=[a-z])", SHIPPED[0].read_text(encoding="utf-8").split("version: 1", 1)[1])
    text = "version: 1" + head + "\n\n" + "\n\n".join(data.draw(st.permutations(sections)))
    lines = text.split("\n")
    for count in range(data.draw(st.integers(0, 8))):
        extra = data.draw(st.sampled_from(["", f"# {count}", f"  # {count}", f"    # {count}"]))
        lines.insert(data.draw(st.integers(0, len(lines))), extra)
    text = "\n".join(lines)
    neat = formatted(text)
    assert formatted(neat) == neat
    assert rules_hash(tmp_path, neat) == rules_hash(tmp_path, text)
    assert sorted(re.findall("#.*", neat)) == sorted(each.rstrip() for each in re.findall("#.*", text))


@pytest.mark.parametrize(
    "text", ["", "version: [", "a: &b c", "version: 1\nitems:\n  otherwise: hold\n  exceptions: |\n    x  \n"]
)
def test_what_cannot_be_formatted_is_said(text: str) -> None:
    with pytest.raises(NotFormatted, match=r"rules\.yaml"):
        formatted(text)
