"""A data directory knows whose it is: every command works through that host, or refuses."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest

from onedesk_quickbooks.hooks import HostEvents, Payment, QuickBooksPlugin, Reversal
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.app.owner import owner_of
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.errors import CannotStart
from tests.cli.test_work import invoice, put
from tests.hosts.desk import Desk, OtherDesk, make_host

SMALL_DESK = """
import sys
from pathlib import Path
import pluggy
from onedesk_quickbooks.hooks import HostEvents, QuickBooksPlugin

class SmallDesk:
    def __init__(self, directory=None): ...
    def read_invoice(self, invoice_id): ...
    def set_tag(self, invoice_id, tag, link): ...
    def add_note(self, invoice_id, key, text): ...
    def record_payment(self, payment): ...
    def reverse_payment(self, reversal): ...
    def may_administer(self, user): ...

if __name__ == "__main__":
    plugins = pluggy.PluginManager("onedesk")
    plugins.add_hookspecs(HostEvents)
    plugins.register(QuickBooksPlugin(background=False))
    plugins.hook.on_host_started(host=SmallDesk(), plugins=plugins, data_directory=Path(sys.argv[1]))
    plugins.hook.on_host_stopping()
"""

Call = Callable[..., Any]
Open = Callable[..., Any]
HOST = ("--host", "tests.hosts.desk:make_host")


@pytest.fixture
def books(open_books: Open, call: Call, home: Path) -> Any:
    """A US company, connected to a data directory in which the desk has started."""
    books = open_books("us")
    with make_host(home).started(home):
        pass
    done = call("connect", "--sandbox", books.base_url, "--yes", before=HOST)
    assert done.code == 0, done
    return books


@pytest.fixture
def desk(books: Any, home: Path) -> Desk:
    return make_host(home)


def test_a_command_on_the_data_directory_of_another_host_refuses(books: Any, call: Call, tmp_path: Path) -> None:
    before = sorted(path.name for path in tmp_path.rglob("*"))
    for words in (
        ["status"],
        ["payments"],
        ["queue"],
        ["copy", "A-1"],
        ["plan", put(tmp_path / "a.json", invoice("A"))],
    ):
        done = call(*words, predicted=False)
        assert done.code == 3, done
        assert "belongs to the host tests.hosts.desk:Desk. Name the function that makes it" in done.err
    (tmp_path / "a.json").unlink()
    assert sorted(path.name for path in tmp_path.rglob("*")) == before, "nothing was made"


@pytest.mark.parametrize("how", [["-m", "small_desk"], ["small_desk.py"]])
def test_a_host_that_is_the_main_program_is_the_same_for_a_command(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: list[str]
) -> None:
    (tmp_path / "small_desk.py").write_text(SMALL_DESK)
    home = tmp_path / "data"
    subprocess.run([sys.executable, *how, str(home)], cwd=tmp_path, timeout=60, check=True)
    assert json.loads((home / "host.json").read_text()) == {"host": "small_desk:SmallDesk"}
    monkeypatch.syspath_prepend(tmp_path)
    done = call("--home", str(home), "--host", "small_desk:SmallDesk", "status", predicted=False)
    assert done.code == 0, done


def test_the_whole_story_through_the_commands(books: Any, desk: Desk, call: Call, home: Path) -> None:
    """Sent in the host while nothing runs; the commands do it, and the host hears of it, of payments, too."""
    given = invoice("A-1", email="books@harbor.example")
    desk.keep(given)
    with desk.started(home) as hook:
        assert hook.on_invoice_send(invoice=given, user="ada") is True
    desk.keep(invoice("B-1"))
    assert [each["expected"] for each in call("plan", "B-1", "--json", before=HOST).lines] == ["copied", "sent"]
    done = call("copy", "B-1", "--json", before=HOST)
    assert [(each["id"], each["outcome"], each["waited"]) for each in done.lines] == [
        ("B-1", "copied", False),
        ("A-1", "sent", True),
    ]
    assert list(desk.shown("A-1", "tag")) == ["Sent by QuickBooks"]
    books.sandbox.pay({done.lines[1]["qbo_id"]: "40.00"})
    (paid,) = call("payments", "--json", before=HOST).lines
    assert (paid["what"], list(desk.shown("A-1", "payment").values())) == ("recorded", ["40.00 USD"])
    assert call("status", "--json", before=HOST).one["connected"] is True
    assert call("settings", "--json", before=HOST).lines


def test_files_are_for_the_embedded_host(books: Any, call: Call, tmp_path: Path) -> None:
    file = put(tmp_path / "a.json", invoice("A-1"))
    done = call("copy", file, before=HOST, predicted=False)
    assert done.code == 3 and "Invoices of files are put into the embedded host alone" in done.err
    planned = call("plan", file, before=HOST)
    assert planned.code == 3 and "Invoices of files are put into the embedded host alone" in planned.err


def test_a_parameter_with_a_default_gets_the_data_directory(books: Any, call: Call) -> None:
    assert call("status", "--json", before=("--host", "tests.hosts.desk:make_by_default")).one["connected"] is True


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("tests.hosts.desk", "write MODULE:FACTORY"),
        ("tests.hosts.nowhere:make", "it cannot be found"),
        ("tests.hosts.desk:make_nothing", "it cannot be found"),
        ("tests.hosts.desk:make_badly", "the host cannot be made (RuntimeError: its settings are missing)"),
        ("tests.hosts.desk:make_and_end", "the host cannot be made (SystemExit: its database is down)"),
        ("tests.hosts.desk:make_without_directory", "lacks read_invoice"),
        ("tests.hosts.desk:make_none", "make_none: the function returned None; it must return the host"),
        ("json:__name__", "not a function that makes the host"),
    ],
)
def test_a_host_that_cannot_be_had_is_one_sentence(books: Any, call: Call, named: str, said: str) -> None:
    done = call("status", before=("--host", named))
    assert (done.code, done.out) == (3, "") and said in done.err and "Traceback" not in done.err


def test_a_data_directory_of_another_host_is_refused_at_the_start(desk: Desk, home: Path) -> None:
    other = OtherDesk(desk.path)
    with pytest.raises(CannotStart, match=r"belongs to the host tests\.hosts\.desk:Desk.*delete .*host\.json"):
        other.started(home).__enter__()
    (home / "host.json").unlink()  # the remedy, where it is the same host under a new name
    with other.started(home):
        pass
    assert json.loads((home / "host.json").read_text())["host"] == "tests.hosts.desk:OtherDesk"


def test_a_host_json_that_is_damaged_says_where(tmp_path: Path) -> None:
    (file := tmp_path / "host.json").write_text('{"host"\n')
    with pytest.raises(CannotStart) as refused:
        owner_of(tmp_path)
    why = "a colon is expected after the name, line 2, column 1"
    assert str(refused.value) == f"{file} cannot be read ({why}); restore it from a backup, or delete it."


def test_a_subclass_is_the_same_host(desk: Desk, home: Path) -> None:
    with desk.started(home), Generous(desk.path).started(home):
        assert json.loads((home / "host.json").read_text())["host"] == "tests.hosts.desk:Desk"
    (home / "host.json").unlink()
    with (
        Generous(desk.path).started(home),
        pytest.raises(CannotStart, match=r"belongs to the host .*:Generous, and .*:"),
    ):
        desk.started(home).__enter__()


def test_what_was_connected_by_command_first_is_the_hosts_then(open_books: Open, call: Call, home: Path) -> None:
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    with make_host(home).started(home):
        pass
    assert call("status").code == 3


def test_what_the_embedded_host_has_work_in_is_no_other_hosts(
    open_books: Open, call: Call, home: Path, tmp_path: Path
) -> None:
    books = open_books("us")
    call("connect", "--sandbox", books.base_url, "--yes")
    assert call("copy", put(tmp_path / "a.json", invoice("A-1"))).code == 0
    with pytest.raises(CannotStart, match=r"onedesk_quickbooks\.plugin\.host\.host:EmbeddedHost, and"):
        make_host(home).started(home).__enter__()
    assert call("status").code == 0, "it was not taken over"


def test_a_plugin_has_one_host(tmp_path: Path) -> None:
    plugin = QuickBooksPlugin(background=False)
    first = EmbeddedHost.open(tmp_path / "a", plugins=[plugin])
    try:
        with pytest.raises(CannotStart, match=r"register\(QuickBooksPlugin\(\)\)"):
            EmbeddedHost.open(tmp_path / "b", plugins=[plugin])
        assert plugin.application.directory == tmp_path / "a"
        second = EmbeddedHost.open(tmp_path / "b", plugins=[QuickBooksPlugin(background=False)])  # the remedy
        second.close()
    finally:
        first.close()
    again = EmbeddedHost.open(tmp_path / "a", plugins=[plugin])
    again.close()


def test_a_relative_data_directory_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may change its folder after the start, as a daemon does."""
    monkeypatch.chdir(tmp_path)
    with make_host(tmp_path).started(Path("home")) as hook:
        monkeypatch.chdir("/")
        hook.on_invoice_opened(invoice=invoice("INV-1"))
        assert [each.label for each in hook.settings_to_show(user="ada")[0]] == ["Connect to QuickBooks Online"]


def test_a_plugin_manager_has_one_plugin_and_knows_the_hooks(tmp_path: Path) -> None:
    def start(plugins: pluggy.PluginManager) -> None:
        try:
            plugins.hook.on_host_started(host=make_host(tmp_path), plugins=plugins, data_directory=tmp_path / "home")
        finally:
            plugins.hook.on_host_stopping()

    twice = pluggy.PluginManager("onedesk")
    twice.add_hookspecs(HostEvents)
    twice.load_setuptools_entrypoints("onedesk.plugins")
    own = QuickBooksPlugin(background=False)
    twice.register(own)
    with pytest.raises(CannotStart, match=r"has the QuickBooks plugin twice.*or register QuickBooksPlugin\(\)"):
        start(twice)
    without = pluggy.PluginManager("onedesk")
    without.register(own)
    with pytest.raises(CannotStart, match=r"Call plugins\.add_hookspecs\(HostEvents\)"):
        start(without)
    assert not (tmp_path / "home").exists()
    without.add_hookspecs(HostEvents)  # the remedy
    start(without)


def _with_lock(method: Callable[..., None]) -> Callable[..., None]:
    """Passes one more argument."""

    @functools.wraps(method)
    def called(self: Any, reversal: Reversal) -> None:
        method(self, threading.Lock(), reversal)

    return called


class Awaited(Desk):
    """A host of an async framework."""

    async def read_invoice(self, invoice_id: str) -> None:  # type: ignore[override]
        return None


class AwaitedLists(Desk):
    """Lists its invoices and files in the manner of an async framework."""

    async def invoices_dated(self, first: Any, last: Any) -> Any:
        yield "A-1"

    async def attachments(self, invoice_id: str) -> Any:
        return []


class Lacking:
    """Knows its invoices, and nothing else."""

    def read_invoice(self, invoice_id: str) -> None:
        return None


class Misread(Desk):
    """Methods that take too little, too much, or only by name; and an optional one."""

    def read_invoice(invoice_id: str) -> None:  # type: ignore[misc, override]  # noqa: N805
        return None

    def set_tag(self, invoice: object) -> None:  # type: ignore[override]
        return None

    def add_note(self, invoice_id: str, key: str, text: str, user: str) -> None:  # type: ignore[override]
        return None

    def record_payment(self, *, payment: Payment) -> None:  # type: ignore[override]
        return None

    def invoices_dated(self, year: int) -> list[str]:
        return []


class Generous(Desk):
    """Methods that take more than is passed, or what a decorator passes on."""

    def set_tag(self, *given: Any, **named: Any) -> None:
        return None

    def add_note(self, an_id: str, key: str, text: str = "", user: str = "") -> None:
        return None

    @_with_lock
    def reverse_payment(self, lock: object, reversal: Reversal) -> None:
        return None

    attachments = None


class Unreachable(Desk):
    """Its optional methods cannot be looked up now."""

    def __getattr__(self, name: str) -> Any:
        raise ConnectionError(name)


def test_a_host_with_other_parameters_is_refused(tmp_path: Path) -> None:
    def start(host: Any) -> None:
        Application.open(tmp_path / "home", host, lambda **_: None, background=False).close()

    with pytest.raises(CannotStart) as refused:
        start(Misread(tmp_path / "desk"))
    assert str(refused.value) == (
        "The host tests.hosts.test_owner:Misread has methods with other parameters than the plugin passes, in this "
        "order: read_invoice() instead of read_invoice(invoice_id); set_tag(invoice) instead of set_tag(invoice_id, "
        "tag, link); add_note(invoice_id, key, text, user) instead of add_note(invoice_id, key, text); "
        "record_payment(*, payment) instead of record_payment(payment); "
        "invoices_dated(year) instead of invoices_dated(first, last). See OneDeskHost in docs/hooks.md."
    )
    with pytest.raises(CannotStart, match=r"^The host is the class tests\.hosts\.desk:Desk: pass an object of it\."):
        start(Desk)
    assert not (tmp_path / "home").exists()
    for host in (Generous, Unreachable):
        start(host(tmp_path / "desk"))
        (tmp_path / "home" / "host.json").unlink()


def test_a_host_that_cannot_do_what_is_asked_is_refused(tmp_path: Path) -> None:
    def start(host: Any) -> None:
        Application.open(tmp_path / "home", host, lambda **_: None, background=False)

    with pytest.raises(CannotStart, match="Awaited has read_invoice as `async def`"):
        start(Awaited(tmp_path / "desk"))
    with pytest.raises(CannotStart, match="AwaitedLists has attachments, invoices_dated as `async def`"):
        start(AwaitedLists(tmp_path / "desk"))
    with pytest.raises(CannotStart, match="Lacking lacks set_tag, add_note, record_payment, reverse_payment, may_adm"):
        start(Lacking())
    assert not (tmp_path / "home").exists()
