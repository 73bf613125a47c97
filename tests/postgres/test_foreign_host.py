"""Workers for a host that is not ours: they read its invoices, and it hears of outcomes and payments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.errors import CannotStart
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.hosts.desk import make_host
from tests.postgres.crew import Crew

HOST = ("--host", "tests.hosts.desk:make_host")


def test_workers_do_what_a_foreign_host_asked_for(crew: Crew, invoice: Callable[..., dict[str, Any]]) -> None:
    sandbox, base_url = crew.quickbooks()
    home = crew.folder / "acme"
    home.mkdir(parents=True)
    write_settings(home, {"ledger": crew.url, "tenant": "acme"})
    desk = make_host(home)
    with desk.started(home):
        pass
    assert crew.run(home, *HOST, "connect", "--sandbox", base_url, "--yes").wait(60) == 0, crew.logs()
    assert crew.run(home, *HOST, "settings", "default_income_account", "Services").wait(60) == 0, crew.logs()

    desk.keep(invoice())
    with desk.started(home) as hook:
        assert hook.on_invoice_send(invoice=invoice(), user="ada") is True
    crew.run(crew.folder / "none", *HOST, "worker", "--tenants", str(crew.folder), "--heartbeat", "1")
    crew.wait(lambda: list(desk.shown("INV-1", "tag")) == ["Sent by QuickBooks"])
    assert len(sandbox.outbox()) == 1

    (made,) = sandbox.list("Invoice", "DocNumber = '2041'")
    sandbox.pay({made["Id"]: "40.00"})
    assert crew.run(home, *HOST, "payments").wait(60) == 0, crew.logs()
    assert list(desk.shown("INV-1", "payment").values()) == ["40.00 USD"]


def test_workers_without_the_host_refuse_its_data_directory(crew: Crew, invoice: Callable[..., dict[str, Any]]) -> None:
    """What was asked for waits, and is said: nothing is dropped."""
    _, base_url = crew.quickbooks()
    home = crew.folder / "acme"
    home.mkdir(parents=True)
    write_settings(home, {"ledger": crew.url, "tenant": "acme"})
    desk = make_host(home)
    with desk.started(home):
        pass
    assert crew.run(home, *HOST, "connect", "--sandbox", base_url, "--yes").wait(60) == 0, crew.logs()
    desk.keep(invoice())
    with desk.started(home) as hook:
        assert hook.on_invoice_send(invoice=invoice(), user="ada") is True
        crew.start()
        crew.wait(lambda: "belongs to the host tests.hosts.desk:Desk" in crew.logs())
    with desk.started(home, background=False):
        pass
    status = crew.run(home, *HOST, "queue", "--json")
    assert status.wait(60) == 0, crew.logs()
    assert '"state": "todo"' in crew.logs()


def test_two_hosts_of_a_process_do_not_share_a_tenant(crew: Crew) -> None:
    """Each has a data directory; the setting was forgotten in both. The second begins nothing, and starts once it has
    another name."""
    first, second = crew.folder / "first", crew.folder / "second"
    for home in (first, second):
        home.mkdir(parents=True)
        write_settings(home, {"ledger": crew.url})
    with make_host(first).started(first):
        with pytest.raises(CannotStart) as refused, make_host(second).started(second):
            pass
        assert f"the tenant main of the same ledger already, in {first}" in str(refused.value)
        assert not (second / "host.json").exists()
        with make_host(first).started(first):  # as a command in the same process
            pass
        write_settings(second, {"ledger": crew.url, "tenant": "second"})
        with make_host(second).started(second):
            pass
    write_settings(second, {"ledger": crew.url, "tenant": "main"})
    with make_host(second).started(second):
        pass
    (first / "host.json").write_text('{"host": "others:Desk"}', encoding="utf-8")
    with pytest.raises(CannotStart), make_host(first).started(first):
        pass
    with make_host(second).started(second):  # the one that was refused does not have the tenant
        pass
