"""The remedies that are edits: each matches the sentence of the remedy; tests/ruleset/check/remedies.yaml compares
them. A remedy that needs a person has none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from onedesk_quickbooks.plugin.findings.finding import Finding
from onedesk_quickbooks.plugin.ruleset.mend.by_entry import BY_ENTRY
from onedesk_quickbooks.plugin.ruleset.mend.by_text import BY_TEXT
from onedesk_quickbooks.plugin.ruleset.mend.edits import Mend, Source, way
from onedesk_quickbooks.plugin.yamlfile.nodes import Map

_MOST = 8
"""The maximum number of ways to follow one remedy in an editor."""
_LONGEST = 2000
"""The maximum length of a line for edits: remedies have only a part of longer texts."""


def mends(finding: Finding, text: str, root: Map | None) -> list[Mend]:
    """The ways to follow the remedy of a finding in a file with this `text`; `root` is the top map of the file, None if
    it cannot be read."""
    found: dict[str, Mend] = {}
    if finding.end_column > _LONGEST:
        return []
    for each in _mends(finding, Source(text), root):
        if each.edits:
            found.setdefault(each.title, _ended(each) if "\r\n" in text else each)
    return list(found.values())[:_MOST]


def _ended(mend: Mend) -> Mend:
    """The same edits with line ends of Windows."""
    return replace(mend, edits=tuple(replace(each, text=re.sub("(?<!\r)\n", "\r\n", each.text)) for each in mend.edits))


def _mends(finding: Finding, source: Source, root: Map | None) -> Iterator[Mend]:
    for pattern, by_text in BY_TEXT:
        match = re.search(pattern, finding.remedy)
        if match:
            yield from by_text(finding, source, match)
    steps = way(root, finding.line, finding.column) if root else []
    for pattern, by_entry in BY_ENTRY if root and steps else ():
        match = re.search(pattern, finding.remedy)
        if match and root:
            yield from by_entry(finding, source, match, root, steps)
