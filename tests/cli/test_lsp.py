"""`rules lsp`, as an editor speaks with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.editor.documents import OpenRules
from onedesk_quickbooks.plugin.ruleset import keys
from tests.support.language_server import LanguageServer

RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
HEAD = "version: 1\n"


def item(number: int, name: str, active: bool = True) -> dict[str, Any]:
    return {"id": str(number), "name": name, "type": "Service", "income_account": None, "active": active}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, company: dict[str, Any]) -> Path:
    made = tmp_path_factory.mktemp("rules")
    items = [item(1, "Rådgivning"), item(2, "Drift # kveld"), item(3, "Gammel", active=False)]
    (made / "company.json").write_text(json.dumps({**company, "items": items}), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def company() -> dict[str, Any]:
    yes, no = ("multicurrency", "custom_numbers", "uses_sales_tax"), ("automated_sales_tax", "allows_discount")
    own = {**dict.fromkeys(yes, True), **dict.fromkeys(no, False), "tracks_classes": False}
    lists: dict[str, list[Any]] = {
        key: [] for key in ("accounts", "items", "tax_codes", "terms", "classes", "customers")
    }
    named = {"realm_id": "1", "name": "Fjord", "country": "NO", "home_currency": "NOK"}
    return {"version": 1, "taken_at": "", "company": {**named, **own}, **lists}


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[LanguageServer]:
    command = [*RUN, "rules", "lsp", "--company", str(folder / "company.json")]
    with LanguageServer(folder, command) as started:
        yield started


def test_what_check_finds_is_marked_while_one_types(server: LanguageServer, folder: Path) -> None:
    file = folder / "typed.yaml"
    file.write_text(f"{HEAD}items: {{otherwise: hold}}\n", encoding="utf-8")
    assert server.marked(file, file.read_text()) == []
    server.write(file, f"{HEAD}items:\n  # 😀\n  by_service_type: {{😀: Raadgivning}}\n  otherwise: hodl\n")
    found = server.marked_next(file)
    places = {each["range"]["start"]["line"]: each for each in found}
    assert places[4]["range"] == {"start": {"line": 4, "character": 13}, "end": {"line": 4, "character": 17}}
    assert (places[4]["severity"], 'Did you mean "hold"?' in places[4]["message"]) == (1, True)
    assert places[3]["range"]["start"]["character"] == 24 and "Raadgivning" in places[3]["message"]
    assert file.read_text() == f"{HEAD}items: {{otherwise: hold}}\n", "nothing was saved"


def test_names_of_the_company_are_offered(server: LanguageServer, folder: Path) -> None:
    text = f"{HEAD}items:\n  by_service_type:\n    😀: Rå|\n  otherwise: hold\n"
    texts = {each["label"]: each["textEdit"] for each in server.ask("completion", folder / "a.yaml", text)}
    assert {"Rådgivning", "Drift # kveld", "hold"} <= texts.keys() and "Gammel" not in texts
    assert texts["Rådgivning"]["range"]["start"] == {"line": 3, "character": 8}
    assert texts["Drift # kveld"]["newText"] == '"Drift # kveld"', "in quotes where YAML asks for them"
    text = f'{HEAD}items: {{by_service_type: {{A: "R|"}}, otherwise: hold}}\n'
    quoted = server.ask("completion", folder / "b.yaml", text)
    span = next(each["textEdit"]["range"] for each in quoted if each["label"] == "Rådgivning")
    assert span["end"]["character"] - span["start"]["character"] == 3, "the quotes are written over"


OFFERED = [
    ("items:\n  otherwise: |\n", ["same_name", "hold"]),
    ("invoices: {when_changed_in_quickbooks: keep|}\n", ["hold", "overwrite", "keep_quickbooks"]),
    ("invoices:\n  on_open: |\r\n  number: onedesk\r\n", ["offer", "copy", "send"]),
    ("invoices: {due: {days: 5, end_of_month: |}}\n", ["yes", "no"]),
    ("payments: {apply: [sent, |]}\n", ["sent", "copied"]),
    ("customers:\n  match:\n    - |\n", ["link", "display_name", "billing_email"]),
    ("delivery: {to: |}\n", ["billing_contact", "account_manager"]),
    ("taxes: {by_category: {E: |}}\n", ["automatic", "none", "hold", "company_default"]),
    ("items: {exceptions: [{id: a, when: {taxable: |}, item: X}]}\n", ["yes", "no"]),
    ("items: {exceptions: [{id: a, when: {date: {|}}, item: X}]}\n", ["from: ", "below: "]),
    ("invoices:\n  due:\n    |\n", ["invoice", "terms", "days: ", "end_of_month: "]),
    ("items:\n  when|_missing: hold\n  by_charge: {A: B}\n", ["description", "default_income_account"]),
    ("items:\n  by_charge: {A: B}\n  w|\n", ["description: ", "default_income_account: ", "by_service_type:"]),
    ("items:\n  exceptions:\n    - |\n", ["id: ", "when:", "from: ", "until: ", "item: "]),
    ("items:\n  exceptions:\n    - {id: a, wh|}\n", ["when:", "from: ", "until: ", "item: "]),
    ("taxes:\n  by_country:\n    CA: GST\n    N|\n", ["AD: ", "AE: "]),
    ("taxes:\n  by_country:\n    |\n", ["AD: ", "AE: "]),
    ("items: {exceptions: [{id: a, when: {currency: {not: [|]}}, item: X}]}\n", ["AED", "AFN"]),
    ("i|\n", ["include:", "from: ", "until: ", "invoices:"]),
    ("# a|b\n", []),
]


@pytest.mark.parametrize(("text", "offered"), OFFERED)
def test_keys_and_words_are_offered(server: LanguageServer, folder: Path, text: str, offered: list[str]) -> None:
    found = server.ask("completion", folder / f"offer{OFFERED.index((text, offered))}.yaml", HEAD + text)
    texts = [each["textEdit"]["newText"] for each in found if each.get("detail") != "tax code"]
    assert texts[: len(offered)] == offered
    assert len({"offer", "copy", "yes"} & set(texts)) < 3 and (offered or not texts)


def test_what_is_chosen_is_written_over_the_whole_word(server: LanguageServer, folder: Path) -> None:
    key = server.ask("completion", folder / "whole.yaml", f"{HEAD}invoices: {{😀: x, on_|opn: copy}}\n")
    start, end = (key[0]["textEdit"]["range"][side]["character"] for side in ("start", "end"))
    assert (start, end) == (18, 24), "in units of UTF-16"
    assert key[0]["detail"] == "what an invoice that becomes Open brings"


def test_every_closed_list_is_offered() -> None:
    """Each setting whose value is one of some words, in its section and in exceptions."""
    rules = OpenRules(None, lambda: date(2026, 11, 29))
    path = Path("rules.yaml")
    for key in keys.settings().values():
        for above in ("", "exceptions: [{id: a, when: {country: CA}, ") if key.excepted else ("",):
            text = f"{HEAD}{key.section}: {{{above}{key.name}: {'[' if key.several else ''}"
            rules.change(path, text + ("]" if key.several else "") + ("}]}" if above else "}"))
            offered = [each.name for each in rules.offers(path, 2, len(text) - len(HEAD) + 1) if each.sort == "word"]
            assert {*key.words, *(["none"] if key.none else [])} <= set(offered), key.id


def test_help_for_a_key_and_for_a_finding(server: LanguageServer, folder: Path) -> None:
    key = server.ask("hover", folder / "c.yaml", f"{HEAD}invoices: {{on_|open: copy}}\n")
    assert key["contents"]["value"].startswith("**What an invoice that becomes Open brings**")
    wrong = folder / "d.yaml"
    server.marked(wrong, f"{HEAD}items: {{otherwise: hodl}}\n")
    found = server.ask("hover", wrong, f"{HEAD}items: {{otherwise: ho|dl}}\n")
    assert found["contents"]["value"].startswith("**OQ")
    assert server.ask("hover", folder / "e.yaml", "# no|thing\n") is None


RULED = """\
version: 1
invoices:
  on_open: copy
  exceptions: [{id: acme, when: {customer: "Acme*"}, on_open: offer}]
items:
  by_service_type:
    Travel: {item: Trips, class: East}
    Hotel: Rooms
  exceptions:
    - {id: training, when: {service_type: "Training*"}, item: Training}
    - {id: canada, when: {service_type: [Training, Travel], country: CA}, item: Training (CA)}
    - id: lost
      when:
        service_type: Training
        amount: {from: 100}
      hold: Ask Maria
  otherwise: hold
taxes:
  by_country:
    CA: {default: GST, ON: HST ON}
    "NO": MVA
  otherwise: none
"""

OF_CANADA = """\
**items.exceptions.canada**, for the service type `Training or Travel` and the country `CA`

* `item`: `Training (CA)`, tried as number 2 of 6
  * Rules before it that match some of the same: items.exceptions.training (ruled.yaml:10).
  * It decides, for example: the service type "Travel", the country "CA"."""

OF_LOST = """\
**items.exceptions.lost**, for the service type `Training` and the amount `from 100`

* `item`: `hold: Ask Maria`, tried as number 3 of 6
  * Rules before it that match some of the same: items.exceptions.training (ruled.yaml:10).
  * The rule items.exceptions.lost can never win: items.exceptions.training matches everything that it matches."""

OF_TRAVEL = """\
**items.by_service_type.Travel**, for the service type `Travel`

* `item`: `Trips`, tried as number 4 of 6
  * Rules before it that match some of the same: items.exceptions.canada (ruled.yaml:11).
  * It decides, for example: the service type "Travel".
* `class`: `East`, tried as number 1 of 2
  * It decides, for example: the service type "Travel"."""

OF_OTHERWISE = """\
**taxes.otherwise**, for everything that no rule before it matches

* `tax_code`: `none`, tried as number 4 of 4
  * Tried before it: implied (hold: not taxable), implied (hold: no code for the tax category), \
taxes.by_country.CA.ON (ruled.yaml:20), and others.
  * It decides everything else."""


@pytest.mark.parametrize(
    ("before", "beginning"),
    [
        ("    - {id: |canada", OF_CANADA),
        ("    - {|id: canada", OF_CANADA),
        ("    - |{id: canada", OF_CANADA),
        ("    - id: l|ost", OF_LOST),
        ("    Trav|el: {", OF_TRAVEL),
        ("    Hotel: Ro|oms", "**items.by_service_type.Hotel**, for the service type `Hotel`\n\n* `item`: `Rooms`, "),
        ("ON: HST| ON", "**taxes.by_country.CA.ON**, for the country `CA` and the region `CA-ON`"),
        ('    "N|O": MVA', "**taxes.by_country.NO**, for the country `NO`"),
        ("\n  otherwise: non|e", OF_OTHERWISE),
        ("\n  otherw|ise: none", OF_OTHERWISE),
    ],
)
def test_what_a_rule_does(server: LanguageServer, folder: Path, before: str, beginning: str) -> None:
    plain = before.replace("|", "")
    assert RULED.count(plain) == 1
    text = RULED.replace(plain, before)
    said = server.ask("hover", folder / "ruled.yaml", text)["contents"]["value"]
    assert said.startswith(beginning), said
    assert said.count("\n") < 12


def test_a_key_of_a_rule_has_its_help_before_what_the_rule_does(server: LanguageServer, folder: Path) -> None:
    file = folder / "ruled.yaml"
    of_key = server.ask("hover", file, RULED.replace("country: CA}, item", "coun|try: CA}, item"))["contents"]["value"]
    title, _, rest = of_key.partition("\n\n")
    assert "exceptions" not in title and rest.endswith(OF_CANADA), of_key
    setting = server.ask("hover", file, RULED.replace("on_open: copy", "on_|open: copy"))["contents"]["value"]
    assert setting.startswith("**What an invoice that becomes Open brings**")
    assert "Tried before it: invoices.exceptions.acme (ruled.yaml:4)." in setting


def test_a_rule_is_described_beside_what_is_found_of_it(server: LanguageServer, folder: Path) -> None:
    file = folder / "ruled.yaml"
    assert any(each["code"] == "OQ401" for each in server.marked(file, RULED))
    said = server.ask("hover", file, RULED.replace("- id: lost", "- id: l|ost"))["contents"]["value"]
    assert said.startswith("**OQ401 ") and OF_LOST in said


def test_rules_with_an_error_have_the_help_of_their_keys(server: LanguageServer, folder: Path) -> None:
    text = RULED.replace("otherwise: none", "otherwise: none\n  other: none").replace("{id: canada", "{|id: canada")
    said = server.ask("hover", folder / "broken.yaml", text)["contents"]["value"]
    assert said.startswith("**") and "items.exceptions.canada" not in said


def test_a_rule_is_described_with_those_of_other_files(server: LanguageServer, folder: Path) -> None:
    below = folder / "parts"
    below.mkdir()
    (below / "rules.yaml").write_text(
        f"{HEAD}include: [more.yaml]\nitems:\n  exceptions: [{{id: first, when: {{tag: a}}, item: X}}]\n"
        "  otherwise: hold\n",
        encoding="utf-8",
    )
    more = below / "more.yaml"
    more.write_text(HEAD, encoding="utf-8")
    text = f"{HEAD}items: {{exceptions: [{{id: sec|ond, when: {{country: CA}}, item: Y}}]}}\n"
    said = server.ask("hover", more, text)["contents"]["value"]
    assert "that match some of the same: items.exceptions.first (rules.yaml:4)." in said


def test_what_was_meant_is_written(server: LanguageServer, folder: Path) -> None:
    file = folder / "f.yaml"
    action, other = server.ask("codeAction", file, f"{HEAD}items: {{otherwise: ho|dl}}\n")
    (edit,) = action["edit"]["changes"][file.as_uri()]
    assert (action["title"], edit["newText"]) == ("Write hold (OQ204)", "hold")
    assert (other["title"], action["kind"], action["diagnostics"][0]["code"]) == (
        *("Write same_name (OQ204)", "quickfix", "OQ204"),
    )
    assert edit["range"]["start"] == {"line": 1, "character": 19}


TWO = """\
items:
  exceptions:
    - {id: all, when: {tag: "t*"}, item: A}
    - {id: |one, when: {tag: tx}, item: B}
  otherwise: hold
"""
MENDED = [
    ("items:\n  by_service_type: {😀: &|Co}\n  otherwise: hold\n", "Write", {"&Co": '"&Co"'}),
    ("items:\n  by_service_type:\n    😀: hotel:| X\n  otherwise: hold\n", "Write", {"😀: hotel:": '"😀: hotel":'}),
    ("items: {|otherwize: hold}\n", "Write otherwise", {"otherwize": "otherwise"}),
    ("invoices:\n  on_open: copy\n  |terms: Net 30\n", "Delete it", {"  terms: Net 30\n": ""}),
    ("taxes: {by_category: {E: Exempt, |e: No}, otherwise: hold}\n", "Delete it", {", e: No": ""}),
    (
        TWO,
        "Move the rule before it",
        {
            "    - {id: one, when: {tag: tx}, item: B}\n": "",
            "    - {id: all": "    - {id: one, when: {tag: tx}, item: B}\n    - {id: all",
        },
    ),
    (
        TWO,
        "Delete the rule",
        {"    - {id: one, when: {tag: tx}, item: B}\n": ""},
    ),
    ("items:\n  |by_service_type: {A: B}\n", "Add otherwise: hold", {"  by_serv": "  otherwise: hold\n  by_serv"}),
    ("items: {otherwise: {item: |“😀”}}\n", 'Write "😀"', {"“😀”": '"😀"'}),
    (
        "taxes: {exceptions: [{id: a, until: 2026-12-31, when: {country: NO}, code: X}, {id: |b, from: 2027-02-01,"
        " when: {country: NO}, code: Y}], otherwise: hold}\n",
        "Write from: 2027-01-01",
        {"2027-02-01": "2027-01-01"},
    ),
]


@pytest.mark.parametrize(("text", "title", "changes"), MENDED)
def test_a_remedy_is_an_edit(
    server: LanguageServer, folder: Path, text: str, title: str, changes: dict[str, str]
) -> None:
    file = folder / f"mended{MENDED.index((text, title, changes))}.yaml"
    actions = server.ask("codeAction", file, HEAD + text)
    found = [each for each in actions if each["title"].startswith(title)]
    assert found, [each["title"] for each in actions]
    wanted = written = HEAD + text.replace("|", "")
    for old, new in changes.items():
        wanted = wanted.replace(old, new, 1)
    edits = found[0]["edit"]["changes"][file.as_uri()]
    for each in sorted(edits, key=lambda edit: (*edit["range"]["start"].values(),), reverse=True):
        start, end = (index(HEAD + text.replace("|", ""), each["range"][side]) for side in ("start", "end"))
        written = written[:start] + each["newText"] + written[end:]
    assert written == wanted


def index(text: str, at: dict[str, int]) -> int:
    """Where an editor's place is in a text: it counts in units of UTF-16."""
    lines = text.split("\n")
    units = lines[at["line"]].encode("utf-16-le")[: 2 * at["character"]] if at["line"] < len(lines) else b""
    return sum(len(each) + 1 for each in lines[: at["line"]]) + len(units.decode("utf-16-le"))


def test_a_part_of_a_folder_is_checked_with_the_others(server: LanguageServer, folder: Path) -> None:
    below = folder / "rules"
    below.mkdir()
    (below / "a.yaml").write_text(f"{HEAD}taxes: {{otherwise: hold}}\n", encoding="utf-8")
    assert server.problems(below / "b.yaml", f"{HEAD}taxes: {{by_country: {{NO: MVA}}}}\n") == []
    (below / "c.yaml").write_text(HEAD, encoding="utf-8")
    (twice,) = server.problems(below / "c.yaml", f"{HEAD}taxes: {{otherwise: none}}\n")
    assert "is in two files" in twice and "a.yaml:2" in twice


def test_a_file_is_checked_with_those_that_include_it(server: LanguageServer, folder: Path) -> None:
    below = folder / "set"
    below.mkdir()
    (below / "rules.yaml").write_text(f"{HEAD}include: [taxes.yaml]\ntaxes: {{otherwise: none}}\n", encoding="utf-8")
    taxes = below / "taxes.yaml"
    taxes.write_text(HEAD, encoding="utf-8")
    problems = server.problems(taxes, f"{HEAD}taxes: {{otherwise: hold}}\n")
    assert any("is in two files" in each for each in problems), problems


def test_a_folder_that_a_link_leads_to(server: LanguageServer, folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "link").symlink_to(folder / "real")
    (folder / "real" / "h.yaml").write_text(f"{HEAD}items: {{otherwise: hold}}\n", encoding="utf-8")
    problems = server.problems(folder / "link" / "h.yaml", f"{HEAD}items: {{otherwise: hodl}}\n")
    assert any("hodl" in each or "hold" in each for each in problems), "what is typed is read, not what is saved"


def test_a_file_is_put_in_order(server: LanguageServer, folder: Path) -> None:
    text = f"{HEAD}|items:   {{otherwise:    hold}}\n"
    (edit,) = server.ask("formatting", folder / "g.yaml", text, options={"tabSize": 2, "insertSpaces": True})
    assert edit["newText"] == f"{HEAD}items: {{otherwise:    hold}}\n"


def test_an_editor_in_french(folder: Path) -> None:
    command = [*RUN, "rules", "lsp", "--company", str(folder / "company.json")]
    with LanguageServer(folder, command, locale="fr-CA") as server:
        wrong = folder / "fr.yaml"
        (found,) = server.problems(wrong, f"{HEAD}items: {{otherwise: hodl}}\n")
        assert "Vouliez-vous dire «\u00a0hold\u00a0»?" in found, found
        why = server.ask("hover", wrong, f"{HEAD}items: {{otherwise: ho|dl}}\n")["contents"]["value"]
        assert why.startswith("**OQ204 Ce n’est pas l’un des mots admis"), why
        key = server.ask("hover", folder / "fr2.yaml", f"{HEAD}invoices: {{on_|open: copy}}\n")["contents"]["value"]
        assert key.startswith("**Ce qu’") and "Exemple\u00a0: `" in key, key
        rule = RULED.replace("- {id: canada", "- {id: can|ada")
        does = server.ask("hover", folder / "fr3.yaml", rule)["contents"]["value"]
        assert does.startswith("**items.exceptions.canada**, pour le type de service `Training ou Travel`"), does
        assert (
            "Elle décide, par exemple\u00a0: " in does and "Règles avant elle qui correspondent à une partie" in does
        ), does
        actions = server.ask("codeAction", folder / "fr4.yaml", f"{HEAD}items: {{otherwise: |hodl}}\n")
        assert [each["title"].partition(" (")[0] for each in actions] == ["Écrire hold", "Écrire same_name"]
