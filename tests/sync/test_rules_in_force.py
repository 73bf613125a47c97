"""A running service takes changed rules only if `check` finds no error in them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.sync.errors import CannotStart, RulesProblem
from onedesk_quickbooks.plugin.sync.last_rules import RulesCopy
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from tests.sync.conftest import keeping

CLEAN = "version: 1\ntaxes: {otherwise: hold}\n"
DEAD = """\
version: 1
items:
  exceptions:
    - {id: all-training, when: {service_type: "Training*"}, item: Training}
    - {id: training-ca, when: {service_type: "Training*", country: CA}, item: Training (CA)}
  otherwise: same_name
taxes: {otherwise: none}
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file, each time at a later second."""
    seconds = iter(range(1, 100))

    def put(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        second = next(seconds)
        os.utime(path, (second, second))
        return path

    return put


def test_a_rule_that_can_never_win_keeps_the_file_out(write: Write) -> None:
    keeper = keeping(write("rules.yaml", CLEAN))
    write("rules.yaml", DEAD)
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold"
    assert "OQ401" in keeper.complaint
    assert "stay in force" in keeper.complaint
    write("rules.yaml", CLEAN.replace("hold", "none"))
    assert keeper.current().chains["tax_code"].rows[-1].says == "none"
    assert keeper.complaint == ""


def test_a_warning_or_note_does_not(write: Write) -> None:
    keeper = keeping(write("rules.yaml", CLEAN))
    write("rules.yaml", "version: 1\ninvoices: {terms: Net 30}\ntaxes: {otherwise: none}\n")
    assert keeper.current().chains["tax_code"].rows[-1].says == "none"


def test_nothing_starts_with_a_rule_that_can_never_win(write: Write) -> None:
    with pytest.raises(CannotStart, match="training-ca can never win"):
        keeping(write("rules.yaml", DEAD))


def test_an_included_file_that_comes_later_is_seen(write: Write, tmp_path: Path) -> None:
    keeper = keeping(write("rules.yaml", CLEAN))
    write("rules.yaml", "version: 1\ninclude: [taxes.yaml]\n")
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold"
    assert "taxes.yaml" in keeper.complaint
    write("taxes.yaml", "version: 1\ntaxes: {otherwise: automatic}\n")
    assert keeper.current().chains["tax_code"].rows[-1].says == "automatic"
    assert keeper.complaint == ""
    (tmp_path / "taxes.yaml").unlink()
    assert keeper.current().chains["tax_code"].rows[-1].says == "automatic"
    assert "OQ126" in keeper.complaint


def test_rules_that_are_gone_stay_in_force_until_they_are_back(write: Write, tmp_path: Path) -> None:
    keeper = keeping(write("rules.yaml", CLEAN))
    (tmp_path / "rules.yaml").unlink()
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold"
    assert "cannot be read" in keeper.complaint
    write("rules.yaml", CLEAN.replace("hold", "none"))
    assert keeper.current().chains["tax_code"].rows[-1].says == "none"
    assert keeper.complaint == ""


@pytest.mark.parametrize("folder", [False, True])
def test_companies_with_the_same_files_share_what_was_made_of_them(write: Write, tmp_path: Path, folder: bool) -> None:
    path = write("rules.yaml", CLEAN)
    first, *others = (keeping(tmp_path if folder else path).in_force for _ in range(5))
    assert all(each is first for each in others)
    if folder:
        write("more.yaml", "version: 1\ntotals: {tolerance: 2}\n")
    else:
        write("rules.yaml", CLEAN.replace("hold", "none"))
    assert keeping(tmp_path if folder else path).in_force.hash != first.hash


@pytest.mark.parametrize("put", ["written", "moved"])
def test_a_changed_file_of_the_same_size_and_date_is_read_again(write: Write, tmp_path: Path, put: str) -> None:
    """As what a deployment puts there: `rsync --times` of an image in which every file has the same date."""
    path = write("rules.yaml", CLEAN)
    keeper, stamp = keeping(path), path.stat()
    file = path if put == "written" else tmp_path / "new"
    file.write_text(CLEAN.replace("hold", "none"), encoding="utf-8")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    file.replace(path)
    assert keeper.current().chains["tax_code"].rows[-1].says == "none"


def test_a_changed_file_that_is_included_is_read_again(write: Write) -> None:
    part, path = write("part.yaml", CLEAN), write("rules.yaml", "version: 1\ninclude: [part.yaml]\n")
    before, stamp = keeping(path).in_force, part.stat()
    part.write_text(CLEAN.replace("hold", "none"))
    os.utime(part, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert keeping(path).in_force.chains["tax_code"].rows[-1].says == "none"
    part.write_text(CLEAN)
    assert keeping(path).in_force.hash == before.hash
    part.unlink()
    with pytest.raises(CannotStart, match=r"part\.yaml"):
        keeping(path)


# Of a data directory


def kept(home: Path) -> RulesKeeper:
    return RulesKeeper.of(home, "")


@pytest.mark.parametrize("instead", ["nothing", "a mount point", "another installation", "another with rules"])
def test_rules_of_another_folder_in_its_place_are_not_taken(write: Write, tmp_path: Path, instead: str) -> None:
    """As where its volume is not mounted: a command may have made a new installation there, with the shipped rules."""
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    (home / "host.json").write_text("{}")
    (home / "rules.yaml").write_text(CLEAN)
    keeper = kept(home)
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold"
    unread = kept(home)
    home.rename(away)
    if instead != "nothing":
        home.mkdir()
    if instead == "another with rules":
        (home / "rules.yaml").write_text(CLEAN.replace("hold", "none"))
    if instead.startswith("another"):
        kept(home)
        (home / "host.json").write_text("{}")
    for _ in range(2):
        assert keeper.current().chains["tax_code"].rows[-1].says == "hold"
        assert f"The data directory {home} is missing, or another folder is in its place" in keeper.complaint
    with pytest.raises(CannotStart, match="another folder is in its place"):
        unread.current()
    home.rename(tmp_path / "other") if instead != "nothing" else None
    away.rename(home)
    assert unread.current().chains["tax_code"].rows[-1].says == "hold"
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold" and keeper.complaint == ""
    (home / "rules.yaml").write_text(CLEAN.replace("hold", "automatic"))
    assert keeper.current().chains["tax_code"].rows[-1].says == "automatic"


def test_the_first_file_takes_the_place_of_the_default(write: Write, tmp_path: Path) -> None:
    keeper = kept(tmp_path)
    assert keeper.path == DEFAULT_RULES
    write("rules.yaml", CLEAN)
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold"
    assert (keeper.path, keeper.complaint) == (tmp_path / "rules.yaml", "")
    (tmp_path / "rules.yaml").unlink()
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold" and "is missing" in keeper.complaint


@pytest.mark.parametrize("name", ["rules.yaml", "rules.yml", "rules"])
def test_a_start_without_the_rules_that_were_in_force_goes_on_with_them(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    path, away = tmp_path / name, tmp_path / "away"
    if name == "rules":
        path.mkdir()
    (path / "a.yaml" if name == "rules" else path).write_text(CLEAN)
    before = kept(tmp_path)
    path.rename(away)
    for _ in range(2):
        caplog.clear()
        keeper = kept(tmp_path)
        assert (keeper.current().hash, keeper.path, keeper.complaint) == (
            before.current().hash,
            path,
            caplog.messages[-1],
        )
        assert abs((keeper.since - before.since).total_seconds()) <= 1
        assert f"{path} is missing" in keeper.complaint and "rules init --shipped" in keeper.complaint
    away.rename(path)
    assert (keeper.current(wait=True).hash, keeper.complaint) == (before.current().hash, "")


def test_the_copy_can_be_put_back(write: Write, tmp_path: Path) -> None:
    before = kept(write("rules.yaml", CLEAN).parent)
    (tmp_path / "rules.yaml").unlink()
    keeper = kept(tmp_path)
    (copy,) = (tmp_path / "rules-in-force" / "files").iterdir()
    assert str(copy) in keeper.complaint
    copy.rename(tmp_path / "rules.yaml")
    assert (keeper.current().hash, keeper.complaint) == (before.current().hash, "")


def test_nothing_starts_where_the_rules_and_their_copy_are_gone(write: Write, tmp_path: Path) -> None:
    kept(write("rules.yaml", CLEAN).parent)
    (tmp_path / "rules.yaml").unlink()
    (tmp_path / "rules-in-force" / "files" / "rules.yaml").unlink()
    with pytest.raises(CannotStart, match="That copy cannot be used"):
        kept(tmp_path)


def test_rules_of_one_command_are_not_those_of_the_data_directory(write: Write, tmp_path: Path) -> None:
    other = write("other.yaml", CLEAN.replace("hold", "none"))
    RulesKeeper.of(tmp_path, str(other))
    assert (kept(tmp_path).path, kept(tmp_path).complaint) == (DEFAULT_RULES, "")
    own = kept(write("rules.yaml", CLEAN).parent)
    RulesKeeper.of(tmp_path, str(other))
    RulesKeeper.of(tmp_path, str(DEFAULT_RULES))
    (tmp_path / "rules.yaml").unlink()
    assert kept(tmp_path).in_force.hash == own.in_force.hash
    other.write_text(DEAD)
    assert RulesKeeper.of(tmp_path, str(other)).in_force.chains["tax_code"].rows[-1].says == "none"


@pytest.mark.parametrize("wrong", [DEAD, "", None])
def test_rules_of_another_file_are_not_the_ones_before(write: Write, tmp_path: Path, wrong: str | None) -> None:
    """A setting that names another file, or a variable for one command, is no previous version of this file."""
    books, good = write("books.yaml", CLEAN), write("good.yaml", CLEAN.replace("hold", "none"))
    service = RulesKeeper.of(tmp_path, str(books))
    RulesKeeper.of(tmp_path, str(good))
    books.unlink() if wrong is None else write("books.yaml", wrong)
    assert service.current().chains["tax_code"].rows[-1].says == "hold"
    again = RulesKeeper.of(tmp_path, str(books))
    assert again.in_force.chains["tax_code"].rows[-1].says == "hold", "its own last ones"
    assert (again.path, again.since) == (books, service.since) and "stay in force" in again.complaint
    with pytest.raises(CannotStart):
        RulesKeeper.of(tmp_path, str(tmp_path / "never.yaml"))


def test_one_file_of_a_setting_by_two_names_keeps_its_versions(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books, good = write("books.yaml", CLEAN), write("good.yaml", CLEAN)
    monkeypatch.chdir(tmp_path)
    before = RulesKeeper.of(tmp_path, "books.yaml")
    for path in (good, books, good, good):
        RulesKeeper.of(tmp_path, str(path))
    write("books.yaml", CLEAN.replace("hold", "none"))
    changed = RulesKeeper.of(tmp_path, str(books))
    assert [each.hash for each in changed.versions] == [before.hash]
    write("books.yaml", DEAD)
    assert RulesKeeper.of(tmp_path, "books.yaml").hash == changed.hash
    assert RulesKeeper.of(tmp_path, str(good)).hash == before.hash


@pytest.mark.parametrize("wrong", [DEAD, "", None])
def test_rules_of_a_command_are_not_kept_and_replaced_by_none(write: Write, tmp_path: Path, wrong: str | None) -> None:
    books, good = write("books.yaml", CLEAN), write("good.yaml", CLEAN.replace("hold", "none"))
    RulesKeeper.of(tmp_path, str(books))
    one = RulesKeeper.of(tmp_path, str(good), by_command=True)
    assert one.in_force.chains["tax_code"].rows[-1].says == "none" and one.versions == []
    with pytest.raises(RulesProblem, match="apply to one command"):
        one.back("0", "ada")
    assert [each.name for each in tmp_path.glob("rules-in-force*")] == ["rules-in-force-given"]
    for path in (good, books):
        path.unlink() if wrong is None else write(path.name, wrong)
        with pytest.raises(CannotStart):
            RulesKeeper.of(tmp_path, str(path), by_command=True)
    assert RulesKeeper.of(tmp_path, str(books)).in_force.chains["tax_code"].rows[-1].says == "hold"


def test_a_start_with_mistakes_goes_on_with_what_was_in_force(write: Write, tmp_path: Path) -> None:
    write("part.yaml", "version: 1\ntaxes: {otherwise: hold}\n")
    write("rules.yaml", "version: 1\ninclude: [part.yaml]\n")
    before = kept(tmp_path)
    write("rules.yaml", DEAD)
    (tmp_path / "part.yaml").unlink()
    keeper = kept(tmp_path)
    assert (
        keeper.current().hash == before.current().hash and keeper.current().chains["tax_code"].rows[-1].says == "hold"
    )
    assert (
        "training-ca can never win" in keeper.complaint and "stay in force until that is corrected" in keeper.complaint
    )
    assert abs((keeper.since - before.since).total_seconds()) <= 1
    write("rules.yaml", CLEAN.replace("hold", "none"))
    assert (keeper.current().chains["tax_code"].rows[-1].says, keeper.complaint) == ("none", "")
    assert kept(tmp_path).complaint == ""


@pytest.mark.parametrize("broken", [DEAD, None])
def test_what_another_process_has_taken_stays_in_force_while_the_file_is_broken(
    write: Write, tmp_path: Path, broken: str | None
) -> None:
    service = kept(tmp_path)
    assert service.current().hash == RulesKeeper(lambda: DEFAULT_RULES).current().hash
    path = write("rules.yaml", CLEAN)
    command = kept(tmp_path)
    taken = command.current().hash
    path.unlink() if broken is None else write("rules.yaml", broken)
    assert service.current().hash == taken == kept(tmp_path).current().hash
    assert "stay in force" in service.complaint


def test_a_folder_with_a_typo_goes_on_with_what_was_in_force(tmp_path: Path) -> None:
    (tmp_path / "rules" / "more").mkdir(parents=True)
    (tmp_path / "rules" / "a.yaml").write_text("version: 1\ntaxes: {otherwise: hold}\n")
    (tmp_path / "rules" / "more" / "b.yaml").write_text("version: 1\ninvoices: {terms: Net 30}\n")
    before = kept(tmp_path).current().hash
    (tmp_path / "rules" / "a.yaml").write_text("version: 1\ntaxs: {otherwise: hold}\n")
    assert kept(tmp_path).current().hash == before


def test_nothing_starts_where_nothing_was_in_force(write: Write, tmp_path: Path) -> None:
    write("rules.yaml", DEAD)
    with pytest.raises(CannotStart, match="training-ca can never win"):
        kept(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "rules.yaml.txt",
        "Rules.yaml",
        "rule.yaml",
        "rules (1).yaml",
        "rules (copy).yaml",
        "rules.yaml.bak",
        "rules.ymal",
    ],
)
def test_a_file_that_only_looks_like_rules_is_reported(tmp_path: Path, name: str) -> None:
    assert kept(tmp_path).complaint == ""
    (tmp_path / name).write_text(CLEAN)
    keeper = kept(tmp_path)
    assert f"{name} in {tmp_path} is not read" in keeper.complaint
    (tmp_path / name).rename(tmp_path / "rules.yaml")
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold" and keeper.complaint == "", "the remedy works"


@pytest.mark.parametrize("name", ["rules.yml", "rules/a.yaml", "Rules.yaml"])
def test_rules_beside_those_that_are_read_are_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / "rules.yaml").write_text(CLEAN)
    other = tmp_path / name
    other.parent.mkdir(exist_ok=True)
    other.write_text(CLEAN)
    assert kept(tmp_path).complaint.startswith(f"Nothing is read of {name.split('/')[0]} in {tmp_path}")
    (tmp_path / "rules.yaml").write_text(f"version: 1\ninclude: [{name}]\n")
    assert kept(tmp_path).complaint == "", "it is included"


@pytest.mark.parametrize("name", ["rules.yaml~", ".rules.yaml.swp", "rules.cases.yaml", "taxes.yaml", "roles"])
def test_what_is_no_mistake_is_not_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(CLEAN)
    assert kept(tmp_path).complaint == ""


def test_a_link_that_leads_nowhere_is_no_shipped_default(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").symlink_to("share.yaml")
    with pytest.raises(CannotStart, match=r"rules\.yaml: there is no such file"):
        kept(tmp_path)
    (tmp_path / "share.yaml").write_text(CLEAN)
    keeper = kept(tmp_path)
    (tmp_path / "share.yaml").unlink()
    for each in (keeper, kept(tmp_path)):
        assert each.current().chains["tax_code"].rows[-1].says == "hold"
        assert "stay in force" in each.complaint


def test_the_same_rules_in_another_place_are_in_force_since_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules.yaml").write_text(CLEAN)
    since = kept(tmp_path).since
    copy = RulesCopy(tmp_path)
    monkeypatch.chdir(tmp_path.parent)
    about = (tmp_path / "rules-in-force" / "about.json").stat()
    assert kept(Path(tmp_path.name)).since == since
    assert (tmp_path / "rules-in-force" / "about.json").stat() == about, "nothing to keep: it is the same file"
    (tmp_path / "rules.yaml").rename(tmp_path / "rules.yml")
    assert kept(tmp_path).since == since
    last = copy.last()
    assert last is not None and (last.source, last.since) == (str(tmp_path / "rules.yml"), since)


def test_rules_that_are_renamed_are_reported_where_they_are_missed(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(CLEAN)
    keeper = kept(tmp_path)
    (tmp_path / "rules.yaml").rename(tmp_path / "Rules.yaml")
    for each in (keeper, kept(tmp_path)):
        assert each.current().chains["tax_code"].rows[-1].says == "hold"
        assert f"Rules.yaml in {tmp_path} is not read" in each.complaint
        assert f"those of {tmp_path / 'rules-in-force'}" in each.complaint


def test_a_fifo_in_the_place_of_the_rules_is_not_waited_for(write: Write, tmp_path: Path) -> None:
    path = write("rules.yaml", CLEAN)
    keeper = keeping(path)
    path.unlink()
    os.mkfifo(path)
    assert keeper.current().chains["tax_code"].rows[-1].says == "hold"
    assert f"{path}: is a FIFO, not a file, so it was not read" in keeper.complaint
    path.unlink()
    write("rules.yaml", CLEAN.replace("hold", "none"))
    assert keeper.current().chains["tax_code"].rows[-1].says == "none"


# Where the files hold what was kept of them


def test_what_is_in_force_is_known_from_what_was_kept(write: Write, tmp_path: Path) -> None:
    first, again = kept(write("rules.yaml", CLEAN).parent), kept(tmp_path)
    assert (again.hash, again.since, again.path, again.complaint) == (first.hash, first.since, first.path, "")
    assert again.current().hash == again.in_force.hash == first.in_force.hash


@pytest.mark.parametrize("change", ["own", "included", "new"])
def test_whatever_has_changed_since_is_read_again(tmp_path: Path, change: str) -> None:
    folder, part = tmp_path / "rules", tmp_path / "rules" / "part" / "part.yaml"
    part.parent.mkdir(parents=True)
    part.write_text("version: 1\ntotals: {tolerance: 1}\n")
    (folder / "a.yaml").write_text(f"{CLEAN}include: [part/part.yaml]\n")
    before = kept(tmp_path)
    changed = {"own": folder / "a.yaml", "included": part, "new": folder / "b.yaml"}[change]
    stamp = part.stat()
    text = changed.read_text() if changed.exists() else "version: 1\ninvoices: {terms: Net 30}\n"
    changed.write_text(text.replace("hold", "none").replace("tolerance: 1", "tolerance: 2"))
    os.utime(changed, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    after = kept(tmp_path)
    assert after.hash == keeping(folder).hash != before.hash


@pytest.mark.parametrize("mark", ["", "0" * 64, None])
def test_what_another_release_has_kept_is_read_again(write: Write, tmp_path: Path, mark: str | None) -> None:
    """It may have read the same files otherwise; earlier ones made no mark."""
    before, about = kept(write("rules.yaml", CLEAN).parent), tmp_path / "rules-in-force" / "about.json"
    found = {**json.loads(about.read_text()), "hash": "0" * 64, "mark": mark}
    about.write_text(json.dumps({name: value for name, value in found.items() if value is not None}))
    assert kept(tmp_path).hash == before.hash == kept(tmp_path).hash


def test_a_remark_is_read_once(write: Write, tmp_path: Path) -> None:
    before = kept(write("rules.yaml", CLEAN).parent)
    marks = [before.last]
    for _ in range(2):
        write("rules.yaml", f"# a remark\n{CLEAN}")
        again = kept(tmp_path)
        assert (again.hash, again.since, again.complaint) == (before.hash, before.since, "")
        marks.append(again.last)
    assert marks[0] != marks[1] == marks[2]


def test_a_file_that_changes_before_rules_are_first_asked_for_counts(write: Write, tmp_path: Path) -> None:
    kept(tmp_path)
    keepers = [kept(tmp_path) for _ in range(3)]
    write("rules.yaml", CLEAN)
    assert keepers[0].current().chains["tax_code"].rows[-1].says == "hold", "the default was in force at the start"
    keepers = [kept(tmp_path) for _ in range(3)]
    write("rules.yaml", DEAD)
    assert keepers[0].current().chains["tax_code"].rows[-1].says == "hold"
    assert "training-ca can never win" in keepers[0].complaint
    (tmp_path / "rules.yaml").unlink()
    assert keepers[1].in_force.chains["tax_code"].rows[-1].says == "hold" and "is missing" in keepers[1].complaint
    write("rules.yaml", CLEAN.replace("hold", "none"))
    assert keepers[2].current(wait=True).chains["tax_code"].rows[-1].says == "none" and keepers[2].complaint == ""
