"""The cause of a mistake is named where it has to be mended, once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from onedesk_quickbooks.plugin.ruleset.check import check

ITEMS = "version: 1\nitems:\n"
RULE = ITEMS + "  exceptions:\n"
END = "  otherwise: hold\n"

MISTAKES = {
    "a comma in a name": (ITEMS + "  otherwise: {item: Cables, wires}\n", "OQ201 3:29", '"Cables, wires"'),
    "commas in a sentence": (
        RULE + "    - {id: a, when: {tag: a}, hold: Wait, please, for Maria}\n" + END,
        *("OQ201 4:43", '"Wait, please, for Maria"'),
    ),
    "a colon without space": (RULE + "    - {id:a, when: {tag: a}, item: X}\n" + END, "OQ201 4:8", "Write id: a, with"),
    "a dash without space": (RULE + "    -id: a\n     item: X\n" + END, "OQ108 4:5", 'Write "- id:" with a space'),
    "a dash of another kind": (RULE + "    – {id: a, when: {tag: a}, item: X}\n" + END, "OQ121 4:5", "U+2013"),
    "a dash of another kind before a text": ("version: 1\ncustomers:\n  match:\n    — link\n", "OQ121 4:5", "U+2014"),
    "dashes before keys": (ITEMS + "  by_service_type:\n    - A: B\n" + END, "OQ203 4:5", 'without "- " before'),
    "a comma left out": (RULE + "    - {id: a, when: {tag: a} item: X}\n" + END, "OQ108 4:30", "A comma is missing"),
    "a map without braces": (RULE + "    - id: a\n      when: tag: a\n" + END, "OQ108 5:16", "when: {tag: a}"),
    "a field without quotes": ("version: 1\ninvoices: {memo: {memo}}\n", "OQ203 2:18", 'in quotes: "{memo}"'),
    "a field without quotes in braces": (
        "version: 1\ninvoices: {memo: {memo} due}\n",
        *("OQ128 2:18", 'in quotes: "{memo} due"'),
    ),
    "an otherwise of the beginning": (
        ITEMS + "  when_missing: hold\notherwise: hold\n",
        "OQ201 4:1",
        "below the section",
    ),
    "an otherwise too deep": (
        ITEMS + "  by_service_type:\n    A: B\n    otherwise: hold\n",
        "OQ317 5:5",
        "indent it less",
    ),
    "a setting too deep": (
        ITEMS + END + "  by_charge:\n    A: B\n    when_missing: hold\n",
        "OQ317 6:5",
        "indent it less",
    ),
    "a setting among customers": (
        "version: 1\ncustomers:\n  by_name:\n    project: Acme\n",
        "OQ317 4:5",
        "beside by_name",
    ),
    "an otherwise of countries": (
        "version: 1\ntaxes:\n  by_country:\n    NO: A\n    otherwise: hold\n  otherwise: hold\n",
        *("OQ206 5:5", "indent it less"),
    ),
    "an item in when": (RULE + "    - {id: a, when: {tag: a, item: X}}\n" + END, "OQ201 4:30", "beside when"),
    "a condition beside when": (
        RULE + "    - {id: a, when: {tag: a}, country: NO, item: X}\n" + END,
        "OQ201 4:31",
        "under when",
    ),
    "a condition in the place of when": (RULE + "    - {id: a, tag: a, item: X}\n" + END, "OQ201 4:15", "under when"),
    "a hold of customers": (
        "version: 1\ncustomers: {exceptions: [{id: a, when: {tag: a}, hold: Ask Maria}]}\n",
        *("OQ201 2:50", "exceptions of invoices"),
    ),
    "a hold in a map": (
        ITEMS + "  by_service_type: {A: {hold: Ask Maria}}\n" + END,
        "OQ201 3:25",
        "Write the word hold",
    ),
    "an otherwise of settings": (
        "version: 1\ninvoices: {on_open: copy, otherwise: offer}\n",
        *("OQ201 2:27", "each under its own key"),
    ),
    "a number of days": ("version: 1\ninvoices: {due: 30}\n", "OQ204 2:17", "{days: 30}"),
    "a class alone": (
        ITEMS + "  by_service_type: {A: {class: B}}\n" + END,
        "OQ202 3:25",
        "an exception may name class alone",
    ),
    "a slip beside the key": (ITEMS + "  otherwize: hold\n" + END, "OQ201 3:3", "Delete one of the two"),
    "a slip in the place of the key": (ITEMS + "  otherwize: hold\n", "OQ201 3:3", 'Did you mean "otherwise"?'),
    "keys in capitals": (RULE + "    - {ID: a, when: {tag: a}, item: X}\n" + END, "OQ201 4:8", 'Did you mean "id"?'),
    "no otherwise but with days": (
        "version: 1\nfrom: 2027-01-01\nitems: {exceptions: [{id: a, when: {tag: a}, item: X}]}\n",
        *("OQ405 3:9", "in a file without from and until"),
    ),
    "an otherwise with days": (
        "version: 1\nfrom: 2027-01-01\nitems: {otherwise: hold}\n",
        "OQ321 3:9",
        "Move otherwise",
    ),
    "an entry without its dash": (
        RULE + "    - id: a\n      when: {tag: a}\n      item: X\n    id: b\n    when: {tag: b}\n    item: Y\n" + END,
        *("OQ108 7:5", 'Write "- " before it.'),
    ),
    "an entry in braces without its dash": (
        RULE + "    - {id: a, when: {tag: a}, item: X}\n    {id: b, when: {tag: b}, item: Y}\n" + END,
        *("OQ108 5:5", 'Write "- " before it.'),
    ),
    "a value of a list without its dash": (
        "version: 1\ncustomers:\n  match:\n    - link\n    display_name\n",
        *("OQ108 5:5", 'Write "- " before it.'),
    ),
    "a line without a colon at the dashes of a list": (
        "version: 1\npayments:\n  apply:\n  - sent\n  overpayment note\n",
        *("OQ108 5:3", "no colon with a space"),
    ),
    "a dash without space before braces": (
        RULE + "    -{id: a, when: {tag: a}, item: X}\n" + END,
        *("OQ108 4:5", 'Write "- " with a space after the dash'),
    ),
    "a second dash without space before braces": (
        RULE + "    - {id: a, when: {tag: a}, item: X}\n    -{id: b, when: {tag: b}, item: Y}\n" + END,
        *("OQ108 5:5", 'Write "- " with a space after the dash'),
    ),
    "an entry further to the left": (
        RULE + "    - id: a\n      when: {tag: a}\n      item: X\n  - id: b\n    when: {tag: b}\n    item: Y\n" + END,
        *("OQ108 7:3", "in column 5"),
    ),
    "an entry further to the right": (
        RULE + "    - id: a\n      when: {tag: a}\n      item: X\n      - id: b\n        item: Y\n" + END,
        *("OQ108 7:7", "in column 5"),
    ),
    "an entry in the line of its list": (
        ITEMS + "  exceptions: - id: a\n      when: {tag: a}\n      item: X\n" + END,
        *("OQ108 3:15", "Begin a new line before it"),
    ),
    "an entry in one line without braces": (
        RULE + "    - id: a, when: {tag: a}, item: X\n" + END,
        *("OQ108 4:7", "Write {id: a, when: {tag: a}, item: X} in its place"),
    ),
    "an entry with two colons": (
        "version: 1\ncustomers:\n  match:\n    - a: b: c\n",
        *("OQ108 4:11", "a second colon"),
    ),
    "a colon without space in a map in braces": (
        ITEMS + "  by_service_type: {A:B, C: D}\n" + END,
        *("OQ205 3:24", "Write A: B, with a space after the colon"),
    ),
    "a colon without space alone in braces": (
        ITEMS + "  by_service_type: {A:B}\n" + END,
        *("OQ205 3:24", "Write A: B, with a space after the colon"),
    ),
    "a colon without space after a dash": (
        RULE + "    - id:a\n      when: {tag: a}\n      item: X\n" + END,
        *("OQ108 4:9", "Write id: a, with a space after the colon"),
    ),
    "a colon without space in the last line of a map": (
        ITEMS + "  by_service_type:\n    A: B\n    C:D\n" + END,
        *("OQ108 5:6", "Write C: D, with a space after the colon"),
    ),
    "a colon without space after a key in quotes": (
        ITEMS + '  by_service_type:\n    "A":B\n' + END,
        *("OQ108 4:8", 'Write "A": B, with a space after the colon'),
    ),
    "a section in braces without space": ("version: 1\nitems:{otherwise: hold}\n", "OQ201 2:1", "Write items: with a"),
    "a key without its colon": (
        ITEMS + "  by_service_type\n    A: B\n" + END,
        *("OQ108 3:3", "no colon with a space after it"),
    ),
    "a line without its colon before others": (
        ITEMS + "  by_service_type:\n    A B\n    C: D\n" + END,
        *("OQ108 4:5", "no colon with a space after it"),
    ),
    "a key in braces without its colon": (
        RULE + "    - {id: a, when {tag: a}, item: X}\n" + END,
        *("OQ108 4:20", "A colon is missing after when"),
    ),
    "a comma left out in braces": (
        RULE + "    - {id: a when: {tag: a}, item: X}\n" + END,
        *("OQ108 4:18", "Write a comma before when:."),
    ),
    "a comma left out between names": (
        ITEMS + "  by_service_type: {A: B C: D}\n" + END,
        *("OQ108 3:27", 'Write a comma before C:, or put a name that holds ": " in quotes: A: "B C: D"'),
    ),
    "a second colon in braces": (
        ITEMS + "  by_service_type: {A: B: C}\n" + END,
        *("OQ108 3:25", 'in quotes: A: "B: C"'),
    ),
    "a bracket within a name in braces": (
        ITEMS + "  by_service_type: {A: x {y}, B: C}\n" + END,
        *("OQ108 3:24", 'in quotes: "x {y}"'),
    ),
    "a name in braces that begins with brackets": (
        ITEMS + "  by_service_type: {A: [x] y, B: C}\n" + END,
        *("OQ108 3:24", 'in quotes: "[x] y"'),
    ),
    "a brace too many in the middle": (
        RULE + "    - {id: a, when: {tag: a}}, item: X}\n" + END,
        *("OQ108 4:29", "closes all that is open, and more follows. Delete it."),
    ),
    "a sign before an amount": (
        RULE + "    - {id: a, when: {amount: >1000}, item: X}\n" + END,
        *("OQ128 4:30", "{from: 1000} is that number and more"),
    ),
    "a bar in braces": (ITEMS + "  by_service_type: {A: |x, B: C}\n" + END, "OQ128 3:24", 'in quotes: "|x"'),
    "a dash in braces": (ITEMS + "  by_service_type: {A: - x, B: C}\n" + END, "OQ128 3:24", 'in quotes: "- x"'),
    "a star alone": (
        RULE + "    - {id: a, when: {customer: *}, item: X}\n" + END,
        *("OQ112 4:32", "Leave out a key that holds for everything"),
    ),
    "a rate with a comma": (
        "version: 1\ntaxes: {by_country: {CA: {by_rate: {9,975: X}}}, otherwise: hold}\n",
        *("OQ205 2:38", 'with a point: "9.975"'),
    ),
    "a # at the beginning of a name in braces": (
        ITEMS + "  by_service_type: {A: #1 hotel}\n" + END,
        *("OQ108 3:24", 'Put the value in quotes: "#1 hotel"'),
    ),
    "a # at the beginning of a key in braces": (
        ITEMS + "  by_service_type: {#1 shop: X, B: C}\n" + END,
        *("OQ108 3:21", 'Put the key in quotes: "#1 shop"'),
    ),
    "a comment within braces": (
        ITEMS + "  by_service_type: {A: B # travel, C: D}\n" + END,
        *("OQ108 3:26", "Write the comma or bracket before the #"),
    ),
    "an empty map": (ITEMS + "  by_service_type: {}\n" + END, "OQ207 3:20", "The map is empty. Write an entry"),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader], ids=["C", "pure"])
def test_the_cause_is_named(name: str, loader: type, tmp_path: Path) -> None:
    text, found, says = MISTAKES[name]
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    (only,) = check([tmp_path / "rules.yaml"], loader=loader).findings
    assert f"{only.code} {only.line}:{only.column}" == found
    assert says in f"{only.message} {only.remedy}"


def test_a_colon_before_a_brace(tmp_path: Path) -> None:
    """The loader in Python reads it as it is meant."""
    (tmp_path / "rules.yaml").write_text(RULE + "    - {id: a, when:{tag: a}, item: X}\n" + END, encoding="utf-8")
    (only,) = check([tmp_path / "rules.yaml"], loader=yaml.CSafeLoader).findings
    assert (only.code, only.line, only.column, only.remedy[:11]) == ("OQ108", 4, 19, "Write when:")
    assert check([tmp_path / "rules.yaml"], loader=yaml.SafeLoader).findings == ()


def test_a_name_that_is_cut_off_in_braces_ends_at_the_bracket(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(ITEMS + "  by_service_type: {A: Hotel #1, B: C}\n" + END, encoding="utf-8")
    remedies = {each.code: each.remedy for each in check([tmp_path / "rules.yaml"]).findings}
    assert remedies.keys() == {"OQ108", "OQ120"}
    assert all('"Hotel #1"' in each for each in remedies.values())


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("{A: b #c}", '"b #c"'),
        ("{A: See ticket #55 first, B: C}", '"See ticket #55 first"'),
        ("{A: Order #5 of {number}, B: C}", '"Order #5 of {number}"'),
        ("{Shop #1: X, B: C}", 'the key in quotes: "Shop #1"'),
        ("\n    Shop #1: X\n    B: C", 'the key in quotes: "Shop #1"'),
    ],
)
def test_what_a_hash_cuts_off_is_shown_whole(text: str, whole: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(f"{ITEMS}  by_service_type: {text}\n{END}", encoding="utf-8")
    remedies = {each.code: each.remedy for each in check([tmp_path / "rules.yaml"]).findings}
    assert remedies.keys() == {"OQ108", "OQ120"}
    assert all(whole in each for each in remedies.values()), remedies


def test_the_key_alone_that_a_hash_cuts_off(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(f"{ITEMS}  by_service_type:\n    Shop #1: X\n{END}", encoding="utf-8")
    remedies = {each.code: each.remedy for each in check([tmp_path / "rules.yaml"]).findings}
    assert 'the key in quotes: "Shop #1"' in remedies["OQ120"]


def test_a_space_that_is_none_indents_nothing(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("version: 1\nitems:\n\u00a0 otherwise: hold\n", encoding="utf-8")
    remedies = {
        each.code: f"{each.line}:{each.column} {each.message}" for each in check([tmp_path / "rules.yaml"]).findings
    }
    assert remedies["OQ121"].startswith("3:1 The line begins with a no-break space") and "OQ122" not in remedies
    memo = "version: 1\ninvoices:\n  memo: |\n    {memo}\n    \u00a0 indented\n"
    (tmp_path / "rules.yaml").write_text(memo, encoding="utf-8")
    assert "OQ121" not in {each.code for each in check([tmp_path / "rules.yaml"]).findings}


@pytest.mark.parametrize("text", ["{A: B, when_missing: C}", '{"otherwise": hold}', "{Otherwise: A}"])
def test_names_in_quotes_are_names(text: str, tmp_path: Path) -> None:
    quoted = text.replace("when_missing", '"when_missing"')
    (tmp_path / "rules.yaml").write_text(
        f"{ITEMS}  by_service_type: {quoted}\n  otherwise: same_name\n", encoding="utf-8"
    )
    assert check([tmp_path / "rules.yaml"]).findings == ()


@pytest.mark.parametrize(("char", "code"), [("\u00a0", "OQ122"), ("\u200b", "OQ123"), ("\ue000", "OQ123")])
def test_a_character_that_does_not_show_is_said_to_count_only_where_it_does(
    char: str, code: str, tmp_path: Path
) -> None:
    names = f"{ITEMS}  by_service_type: {{Con{char}sulting: X, Con{' ' if char == chr(160) else ''}sulting: Y}}\n{END}"
    (tmp_path / "rules.yaml").write_text(names, encoding="utf-8")
    found = {each.code: each.message for each in check([tmp_path / "rules.yaml"]).findings}
    counts = "where names are compared" not in found[code]
    assert counts == ("OQ302" not in found) == (char == "\ue000"), found
