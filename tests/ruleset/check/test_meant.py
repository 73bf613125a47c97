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
    told = {each.code: each.remedy for each in check([tmp_path / "rules.yaml"]).findings}
    assert told.keys() == {"OQ108", "OQ120"}
    assert all('"Hotel #1"' in each for each in told.values())


@pytest.mark.parametrize("text", ["{A: B, when_missing: C}", '{"otherwise": hold}', "{Otherwise: A}"])
def test_names_in_quotes_are_names(text: str, tmp_path: Path) -> None:
    quoted = text.replace("when_missing", '"when_missing"')
    (tmp_path / "rules.yaml").write_text(
        f"{ITEMS}  by_service_type: {quoted}\n  otherwise: same_name\n", encoding="utf-8"
    )
    assert check([tmp_path / "rules.yaml"]).findings == ()
