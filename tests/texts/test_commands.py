"""What sentences say of commands is said on pages as a place of the pages, with a link where there is one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from onedesk_quickbooks.plugin.texts import Text, language
from onedesk_quickbooks.plugin.texts.commands import PLACES, on_page
from tests.texts.catalogue import ROOT, read


def linked(page: str, invoice_id: str) -> str:
    return f"/{page}/{invoice_id}" if page != "story" or invoice_id else ""


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Run: onedesk-quickbooks copy I-1, which links.", "Use [/story/I-1 “Copy again” on its page], which links."),
        ("Run: onedesk-quickbooks copy -- -1, which links.", "Use [/story/-1 “Copy again” on its page], which links."),
        ("it: onedesk-quickbooks queue release -- -1", "it: [/attention/ Needs attention > Release]"),
        ("it: onedesk-quickbooks customers confirm -- -1 24; if", "it: [/customers/ Customers to review]; if"),
        ("it: onedesk-quickbooks customers undo -- -1.", "it: [/customers/ Customers to review]."),
        ("run onedesk-quickbooks copy 'a b'.", "use [/story/a b “Copy again” on its page]."),
        ("Copy it (onedesk-quickbooks copy): then", "Copy it (“Copy again” on its page): then"),
        ("try again (onedesk-quickbooks queue retry), or", "try again ([/attention/ Needs attention > Try again]), or"),
        (
            'Then: onedesk-quickbooks queue drop 3 --reason "by hand", or',
            "Then: [/attention/ Needs attention > Take out], or",
        ),
        (
            "keep: onedesk-quickbooks queue settle 3 --keep onedesk|quickbooks (then",
            "keep: [/changes/ Changed in QuickBooks] (then",
        ),
        ("it: onedesk-quickbooks customers confirm 'So & So' 24; if", "it: [/customers/ Customers to review]; if"),
        (
            "connect one under Administration > Financials, or run: onedesk-quickbooks connect",
            "connect one under [/financials/ Administration > Financials]",
        ),
        ("see onedesk-quickbooks queue show 4. It", "see [/attention/ Needs attention]. It"),
        ("Start onedesk-quickbooks serve, or <it>.", "Start [/help/serve onedesk-quickbooks serve], or <it>."),
        (
            "first: onedesk-quickbooks customers unlink 'a b'",
            "first: [/help/customers-unlink onedesk-quickbooks customers unlink] 'a b'",
        ),
    ],
)
def test_a_command_becomes_a_place(sentence: str, shown: str) -> None:
    html = str(on_page(sentence, linked)).replace("&gt;", ">").replace("&lt;", "<").replace("&#39;", "'")
    assert re.sub(r'<a href="([^"]*)">(.*?)</a>', r"[\1 \2]", html) == shown


def test_markup_of_others_stays_text_and_times_are_times() -> None:
    html = on_page("<b>since 2026-11-29 11:19 UTC</b>", linked)
    assert html == '&lt;b&gt;since <time datetime="2026-11-29T11:19Z">2026-11-29 11:19 UTC</time>&lt;/b&gt;'


def test_in_french_too() -> None:
    with language("fr"):
        html = on_page(Text("Run: onedesk-quickbooks payments"), linked)
    assert re.sub("<.*?>", "", html) == "Utilisez Rapprochement &gt; Chercher les paiements"


def commands_in(tree: ast.AST) -> dict[str, str]:
    """The names that a file gives to commands, or to texts that begin with one, each with a value."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (said := command_of(node.value)):
            found |= {each.id: said for each in node.targets if isinstance(each, ast.Name)}
    return found


def command_of(node: ast.expr) -> str:
    """The command that an expression is, with {} for each value in it; "" for none."""
    said = ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        said = node.value
    elif isinstance(node, ast.JoinedStr):
        said = "".join(str(each.value) if isinstance(each, ast.Constant) else "{n}" for each in node.values)
    return said if "onedesk-quickbooks " in said else ""


def as_said() -> Iterator[tuple[str, list[str]]]:
    """Each text of the catalogue in both languages, with the commands that the code passes as its values, and the
    places where it is said."""
    passed: dict[str, list[dict[str, str]]] = {}
    for file in sorted((ROOT / "plugin").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        named = commands_in(tree)
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Text", "Said") and node.args):
                continue
            first, values = node.args[0], dict[str, str]()
            for given in node.keywords:
                said = named.get(given.value.id, "") if isinstance(given.value, ast.Name) else command_of(given.value)
                values |= {given.arg: said} if given.arg and said else {}
            if values and isinstance(first, ast.Constant):
                passed.setdefault(str(first.value), []).append(values)
    assert sum(map(len, passed.values())) > 20
    for each in read("fr"):
        places = [place for place, _ in each.locations]
        for text in (str(each.id), str(each.string)):
            for values in passed.get(str(each.id), [{}]):
                shown = text
                for name, command in values.items():
                    shown = shown.replace(f"{{{name}}}", command)
                yield shown, places


def test_a_command_about_an_entry_names_it() -> None:
    """A command of a sentence can be run as it is printed, once ENTRY is replaced where no number is known yet."""
    named = r"(?:\{\w+\}|ENTRY|--run \{\w+\})"
    whole = re.compile(rf" (?:retry (?:{named}|--all-held)|settle {named} --keep |drop {named} --reason )")
    seen = 0
    for text, _ in as_said():
        for verb in re.finditer(r"\bqueue( (?:retry|settle|drop)\b)", text):
            seen += 1
            assert whole.match(text, verb.start(1)), text
    assert seen > 60


def test_no_sentence_of_the_queue_names_a_command_that_a_page_could_do() -> None:
    """Whatever stands around it, in both languages."""
    does = re.compile(rf"onedesk-quickbooks (?:{'|'.join(PLACES)})(?![a-z-])")
    for text, places in as_said():
        if any(place.startswith(("plugin/planning", "plugin/sync")) for place in places):
            assert not does.search(str(on_page(text, linked))), text


def test_a_name_in_a_command_is_quoted() -> None:
    """Ids, numbers and paths may contain spaces: the command could not be run as it is printed."""
    command = re.compile(r"onedesk-quickbooks(?: [a-z-]+)+((?: (?:--[a-z]+ )?[^ {]*\{\w+\}[^ ]*)+)")
    generated = {"n", "entry", "entries", "run", "work_id", "found", "qbo_id"}
    bare, seen = list[str](), 0
    for file in sorted((ROOT / "plugin").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        named = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
        for node in (each for each in named if getattr(each.func, "id", "") in ("Text", "Said") and each.args):
            said, given = ast.unparse(node.args[0]), {each.arg: ast.unparse(each.value) for each in node.keywords}
            for name in re.findall(r"\{(\w+)\}", "".join(each[1] for each in command.finditer(said))):
                seen += 1
                value = given.get(name, "named")
                if name not in generated and value != "named" and not re.search(r"quote\(|arguments\(", value):
                    bare.append(f"{file.name}:{node.lineno} {name}={given[name]}")
    assert not bare
    assert seen > 60
