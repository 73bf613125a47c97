"""Several files of one rule set: places are kept, sections have one home, cases are no rules."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings import CannotRead, render_text
from onedesk_quickbooks.plugin.findings.contained import read_inside
from onedesk_quickbooks.plugin.findings.regular import read_beneath
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.report import run_paths
from onedesk_quickbooks.plugin.ruleset.cases.write import write_cases
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.read.files import rule_files

INVOICE = Invoice.from_json(
    {
        "id": "7",
        "number": "7",
        "status": "open",
        "currency": "CAD",
        "issue_date": "2026-07-15",
        "customer": {"id": "c", "name": "Acme", "address": {"country": "CA", "region": "Ontario"}},
        "lines": [{"id": "1", "service_type": "Travel", "amount": "10.00"}],
        "total": "10.00",
    }
)


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_included_rules_decide_and_know_their_place(tmp_path: Path) -> None:
    write(tmp_path, rules="version: 1\ninclude: [parts/taxes.yaml, parts/items.yaml]\n")
    write(
        tmp_path / "parts",
        taxes="version: 1\ntaxes:\n  by_country:\n    CA: {default: GST, ON: HST ON}\n  otherwise: hold\n",
        items="version: 1\nitems: {by_service_type: {Travel: Trips}, otherwise: hold}\n",
    )
    loaded = load(tmp_path / "rules.yaml")
    assert loaded.findings == ()
    assert [path.name for path in loaded.files] == ["rules.yaml", "taxes.yaml", "items.yaml"]
    assert loaded.rules is not None
    line = decide(loaded.rules, INVOICE, Facts("CA")).lines[0]
    assert line.tax.code == "HST ON"
    assert line.tax.decision.at.file == str(tmp_path / "parts" / "taxes.yaml")
    assert (line.tax.decision.at.line, line.tax.decision.at.column) == (4, 24)
    assert line.item is not None
    assert line.item.name == "Trips"


def test_a_folder_is_one_rule_set_without_its_cases(tmp_path: Path) -> None:
    write(tmp_path, a="version: 1\ntaxes: {otherwise: hold}\n", b="version: 1\nitems: {otherwise: hold}\n")
    write(tmp_path, **{"a.cases": "version: 1\ncases: []\n"})
    loaded = load(tmp_path)
    assert (loaded.findings, loaded.summary["tables"], loaded.summary["files"]) == ((), 2, 2)


def test_a_file_included_twice_is_read_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        rules="version: 1\ninclude: [b.yaml, c.yaml]\n",
        b="version: 1\ninclude: [c.yaml]\n",
        c="version: 1\ntaxes: {otherwise: hold}\n",
    )
    assert load(tmp_path / "rules.yaml").findings == ()


def test_a_mistake_in_an_included_file_is_found_there(tmp_path: Path) -> None:
    write(tmp_path, rules="version: 1\ninclude: [b.yaml]\n", b="version: 1\ntaxes: {otherwise: hodl}\n")
    (finding,) = check([tmp_path / "rules.yaml"]).findings
    assert (finding.file, finding.code, finding.line, finding.column) == (str(tmp_path / "b.yaml"), "OQ204", 2, 20)
    assert finding.text == "taxes: {otherwise: hodl}"


def test_what_is_sound_is_checked_beside_a_mistake(check_files: Any) -> None:
    found = check_files(
        {
            "rules.yaml": "version: 1\ntaxes:\n  by_country:\n    UK: GST\n    CA: [GST]\n    NO: VAT 25%\n    no: x\n"
            "  exceptions:\n    - {id: a, when: {country: XX}, code: y}\n    - {id: b, when: {}, code: y}\n"
            "  otherwise: hold\n"
        }
    ).findings
    assert [(each.code, each.line) for each in found] == [
        ("OQ301", 4),
        ("OQ203", 5),
        ("OQ302", 7),
        ("OQ301", 9),
        ("OQ207", 10),
    ]


def test_norway_and_ontario_are_places(check_files: Any) -> None:
    text = "version: 1\ntaxes: {by_country: {NO: VAT 25%, CA: {default: GST, ON: HST ON}}, otherwise: hold}\n"
    checked = check_files({"rules.yaml": text})
    assert checked.findings == ()
    asked = [str(row.when["country"]) for row in checked.loaded[0].rules.chains["tax_code"].rows if row.when]
    assert asked == ["NO", "CA", "CA"]


def test_the_hash_is_of_the_meaning(check_files: Any) -> None:
    def hashed(text: str) -> str:
        rules = check_files({"rules.yaml": text}).loaded[0].rules
        assert rules is not None
        return str(rules.hash)

    one = hashed("version: 1\ntaxes: {otherwise: hold}\ntotals: {tolerance: 0.01}\n")
    assert hashed('# a comment\nversion: 1\ntotals:\n  tolerance: "0.01"\ntaxes:\n  otherwise: hold\n') == one
    assert hashed("version: 1\ntaxes: {otherwise: hold}\ntotals: {tolerance: 0.02}\n") != one


def test_a_file_of_cases_among_the_paths_is_checked_as_such(tmp_path: Path) -> None:
    path = tmp_path / "rules.cases.yaml"
    path.write_text(
        "version: 1\ncases:\n  - {name: a, given: {service_type: x}, expect: {item: x}}\n", encoding="utf-8"
    )
    checked = check([path])
    assert (checked.findings, checked.summary) == ((), {"files": 1, "cases": 1})
    assert render_text((), checked.summary, color=False) == "No findings: 1 case."
    path.write_text("version: 1\ncases:\n  - {name: a, given: {}, expekt: {item: x}}\n", encoding="utf-8")
    assert {each.code for each in check([path]).findings} >= {"OQ201"}


OUTSIDE = [
    ("../other/secret.yaml", "it is not in the folder of the rules"),
    ("/etc/hostname.yaml", "it is not in the folder of the rules"),
    ("linked.yaml", "it is not in the folder of the rules"),
    ("notes.txt", "its name does not end in .yaml or .yml"),
    ("settings", "its name does not end in .yaml or .yml"),
]


@pytest.mark.parametrize(("name", "why"), OUTSIDE)
def test_only_rule_files_below_the_folder_are_read(tmp_path: Path, name: str, why: str) -> None:
    """Nothing of another file is shown, not even a line of it beside a finding."""
    (tmp_path / "other").mkdir()
    (tmp_path / "rules").mkdir()
    secret = tmp_path / "other" / "secret.yaml"
    secret.write_text("client_secret: hunter2\n")
    (tmp_path / "rules" / "linked.yaml").symlink_to(secret)
    for text in ("notes.txt", "settings"):
        (tmp_path / "rules" / text).write_text("client_secret: hunter2\n")
    main = tmp_path / "rules" / "rules.yaml"
    main.write_text(f"version: 1\ninclude: [{name}]\n")
    found = check([main]).findings
    assert [each.code for each in found] == ["OQ126"]
    assert why in found[0].message and "hunter2" not in render_text(found, {}, color=False)


SECRET = "client_secret: hunter2\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder of rules beside a file that is none of it."""
    write(tmp_path / "rules", a="version: 1\ntaxes: {otherwise: hold}\n")
    (tmp_path / "key").write_text(SECRET)
    (tmp_path / "settings.yaml").write_text(SECRET)
    return tmp_path / "rules"


@pytest.mark.parametrize("target", ["../key", "../settings.yaml", "/etc/shadow", "deeper/../../key"])
def test_a_link_out_of_the_folder_is_not_opened(rules: Path, target: str) -> None:
    (rules / "deeper").mkdir()
    (rules / "c.yaml").symlink_to(target)
    with pytest.raises(
        CannotRead, match=r"c\.yaml: is a link that leads out of the folder .* delete the link"
    ) as refused:
        check([rules])
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("named", ["", "x.yaml", "x.cases.yaml"])
def test_linked_cases_are_not_opened(rules: Path, named: str) -> None:
    (rules / "x.yaml").write_text("version: 1\nitems: {otherwise: hold}\n")
    (rules / "x.cases.yaml").symlink_to("../settings.yaml")
    with pytest.raises(CannotRead, match=r"x\.cases\.yaml: is a link that leads out"):
        run_paths([rules / named])
    with pytest.raises(CannotRead, match=r"x\.cases\.yaml: is a link that leads out"):
        write_cases(rules / named, Facts("US"))
    with pytest.raises(CannotRead, match="is a link that leads out"):
        check([rules / "x.cases.yaml"])


def test_cases_are_not_begun_through_a_link(rules: Path, tmp_path: Path) -> None:
    (rules / "a.cases.yaml").symlink_to("../new")
    with pytest.raises(CannotRead, match="is a link that leads out"):
        write_cases(rules / "a.yaml", Facts("US"))
    assert not (tmp_path / "new").exists()


def test_links_that_stay_are_followed_and_dead_ones_left(rules: Path, tmp_path: Path) -> None:
    (rules / "..data").mkdir()
    (rules / "..data" / "items").write_text("version: 1\nitems: {otherwise: hold}\n")
    (rules / "b.yaml").symlink_to("..data/items")
    (rules / ".#a.yaml").symlink_to("ada@desk.4711")  # what Emacs leaves beside a file that is being edited
    (tmp_path / "link").symlink_to(rules)
    loaded = load(tmp_path / "link")
    assert (loaded.findings, [path.name for path in loaded.files]) == ((), ["a.yaml", "b.yaml"])


def test_a_named_file_may_be_a_link_and_includes_where_it_leads(rules: Path, tmp_path: Path) -> None:
    (rules / "main.yaml").write_text("version: 1\ninclude: [a.yaml]\n")
    (tmp_path / "main.yaml").symlink_to(rules / "main.yaml")
    assert load(tmp_path / "main.yaml").findings == ()
    (rules / "main.yaml").write_text("version: 1\ninclude: [../settings.yaml]\n")
    found = load(tmp_path / "main.yaml").findings
    assert [each.code for each in found] == ["OQ126"] and "hunter2" not in render_text(found, {}, color=False)


@pytest.mark.parametrize("text", ["client_secret: hunter2\n", "client_secret: [hunter2\n", "hunter2\n"])
def test_no_finding_shows_lines_of_a_file_that_holds_no_rules(tmp_path: Path, text: str) -> None:
    """Rules may stand in the data directory, beside its settings."""
    write(tmp_path, rules="version: 1\ninclude: [settings.yaml]\n", settings=text)
    shown = render_text(check([tmp_path / "rules.yaml"]).findings, {}, color=False)
    assert 'The file "settings.yaml" cannot be included: it holds settings, not rules.' in shown
    assert "hunter2" not in shown


_OTHERS = ("payments: hunter2", 'version: "3"\ninclude: hunter2', "version: 1\nclient_secret: hunter2", "- hunter2")


@pytest.mark.parametrize("text", _OTHERS)
def test_no_finding_shows_lines_of_what_another_program_has_beside_the_rules(tmp_path: Path, text: str) -> None:
    write(tmp_path, rules="version: 1\ninclude: [other.yaml]\n", other=f"{text}\n")
    shown = render_text(check([tmp_path / "rules.yaml"]).findings, {}, color=False)
    assert 'The file "other.yaml" cannot be included: it holds no rules.' in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("text", ["client_secret: hunter2\n", "version: 1\nclient_secret: hunter2\n"])
def test_settings_are_no_rules_under_whatever_path(tmp_path: Path, text: str) -> None:
    """The path of the rules may be the data directory itself; the remedy works."""
    write(tmp_path, rules="version: 1\ntaxes: {otherwise: hold}\n", settings=text)
    (tmp_path / "link.yml").symlink_to("settings.yaml")
    for path in (tmp_path, tmp_path / "settings.yaml", tmp_path / "link.yml"):
        with pytest.raises(CannotRead, match=r"settings(, not| are not) rules") as refused:
            check([path])
        assert "hunter2" not in str(refused.value)
    with pytest.raises(CannotRead, match="or give the path of one file"):
        rule_files(tmp_path)
    assert load(tmp_path / "rules.yaml").findings == ()


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("key", ["rules", "invoice"])
def test_a_file_of_cases_names_files_of_its_folder_alone(tmp_path: Path, key: str, link: bool) -> None:
    """Nothing of another file is read, and nothing of it shown."""
    folder, outside = tmp_path / "rules", tmp_path / "outside.json"
    outside.write_text('"hunter2"', encoding="utf-8")
    named = "../outside.json"
    write(folder, rules="version: 1\n")
    if link:
        (folder / "named.json").symlink_to(outside)
        named = "named.json"
    given = f"given: {{invoice: {named}}}" if key == "invoice" else "given: {country: US}"
    head = f"rules: {named}\n" if key == "rules" else ""
    cases = f"version: 1\n{head}cases:\n  - {{name: one, {given}, expect: {{on_open: offer}}}}\n"
    (folder / "rules.cases.yaml").write_text(cases, encoding="utf-8")
    with pytest.raises(CannotRead, match="is not in the folder") as caught:
        run_paths([folder / "rules.cases.yaml"])
    assert "hunter2" not in str(caught.value)


NAMED = [
    ("settings.yaml", SECRET),
    ("Settings.YAML", SECRET),
    ("link.json", '{"client_secret": "hunter2"}'),
    ("key", "hunter2"),
    ("notes.txt", '{"lines": ["hunter2"], "hunter2": 1}'),
    ("ledger.sqlite", "hunter2\0"),
    ("account.json", '{"type": "hunter2", "private_key": "hunter2", "hunter2": 1}'),
    ("list.json", '["hunter2"]'),
    ("text.json", '"hunter2"'),
    ("broken.json", "{hunter2: 1"),
    ("other.yaml", "hunter2: [hunter2\n"),
    ("other.yml", "secrets:\n  version: hunter2\n"),
]


@pytest.mark.parametrize(("name", "text"), NAMED)
@pytest.mark.parametrize("key", ["rules", "invoice"])
def test_cases_show_nothing_of_a_file_that_is_neither(tmp_path: Path, key: str, name: str, text: str) -> None:
    """Rules and cases may stand in the data directory, beside its settings and its key."""
    write(tmp_path, rules="version: 1\n")
    (tmp_path / name).write_text(text, encoding="utf-8")
    if name == "link.json":
        (tmp_path / "settings.yaml").write_text(text, encoding="utf-8")
        (tmp_path / name).unlink()
        (tmp_path / name).symlink_to("settings.yaml")
    given = f"given: {{invoice: {name}}}" if key == "invoice" else "given: {country: US}"
    head = f"rules: {name}\n" if key == "rules" else ""
    cases = f"version: 1\n{head}cases:\n  - {{name: one, {given}, expect: {{on_open: offer}}}}\n"
    (tmp_path / "rules.cases.yaml").write_text(cases, encoding="utf-8")
    for path in (tmp_path / "rules.cases.yaml", tmp_path / "rules.yaml", tmp_path):
        with pytest.raises(CannotRead) as caught:
            run_paths([path])
        assert "hunter2" not in str(caught.value)
        if path.name == "rules.cases.yaml":
            with suppress(CannotRead):
                assert "hunter2" not in render_text(check([path]).findings, {}, color=False)


def test_an_invoice_with_a_mistake_says_which(tmp_path: Path) -> None:
    write(tmp_path, rules="version: 1\n")
    (tmp_path / "one.json").write_text('{"id": "1", "currency": "usd", "lines": []}', encoding="utf-8")
    cases = "version: 1\ncases:\n  - {name: one, given: {invoice: one.json}, expect: {on_open: offer}}\n"
    (tmp_path / "rules.cases.yaml").write_text(cases, encoding="utf-8")
    with pytest.raises(CannotRead, match="is not a valid invoice \\("):
        run_paths([tmp_path / "rules.yaml"])


def test_a_link_that_is_put_there_after_the_check_is_not_followed(tmp_path: Path) -> None:
    """`read_beneath` opens what was looked at, folder by folder."""
    folder, outside = tmp_path / "rules", tmp_path / "outside"
    write(folder / "parts", taxes="version: 1\n")
    write(outside, taxes="secret: 1\n")
    looked_at = (folder / "parts" / "taxes.yaml").resolve()
    assert read_beneath(looked_at, folder.resolve()) == b"version: 1\n"
    looked_at.unlink()
    looked_at.symlink_to(outside / "taxes.yaml")
    with pytest.raises(OSError, match="symbolic links"):
        read_beneath(looked_at, folder.resolve())
    looked_at.unlink()
    looked_at.parent.rmdir()
    looked_at.parent.symlink_to(outside)
    with pytest.raises(OSError, match=r"symbolic links|[Nn]ot a directory"):
        read_beneath(looked_at, folder.resolve())
    with pytest.raises(CannotRead, match="is a link that leads out of the folder"):
        read_inside(looked_at, folder, 100)
    (folder / "settings.yaml").write_text(SECRET)
    (folder / "link.yaml").symlink_to("settings.yaml")
    for name in ("settings.yaml", "link.yaml"):
        with pytest.raises(CannotRead, match="holds settings, so it was not read"):
            read_inside(folder / name, folder, 100)
    for path in (outside / "taxes.yaml", folder):
        with pytest.raises(OSError, match="it is not in the folder"):
            read_beneath(path.resolve(), folder.resolve())


def test_links_that_change_while_they_are_read_show_no_line_of_another_file(tmp_path: Path) -> None:
    folder, secret = tmp_path / "rules", tmp_path / "secret.yaml"
    write(folder, rules="version: 1\ninclude: [part.yaml]\n", own="version: 1\ntaxes: {otherwise: hold}\n")
    secret.write_text("taxes: {password: hunter2}\n", encoding="utf-8")
    stop = threading.Event()

    def swap() -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            (folder / "new").symlink_to(secret if number % 2 else folder / "own.yaml")
            (folder / "new").replace(folder / "part.yaml")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(100):
            text = repr(check([folder / "rules.yaml"]).findings)
            assert "hunter2" not in text and "password" not in text
    finally:
        stop.set()
        swapping.join()


def test_errors_of_one_rule_set_hide_nothing_of_another(tmp_path: Path) -> None:
    dead = "  exceptions: [{id: a, when: {tag: x}, item: X}, {id: b, when: {tag: x, country: CA}, item: Y}]\n"
    write(
        tmp_path,
        broken="version: 1\nitems: {otherwize: hold}\n",
        dead=f"version: 1\nitems:\n{dead}  otherwise: hold\n",
        nothing="{}\n",
    )
    names = ("broken", "dead", "nothing")
    together = check([tmp_path / f"{each}.yaml" for each in names])
    alone = [check([tmp_path / f"{each}.yaml"]) for each in names]
    assert list(together.findings) == [found for each in alone for found in each.findings]
    assert [each.code for each in together.findings] == ["OQ201", "OQ401", "OQ115"]
    assert [each.rules is None for each in together.loaded] == [True, False, True]
