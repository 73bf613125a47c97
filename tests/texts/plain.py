"""English sentences of a file that no catalogue knows: what is printed of them stays English in each language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_MARKS = frozenset({"Text", "Said", "Capital", "gettext", "ngettext", "form", "text", "plural", "_"})
"""What makes a text of the catalogue of a literal."""
_ELSEWHERE = frozenset(
    {
        *("debug", "info", "warning", "error", "exception", "critical"),
        *("option", "argument", "command"),
        *("AssertionError", "ValueError"),
    }
)
"""What is called with the English of logs, of `--help`, and of errors in the program."""
_OF_HELP = frozenset({"help", "short_help", "metavar", "subcommand_metavar", "show_default", "epilog", "description"})
_SENTENCE = re.compile(r"[A-Za-z’']{2,}[,;:]? [a-z]{2,}|^[A-Z][a-z]+ [A-Za-z]+")


def plain_english(file: Path) -> list[tuple[int, str]]:
    """Each with its line."""
    tree = ast.parse(file.read_text("utf-8"))
    return [(line, words) for line, words in _found(tree) if _SENTENCE.search(words)]


def _found(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
        return
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        yield node.lineno, "".join(map(str, parts))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _found(part.value)
        return
    for child in _children(node):
        yield from _found(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if name not in _ELSEWHERE:
            yield from (each for each in node.args if not (name in _MARKS and _is_literal(each)))
            yield node.func
        yield from (each.value for each in node.keywords if each.arg not in _OF_HELP)
        return
    if isinstance(node, (ast.AnnAssign, ast.arg)):
        yield from filter(None, (getattr(node, "value", None),))
        return
    if isinstance(node, ast.FunctionDef):
        yield from (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults), *node.body)
        return
    yield from ast.iter_child_nodes(node)


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
