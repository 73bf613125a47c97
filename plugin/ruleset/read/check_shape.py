"""Validates a file against its schema: fast if it is valid, with a finding for each invalid node."""

from __future__ import annotations

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node


def check_shape(root: Map, whole: Shape, findings: Findings) -> set[int]:
    """Add findings for every node that the schema rejects; return the ids of those nodes."""
    refused: set[int] = set()
    stack: list[tuple[Node, Shape, Node]] = [(root, whole, root)]
    while stack:
        node, shape, above = stack.pop()
        if shape.accepts(node):
            continue
        if findings.full:
            refused.add(id(node))
            continue
        from onedesk_quickbooks.plugin.ruleset.read.complaints import complain  # imports jsonschema

        branch = shape.branches.get(type(node))
        if complain(node, shape, branch, findings, above):
            refused.add(id(node))
        if branch:
            stack.extend((child, own, node) for child, own in branch.below(node))
    return refused
