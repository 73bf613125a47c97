"""Rules that a person takes, and goes back from: what is in force over changes, mistakes, restarts and processes."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.ops.doctor.files import examine
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.sync.errors import CannotStart, RulesProblem
from onedesk_quickbooks.plugin.sync.last_rules import RulesCopy, not_taken
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.sync.conftest import Desk

HOLD = "version: 1\ntaxes: {otherwise: hold}\n"
NONE = "version: 1\ntaxes: {otherwise: none}\n"
AUTOMATIC = "version: 1\ntaxes: {otherwise: automatic}\n"
BROKEN = "version: 1\ntaxs: {otherwise: hold}\n"
CONFIRM = {"rules_take_over": "confirm"}


def keeper_of(home: Path, *, confirm: bool = True) -> RulesKeeper:
    return RulesKeeper.of(home, "", confirm=confirm)


def taxes(keeper: RulesKeeper) -> str:
    return keeper.current(wait=True).chains["tax_code"].rows[-1].says


def put(home: Path, text: str) -> Path:
    path = home / "rules.yaml"
    new = home / ".rules.new"
    new.write_text(text)
    new.replace(path)  # as editors do: another inode, so that a change within one tick of the clock is seen
    return path


def waiting(keeper: RulesKeeper) -> str:
    keeper.current(wait=True)
    assert keeper.waiting is not None
    return keeper.waiting.rules.hash


def test_a_changed_file_waits_until_it_is_taken_also_over_a_restart(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path)
    before = keeper.in_force.hash
    assert (taxes(keeper), keeper.waiting) == ("hold", None)
    path = put(tmp_path, NONE)
    for each in (keeper, keeper_of(tmp_path)):
        assert taxes(each) == "hold" and waiting(each) != before
        assert f"{path} has other rules" in each.complaint and "until a person puts it into force" in each.complaint
        assert "rules take" in each.complaint
    wanted = waiting(keeper)
    assert keeper.take(wanted, "ada") == before
    assert (taxes(keeper), keeper.complaint, keeper.waiting) == ("none", "", None)
    again = keeper_of(tmp_path)
    assert (taxes(again), again.complaint) == ("none", "")
    assert again.last is not None and again.last.by == "ada"


def test_what_was_taken_in_one_process_is_in_force_in_another_that_runs(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    service, command = keeper_of(tmp_path), keeper_of(tmp_path)
    put(tmp_path, NONE)
    assert (taxes(service), taxes(command)) == ("hold", "hold")
    command.take(waiting(command), "ada")
    assert (taxes(service), service.complaint, service.waiting) == ("none", "", None)
    command.back(command.versions[0].hash, "ada")
    assert taxes(service) == "hold" and service.waiting is not None


def test_what_was_looked_at_is_what_is_taken(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path)
    put(tmp_path, NONE)
    seen = waiting(keeper)
    put(tmp_path, AUTOMATIC)
    with pytest.raises(RulesProblem, match="changed meanwhile"):
        keeper.take(seen, "ada")
    assert taxes(keeper) == "hold" and waiting(keeper) != seen


def test_a_remark_takes_nothing_and_waits_for_nobody(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path)
    put(tmp_path, f"# agreed with the auditor\n{HOLD}")
    assert (taxes(keeper), keeper.complaint, keeper.waiting) == ("hold", "", None)


def test_mistakes_wait_for_nobody_and_what_was_taken_stays(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path)
    put(tmp_path, NONE)
    assert waiting(keeper)
    put(tmp_path, BROKEN)
    assert taxes(keeper) == "hold" and keeper.waiting is None and "have mistakes" in keeper.complaint
    with pytest.raises(RulesProblem, match="have mistakes"):
        keeper.take("0" * 64, "ada")
    assert taxes(keeper_of(tmp_path)) == "hold", "a start goes on with what was taken"
    (tmp_path / "rules.yaml").unlink()
    for each in (keeper, keeper_of(tmp_path)):
        assert taxes(each) == "hold" and each.waiting is None and "is missing" in each.complaint


def test_the_first_rules_of_ones_own_wait_too_where_the_default_was_in_force(tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path)
    assert (keeper.path, keeper.complaint) == (DEFAULT_RULES, "")
    shipped = taxes(keeper)
    put(tmp_path, HOLD)
    assert taxes(keeper) == shipped and taxes(keeper_of(tmp_path)) == shipped
    keeper.take(waiting(keeper), "ada")
    assert taxes(keeper) == "hold"


def test_by_default_nobody_is_asked(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path, confirm=False)
    put(tmp_path, NONE)
    assert (taxes(keeper), keeper.complaint) == ("none", "")
    with pytest.raises(RulesProblem, match="nothing to put into force"):
        keeper.take(keeper.in_force.hash, "ada")


@pytest.mark.parametrize("confirm", [False, True])
def test_going_back_holds_over_a_restart_until_the_file_is_changed_or_taken(tmp_path: Path, confirm: bool) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path, confirm=confirm)
    put(tmp_path, NONE)
    if confirm:
        keeper.take(waiting(keeper), "ada")
    assert taxes(keeper) == "none"
    (version,) = keeper.versions
    keeper.back(version.hash, "bea")
    for each in (keeper, keeper_of(tmp_path, confirm=confirm)):
        assert taxes(each) == "hold" and each.waiting is not None
        assert "bea went back from it" in each.complaint
    put(tmp_path, f"# a remark\n{NONE}")
    assert taxes(keeper) == "hold", "the same rules are still not taken"
    put(tmp_path, AUTOMATIC)
    assert taxes(keeper) == ("hold" if confirm else "automatic")
    put(tmp_path, NONE)
    if not confirm:
        assert taxes(keeper) == "none", "what was written after another one is taken as ever"
        return
    keeper.take(waiting(keeper), "bea")
    assert (taxes(keeper), keeper.complaint) == ("none", "")


def test_going_back_from_a_file_with_mistakes_or_none_at_all(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path, confirm=False)
    put(tmp_path, NONE)
    assert taxes(keeper) == "none"
    other = keeper_of(tmp_path, confirm=False)
    put(tmp_path, BROKEN)
    assert taxes(keeper) == "none" and taxes(other) == "none"
    keeper.back(keeper.versions[0].hash, "ada")
    assert (taxes(keeper), taxes(other)) == ("hold", "hold")
    (tmp_path / "rules.yaml").unlink()
    keeper.back(keeper.versions[0].hash, "ada")
    assert (taxes(keeper), taxes(other)) == ("none", "none")
    put(tmp_path, HOLD)
    assert (taxes(keeper), taxes(other)) == ("hold", "hold")


def test_versions_are_kept_once_each_the_latest_first_and_no_more_than_twenty(tmp_path: Path) -> None:
    texts = [f'version: 1\ninvoices: {{on_open: offer, terms: "Net {days}"}}\n' for days in range(10, 35)]
    put(tmp_path, texts[0])
    keeper = keeper_of(tmp_path, confirm=False)
    hashes = [keeper.in_force.hash]
    for text in texts[1:]:
        put(tmp_path, text)
        hashes.append(keeper.current(wait=True).hash)
    assert [each.hash for each in keeper.versions] == hashes[::-1][1:21]
    keeper.back(hashes[-3], "ada")
    assert keeper.in_force.hash == hashes[-3]
    assert [each.hash for each in keeper.versions][:3] == [hashes[-1], hashes[-2], hashes[-4]]
    with pytest.raises(RulesProblem, match="is not available"):
        keeper.back(hashes[0], "ada")


def test_a_file_with_what_it_includes_is_kept_and_gone_back_to_whole(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text("version: 1\ntaxes: {otherwise: hold}\n")
    put(tmp_path, "version: 1\ninclude: [part.yaml]\n")
    keeper = keeper_of(tmp_path)
    (tmp_path / "part.yaml").write_text("version: 1\ntaxes: {otherwise: automatic}\n")
    assert taxes(keeper) == "hold" and waiting(keeper)
    keeper.take(waiting(keeper), "ada")
    assert taxes(keeper) == "automatic"
    keeper.back(keeper.versions[0].hash, "ada")
    (tmp_path / "part.yaml").unlink()
    assert taxes(keeper) == "hold" and taxes(keeper_of(tmp_path)) == "hold"


def test_one_that_is_killed_between_two_renames_leaves_what_was_in_force(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path)
    put(tmp_path, NONE)
    keeper.take(waiting(keeper), "ada")
    put(tmp_path, AUTOMATIC)
    (tmp_path / "rules-in-force").rename(tmp_path / "rules-in-force-before" / "99991231T000000.000000-killed")
    again = keeper_of(tmp_path)
    assert taxes(again) == "none" and waiting(again)


def test_nothing_starts_where_nobody_can_say_what_was_taken(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper_of(tmp_path)
    (tmp_path / "rules-in-force" / "files" / "rules.yaml").write_text(BROKEN)
    put(tmp_path, NONE)
    with pytest.raises(CannotStart, match=r"the rules in force are unknown.*delete it"):
        keeper_of(tmp_path)
    shutil.rmtree(tmp_path / "rules-in-force")
    assert taxes(keeper_of(tmp_path)) == "none", "the remedy works"


def test_two_who_take_at_once_take_once(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper = keeper_of(tmp_path)
    put(tmp_path, NONE)
    wanted, results = waiting(keeper), []

    def take() -> None:
        try:
            results.append(keeper.take(wanted, "ada"))
        except RulesProblem as problem:
            results.append(str(problem))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert len([each for each in results if len(each) == 64]) == 1 and len(results) == 4
    assert len(keeper.versions) == 1


def test_rules_of_a_setting_wait_and_a_command_with_others_does_not_touch_them(tmp_path: Path) -> None:
    own, other = tmp_path / "own.yaml", tmp_path / "other.yaml"
    own.write_text(HOLD)
    other.write_text(AUTOMATIC)
    service = RulesKeeper.of(tmp_path, str(own), confirm=True)
    RulesKeeper.of(tmp_path, str(other), confirm=False)  # as a command with --rules opens it
    assert taxes(service) == "hold"
    own.write_text(NONE)
    assert taxes(service) == "hold" and waiting(service)
    assert not_taken(tmp_path, str(own), confirm=True) is not None


def test_the_doctor_says_that_the_file_holds_other_rules(tmp_path: Path) -> None:
    write_settings(tmp_path, CONFIRM)
    put(tmp_path, HOLD)
    keeper_of(tmp_path)
    put(tmp_path, NONE)
    (found,) = [each for each in examine(tmp_path, {}) if each.name == "rules"]
    assert (found.state, "holds other rules than those in force" in found.found) == ("warning", True)
    assert "rules take" in found.remedy
    shutil.rmtree(tmp_path / "rules-in-force")
    (found,) = [each for each in examine(tmp_path, {}) if each.name == "rules"]
    assert found.state == "ok"


# Of an installation


def test_taking_and_going_back_stand_in_the_audit_trail_with_who_and_hashes(
    desks: Callable[..., Desk], invoice: Callable[..., dict[str, object]]
) -> None:
    desk = desks(rules=HOLD, settings=CONFIRM)
    desk.connect()
    application = desk.application
    before = application.rules_now().hash
    assert desk.copy(invoice()).outcome == "held"
    put(desk.home, AUTOMATIC)
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "held", "the file has not been taken"
    now = application.rules_now()
    moves = application.waiting_moves()
    assert moves is not None and (moves.old, moves.new) == (before, now.waiting)
    assert moves.replay.invoices == 2 and {each.what for each in moves.replay.sums()} == {"outcome", "tax_code"}
    assert application.status().to_json()["rules_complaint"].startswith(f"{desk.home / 'rules.yaml'} has other rules")
    application.take_rules(now.waiting, "ada")
    assert application.try_again([1, 2], "ada") == [1, 2]
    assert {each.outcome for each in desk.drain()} == {"copied"}
    counts = application.counted()
    shown = {each.rule: each for each in application.rules_shown("tax_code", counts)}
    decided = shown["taxes.otherwise"]
    assert (decided.count, [str(each) for each in decided.sums or ()]) == (4, ["620.00 USD"])
    application.back_to_rules(before, "bea")
    assert desk.copy(invoice(id="INV-3", number="2043")).outcome == "held"
    acts = [(each.actor, each.values) for each in application.ledger.audit.each() if each.kind == "act"]
    found = [(who, act["act"], act["before"], act["after"]) for who, act in acts if act["act"].startswith("rules")]
    assert found == [
        ("ada", "rules taken", before, now.waiting),
        ("bea", "rules gone back", now.waiting, before),
    ]


def test_what_could_not_be_taken_leaves_no_row(desks: Callable[..., Desk]) -> None:
    desk = desks(rules=HOLD, settings=CONFIRM)
    put(desk.home, NONE)
    application = desk.application
    for act in (application.take_rules, application.back_to_rules):
        with pytest.raises(RulesProblem):
            act("0" * 64, "ada")
    assert [each for each in application.ledger.audit.each() if each.kind == "act"] == []


def test_what_was_compared_with_other_rules_is_not_taken(desks: Callable[..., Desk]) -> None:
    """Two people look at what their change would do, and both press the button."""
    application = (desk := desks(rules=HOLD, settings=CONFIRM)).application
    first = application.rules_now().hash
    put(desk.home, NONE)
    application.take_rules(application.rules_now().waiting, "ada", first)
    second = application.rules_now().hash
    put(desk.home, AUTOMATIC)
    waiting = application.rules_now().waiting
    application.back_to_rules(first, "ada", second)
    for act in (application.take_rules, application.back_to_rules):
        with pytest.raises(RulesProblem, match="Other rules are in force by now than those that you compared with"):
            act(waiting, "bea", second)
    assert application.rules_now().hash == first
    assert application.take_rules(waiting, "bea", first).hash == waiting


def test_an_older_copy_can_be_read(tmp_path: Path) -> None:
    put(tmp_path, HOLD)
    keeper_of(tmp_path)
    about = tmp_path / "rules-in-force" / "about.json"
    about_rules = json.loads(about.read_text())
    about.write_text(json.dumps({name: about_rules[name] for name in ("path", "source", "hash", "since")}))
    last = RulesCopy(tmp_path).last()
    assert last is not None and (last.by, last.refused) == ("", ())
