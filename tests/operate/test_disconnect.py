"""`disconnect` says what becomes of the queue; `settings` where another setting is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest

from onedesk_quickbooks.hooks import HostEvents, QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.sync.errors import CannotStart
from tests.hosts.desk import make_host

Call = Callable[..., Any]


def ask(home: Path, *invoices: dict[str, Any]) -> None:
    host = EmbeddedHost.open(home, plugins=[QuickBooksPlugin(background=False)])
    for each in invoices:
        host.save(each)
        assert host.send(each["id"], "admin")
    host.close()


def test_what_waits_is_shown_and_goes_on_when_connected_again(
    connected: Any, call: Call, home: Path, invoice: Callable[..., dict[str, Any]]
) -> None:
    ask(home, invoice(), invoice(id="INV-2", number="2042"))
    text = call("disconnect").out
    assert "Its queue is kept (2 waiting): it is paused until" in text
    assert connected.sandbox.outbox() == []
    assert call("connect", "--sandbox", connected.base_url, "--yes").code == 0
    assert call("disconnect", "--json").one["left"] == {"todo": 2}
    assert call("connect", "--sandbox", connected.base_url, "--yes").code == 0
    plugin = QuickBooksPlugin(background=False)
    host = EmbeddedHost.open(home, plugins=[plugin])
    assert [each.outcome for each in plugin.application.drain()] == ["sent", "sent"]
    host.close()


def test_the_queue_is_shown_and_dropped_as_disconnect_says(
    connected: Any, call: Call, home: Path, invoice: Callable[..., dict[str, Any]]
) -> None:
    ask(home, invoice(), invoice(id="INV-2", number="2042"))
    text = call("disconnect").out
    assert "see it (onedesk-quickbooks queue), and drop what is no longer wanted (onedesk-quickbooks queue drop" in text
    shown = call("queue", "--json")
    assert (shown.code, [each["id"] for each in shown.lines]) == (0, ["INV-1", "INV-2"])
    assert "No QuickBooks company is connected. This is the queue of Sandbox Company_US_1; it" in shown.err
    first, second = (each["entry"] for each in shown.lines)
    assert call("queue", "show", first, "--json").one["id"] == "INV-1"
    assert call("queue", "retry", first).code == 3, "only a connected company can do it"
    assert call("status").code == 1, "what was accepted waits for a person, who connects"
    assert call("queue", "drop", first, "--reason", "e-mailed by hand").code == 0
    assert call("queue", "drop", "--action", "send", "--reason", "e-mailed by hand").code == 0
    assert call("queue", "--json").lines == []
    assert call("status").code == 0
    assert call("connect", "--sandbox", connected.base_url, "--yes").code == 0
    assert call("queue", "--json").lines == []
    assert call("queue", "show", second, "--json").one["state"] == "dropped"


def test_an_empty_queue_is_not_mentioned(connected: Any, call: Call) -> None:
    assert "queue" not in call("disconnect").out


def test_a_setting_of_the_file_is_said_to_stand_there(connected: Any, call: Call, home: Path) -> None:
    done = call("settings", "poll_seconds", "5")
    assert done.code == 3
    assert f"poll_seconds is a line of {home / 'settings.yaml'}, which you write there with an editor" in done.err
    done = call("settings", "pol_seconds", "5")
    assert done.code == 3 and 'There is no setting "pol_seconds".' in done.err and "poll_seconds" in done.err


@pytest.mark.parametrize("below", ["", "data"])
def test_a_data_directory_that_is_a_file(tmp_path: Path, below: str) -> None:
    file = tmp_path / "taken"
    file.write_text("a file")
    plugins = pluggy.PluginManager("onedesk")
    plugins.add_hookspecs(HostEvents)
    plugins.register(QuickBooksPlugin(background=False))
    host = make_host(tmp_path / "home")
    with pytest.raises(CannotStart) as raised:
        plugins.hook.on_host_started(host=host, plugins=plugins, data_directory=file / below)
    assert f"{file} is a file. Name a folder in which this user may write" in str(raised.value)
