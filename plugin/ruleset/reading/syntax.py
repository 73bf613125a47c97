"""YAML's own complaints, in words that say what to do: told by the text at the place, not by the library's wording."""

from __future__ import annotations

from yaml import MarkedYAMLError, YAMLError

from onedesk_quickbooks.plugin.ruleset.findings.finding import Findings, Place


def syntax_finding(file: str, text: str, error: YAMLError, findings: Findings) -> None:
    """One finding for the place where reading stopped."""
    mark = (error.problem_mark or error.context_mark) if isinstance(error, MarkedYAMLError) else None
    if mark is None:
        findings.add("OQ108", Place(file), "The file is not YAML.", "Compare it with rules/default.yaml.")
        return
    line, column = mark.line + 1, mark.column + 1
    place = Place(file, line, column, line, column + 1)
    char = text[mark.index : mark.index + 1]
    problem = getattr(error, "problem", None) or "cannot be read"
    context = getattr(error, "context", None) or ""
    if "mapping values are not allowed" in problem:
        findings.add(
            "OQ108",
            place,
            "A second colon stands in this line, so YAML cannot tell key and value.",
            'Put a name that holds ": " in quotes: "Travel: hotel". Or is the line before it indented otherwise?',
        )
    elif "alias" in context or "anchor" in context:
        begun = error.context_mark if isinstance(error, MarkedYAMLError) and error.context_mark else mark
        start = Place(file, begun.line + 1, begun.column + 1, line, column)
        first = text[begun.index : begun.index + 1]
        code = "OQ111" if first == "&" else "OQ112"
        findings.add(
            code,
            start,
            f'A value that begins with "{first}" is no text in YAML.',
            f'Put it in quotes: "{first}...". A pattern has its * at the end.',
        )
    elif "cannot start any token" in problem:
        findings.add("OQ108", place, f'A value cannot begin with "{char}" in YAML.', "Put the value in quotes.")
    else:
        findings.add(
            "OQ108",
            place,
            f"YAML cannot be read here: {problem}{f' ({context})' if context else ''}.",
            "Look for a missing quote, colon or bracket, or a line that is indented otherwise than its neighbours.",
        )
