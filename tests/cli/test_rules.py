"""Commands that work on rules: check against others, test, diff, rules, snapshot, explain."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.session import open_session
from onedesk_quickbooks.plugin.ruleset.read.editor import editor_schema, modeline, put_beside
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.support.invoices import invoice_json, line

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "rules" / "examples"
BAD = "version: 1\ninvoices: {on_open: maybe}\n"
OLD = "version: 1\nitems:\n  by_service_type:\n    Design: Landscaping\n  otherwise: same_name\n"
NEW = OLD.replace("Landscaping", "Gardening")

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]


def invoice(number: str = "R-1", service: str = "Design") -> dict[str, Any]:
    return invoice_json(
        number,
        line(service, "50", "2"),
        issue_date="2026-11-02",
        customer={"id": "c1", "name": "Harbor Labs", "address": {"country": "US"}},
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Old rules, new rules, one invoice."""
    old, new, one = tmp_path / "old.yaml", tmp_path / "new.yaml", tmp_path / "one.json"
    old.write_text(OLD)
    new.write_text(NEW)
    one.write_text(json.dumps(invoice()))
    return old, new, one


def test_findings_as_sarif_and_for_github(call: Call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(BAD)
    sarif = call("check", bad, "--format", "sarif")
    assert (sarif.code, json.loads(sarif.out)["version"]) == (1, "2.1.0")
    github = call("check", bad, "--format", "github")
    assert github.out.startswith(f"::error file={bad},line=2,")


def test_check_explains_a_code(call: Call) -> None:
    done = call("check", "--explain", "oq110")
    assert (done.code, "OQ110" in done.out) == (0, True)
    assert call("check", "--explain", "OQ000").code == 2
    every = call("check", "--explain", "all")
    assert every.code == 0 and "\n## OQ110: " in every.out and "\n## OQ405: " in every.out


def test_check_against_a_company_and_the_host(
    open_books: Open, call: Call, connect: Connect, home: Path, files: Any
) -> None:
    old, _, one = files
    books = open_books("us")
    connect(books)
    call("copy", one)
    snapshot = home / "company.json"
    assert call("snapshot", "-o", snapshot).code == 0
    assert call("check", old, "--company", snapshot).code == 0
    old.write_text(OLD.replace("Landscaping", "Landscapin"))
    for company in (snapshot, "live"):
        done = call("check", old, "--company", company, "--json")
        said = json.loads(done.out)["findings"]
        assert ([each["code"] for each in said], done.code) == (["OQ505"], 0), done
        assert "Landscaping" in said[0]["message"] + said[0]["remedy"]
    later = home / "later.yaml"
    later.write_text(
        "version: 1\ntaxes: {exceptions: [{id: a, from: 2999-01-01, when: {country: US}, code: X}], otherwise: hold}\n"
    )
    done = call("check", later, "--company", snapshot, "--json")
    assert ([each["code"] for each in json.loads(done.out)["findings"]], done.code) == (["OQ510"], 0), "by the clock"
    (home / "rules.yaml").write_text(BAD)  # what is in force is broken; others can be checked all the same
    old.write_text(OLD.replace("same_name", "hold").replace("Design", "Sailing"))
    done = call("check", old, "--host", "--json")
    found = [each for each in json.loads(done.out)["findings"] if each["code"].startswith("OQ6")]
    assert "100.00 USD" in found[0]["message"]
    assert "@" not in snapshot.read_text()
    assert call("check", old, "--company", "nowhere.json").code == 3


def test_cases_of_the_examples_pass(call: Call, tmp_path: Path) -> None:
    xml = tmp_path / "junit.xml"
    done = call("test", EXAMPLES, "--json", "--junit", xml)
    assert (done.code, done.one["summary"]["failed"]) == (0, 0)
    suites = ElementTree.parse(xml).getroot()
    assert len(suites) == len(list(EXAMPLES.glob("*.cases.yaml")))
    assert "cases passed" in call("test", EXAMPLES / "gb-vat.yaml").out


def test_cases_are_proposed_then_cover_then_fail(call: Call, files: Any) -> None:
    old, new, _ = files
    assert call("test", old).code == 3  # there are none
    done = call("test", old, "--write")
    assert (done.code, "cases added" in done.out) == (0, True)
    assert call("test", old, "--coverage-threshold", "100").code == 0
    assert call("test", old, "--coverage-threshold", "101").code == 2
    beside = old.with_name("old.cases.yaml")
    beside.write_text(beside.read_text().replace("Landscaping", "Gardening"))
    failed = call("test", beside)
    assert failed.code == 1
    assert f"{beside}:" in failed.out
    assert "Gardening" in failed.out
    assert call("test", old, "--mutate", "--json").one["unnoticed"] is not None
    assert new.exists()
    for path in (old, new):  # the first has cases, the second none
        path.write_text(BAD)
        refused = call("test", path, "--write")
        assert (refused.code, f"{path}: it has mistakes, so no case was written" in refused.out) == (1, True)
        assert call("check", *refused.out.strip().rpartition("check ")[2:]).code == 1


def test_diff_is_exact_and_summed_in_money(open_books: Open, call: Call, connect: Connect, files: Any) -> None:
    old, new, one = files
    assert call("diff", old, old).code == 0
    done = call("diff", old, new, "--invoices", one, "--json")
    assert done.code == 1
    (change,) = done.one["changes"]
    assert (change["old"]["outcome"], change["new"]["outcome"]) == ("Landscaping", "Gardening") or change["where"]
    sums = {(each["what"], each["amount"], each["currency"]) for each in done.one["replay"]["sums"]}
    assert ("item", "100.00", "USD") in sums
    books = open_books("us")
    connect(books)
    assert call("diff", old, new, "--history", "--json").one["replay"]["invoices"] == 0
    call("copy", one)
    assert call("diff", old, new, "--history", "--json").one["replay"]["invoices"] == 1
    late = call("diff", old, new, "--history", "--since", "2999-01-01", "--json").one["replay"]
    assert late["invoices"] == 0
    assert call("diff", old, new, "--since", "2026-01-01").code == 2
    assert "100.00 USD" in call("diff", old, new, "--history").out


def test_history_is_what_the_ledger_has_seen(
    open_books: Open, call: Call, connect: Connect, home: Path, files: Any
) -> None:
    """Held ones too, and those that the host no longer has."""
    old, new, one = files
    books = open_books("us")
    connect(books)
    held = home / "held.json"
    held.write_text(json.dumps({**invoice("R-2"), "lines": [{**invoice()["lines"][0], "amount": "99.00"}]}))
    assert call("copy", one).code == 0
    assert call("copy", held).code == 1
    for path in home.glob("onedesk.sqlite*"):
        path.unlink()
    assert call("explain", "R-1").code == 2  # the host has forgotten it
    kept = call("explain", "R-1", "--as-copied", "--json").one
    assert (kept["invoice"]["id"], len(kept["rules"]["hash"])) == ("R-1", 64)
    assert call("explain", "R-2", "--as-copied").code == 2
    today = datetime.now(timezone.utc).date()
    for words, count in (
        ((), 2),
        (("--since", today, "--until", today), 2),
        (("--since", today + timedelta(days=1)), 0),
        (("--until", today - timedelta(days=1)), 0),
    ):
        assert call("diff", old, new, "--history", *words, "--json").one["replay"]["invoices"] == count, words
    rows = call("rules", "show", "item", "--counts", "--json").lines
    assert sum(row["count"] for row in rows) == 1


def test_rules_are_shown_with_counts_of_the_past(open_books: Open, call: Call, connect: Connect, files: Any) -> None:
    old, _, one = files
    rows = call("rules", "show", "item", "--json", before=("--rules", old)).lines
    assert {"decision", "when", "outcome", "file", "line"} <= set(rows[0])
    assert "Landscaping" in call("rules", "show", before=("--rules", old)).out
    unknown = call("rules", "show", "itm", before=("--rules", old))
    assert (unknown.code, "item" in unknown.err) == (2, True)
    connect(open_books("us"))
    call("copy", one, before=("--rules", old))
    counted = call("rules", "show", "item", "--counts", "--json", before=("--rules", old)).lines
    (design,) = (each for each in counted if each["rule"] == "items.by_service_type.Design")
    (line,) = json.loads(Path(one).read_text())["lines"]
    assert (design["count"], design["sums"]) == (1, {"USD": line["amount"]})
    assert {str(each["sums"]) for each in counted if not each["count"]} == {"{}"}
    shown = call("rules", "show", "item", "--counts", before=("--rules", old)).out
    assert "Over" in shown and f"{line['amount']} USD" in shown


def test_rules_are_put_in_order_without_losing_a_comment(call: Call, tmp_path: Path) -> None:
    messy = tmp_path / "messy.yaml"
    messy.write_text("items:\n    otherwise:   same_name   # as it is called\nversion: 1\n")
    assert call("rules", "fmt", "--check", messy).code == 1
    assert call("rules", "fmt", messy).code == 0
    text = messy.read_text()
    assert text.startswith("version: 1\n")
    assert "# as it is called" in text
    assert call("rules", "fmt", "--check", messy).out == ""
    messy.write_text("items: [\n")
    assert call("rules", "fmt", messy).code == 1


def test_a_first_rule_set_checks_clean(open_books: Open, call: Call, connect: Connect, home: Path, files: Any) -> None:
    _, _, one = files
    connect(open_books("us"))
    call("copy", one)
    assert call("rules", "init").code == 0
    assert call("check", "--company", "live").code == 0
    assert (home / "rules.yaml").read_text().count("Design: Design") == 1
    again = call("rules", "init")
    assert (again.code, "--force" in again.err) == (3, True)
    assert call("rules", "init", "--force").code == 0
    assert (home / "rules.yaml").read_text().startswith(f"{modeline('rules')}\n")
    assert (home / "rules.schema.json").read_text() == editor_schema("rules")


def test_the_schema_for_editors(call: Call, tmp_path: Path) -> None:
    assert call("rules", "schema").out == editor_schema("rules")
    target = tmp_path / "cases.schema.json"
    assert "$schema=cases.schema.json" in call("rules", "schema", "--cases", "-o", target).err
    assert target.read_text() == editor_schema("cases")
    assert call("rules", "schema", "-o", tmp_path / "none" / "x").code == 3
    put_beside(tmp_path / "a.cases.yaml", "cases")
    assert target.read_text() == editor_schema("cases")
    for others in ('{"title": "of others"}', "no JSON"):
        target.write_text(others)
        put_beside(tmp_path / "a.cases.yaml", "cases")
        assert target.read_text() == others


def test_explain_why_not_and_as_it_was_copied(open_books: Open, call: Call, connect: Connect, files: Any) -> None:
    old, new, one = files
    other = call("explain", one, "--why-not", "items.otherwise", before=("--rules", old))
    assert (other.code, "items.by_service_type.Design" in other.out) == (0, True), other
    assert call("explain", one, "--why-not", "nonsense", before=("--rules", old)).code == 2
    connect(open_books("us"))
    call("copy", one, before=("--rules", old))
    now = call("explain", "R-1", "--json", before=("--rules", new)).one
    then = call("explain", "R-1", "--json", "--as-copied", before=("--rules", new)).one
    assert now["rules"]["hash"] != then["rules"]["hash"]
    assert "Landscaping" in json.dumps(then)
    assert "Gardening" in json.dumps(now)


def test_the_shipped_rules_are_written_where_no_data_directory_exists(call: Call, home: Path) -> None:
    home = home / "none" / "yet"
    done = call("rules", "init", "--shipped", before=("--home", home))
    assert done.code == 0 and f"{home / 'rules.yaml'} was written" in done.out, done
    assert (home.stat().st_mode & 0o777, call("check", before=("--home", home)).code) == (0o700, 0)


def test_rules_that_are_gone_stay_in_force_until_the_shipped_default_is_said_to_be_meant(
    open_books: Open, call: Call, connect: Connect, home: Path, files: Any
) -> None:
    _, _, one = files
    assert call("rules", "init", "--shipped", "--output", home.parent / "made.yaml").code == 0
    connect(open_books("us"))
    own = home / "rules.yaml"
    own.write_text("version: 1\nitems: {by_service_type: {Design: Landscaping}, otherwise: same_name}\n")
    before = call("status", "--json").one
    own.unlink()
    for command in (("doctor",), ("status",), ("check",), ("explain", one), ("rules", "show")):
        done = call(*command)
        text = " ".join((done.out + done.err).split())
        assert "rules.yaml is missing" in text and "rules init --shipped" in text, command
    (home / "Rules.yaml").write_text("version: 1\n")
    for command in (("doctor",), ("status",), ("check",)):
        done = call(*command)
        assert "rules init --shipped. Rules.yaml in" in " ".join((done.out + done.err).split()), command
    (home / "Rules.yaml").unlink()
    assert call("doctor").code == 1
    status = call("status", "--json").one
    assert [status[name] for name in ("rules", "rules_hash", "rules_since")] == [
        before[name] for name in ("rules", "rules_hash", "rules_since")
    ]
    assert "Landscaping" in call("plan", one).out
    assert "is missing" in call("rules", "fmt").err
    assert call("rules", "init", "--shipped").code == 0
    assert "Landscaping" not in call("plan", one).out
    assert (call("check").code, call("status", "--json").one["rules_complaint"]) == (0, "")


def test_rules_are_taken_and_gone_back_to(
    open_books: Open, call: Call, connect: Connect, home: Path, files: Any
) -> None:
    old, new, one = files
    home.mkdir(exist_ok=True)
    write_settings(home, {"rules_take_over": "confirm"})
    own = home / "rules.yaml"
    own.write_text(Path(old).read_text())
    connect(open_books("us"))
    call("copy", one)
    nothing = call("rules", "take")
    assert (nothing.code, "Nothing waits" in nothing.err) == (0, True)
    own.write_text(Path(new).read_text())
    looked = call("rules", "take")
    assert looked.code == 1 and "Landscaping -> Gardening" in looked.out and "rules take --yes" in looked.err
    assert "Of 1 invoice, " in looked.out
    assert "Landscaping" in call("explain", one).out and "Landscaping" in call("rules", "show", "item").out
    assert "has other rules" in call("status").out and call("doctor").code == 1
    for form in ((), ("--json",)):
        checked = call("check", *form)
        assert (checked.code, "holds other rules, which are not in force" in checked.err) == (0, True), checked
    assert (
        "not in force" not in call("check", own).err
        and "not in force" not in call("check", before=("--rules", own)).err
    )
    waiting = call("rules", "take", "--json").one
    assert (waiting["taken"], waiting["replay"]["invoices"]) == (False, 1)
    taken = call("rules", "take", "--yes")
    assert taken.code == 0 and f"is in force ({waiting['waiting'][:12]})" in taken.err
    assert "Gardening" in call("explain", one).out and "has other rules" not in call("status").out
    assert "not in force" not in call("check").err
    (version,) = call("rules", "back", "--json").lines
    assert version["hash"] == waiting["in_force"] and version["hash"][:12] in call("rules", "back").out
    assert call("rules", "back", "nonsense").code == 3
    looked = call("rules", "back", version["hash"][:6])
    assert looked.code == 1 and "Gardening -> Landscaping" in looked.out
    back = call("rules", "back", version["hash"][:6], "--yes")
    assert back.code == 0 and "went back from it" in back.err
    assert "Landscaping" in call("explain", one).out and own.read_text() == Path(new).read_text()
    trail = call("audit", "export").out
    assert "rules taken" in trail and "rules gone back" in trail and "command line" in trail
    assert "Gardening" in call("explain", one, before=("--rules", new)).out, "--rules waits for nobody"
    assert "Landscaping" in call("explain", one).out


@pytest.mark.parametrize("wrong", ["version: 1\ntaxs: {}\n", "", None, "folder"])
def test_rules_of_a_command_that_cannot_be_used_stop_it(
    open_books: Open, call: Call, connect: Connect, home: Path, files: Any, tmp_path: Path, wrong: str | None
) -> None:
    """Also where the same file, or another one, could be used by an earlier command; `plan` changes nothing."""
    connect(open_books())
    old, _, one = files
    mine = tmp_path / "mine.yaml"
    mine.write_text(Path(old).read_text())
    for rules in (mine, old):
        assert call("plan", one, before=("--rules", rules)).code == 0
    assert not list(home.glob("rules-in-force-given*"))
    mine.unlink()
    if wrong == "folder":
        mine.mkdir()
    elif wrong is not None:
        mine.write_text(wrong)
    for command in ("copy", "plan"):
        done = call(command, one, before=("--rules", mine))
        assert done.code == 3 and "stay in force" not in done.err, done
    assert call("copy", one, before=("--rules", old)).code == 0


def test_a_service_keeps_the_rules_that_it_was_given(home: Path, files: Any, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(Path(files[0]).read_text())
    service = Options(home, mine, service=True)
    for text in (None, "version: 1\ntaxs: {}\n"):
        mine.write_text(text) if text else None
        with open_session(service, connected=False) as session:
            assert session.application.rules_now().complaint.count("stay in force") == bool(text)
    with pytest.raises(CannotRun, match="have mistakes"), open_session(Options(home, mine), connected=False):
        pass
