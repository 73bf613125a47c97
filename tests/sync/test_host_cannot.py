"""A host that says for long that it cannot now: every process knows since when, and an alert tells."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from types import MappingProxyType
from typing import Any

import pytest
from requests.adapters import HTTPAdapter

from onedesk_quickbooks.hooks import InvoiceJson, QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.ledger import LedgerAway, Work
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.sync.errors import HostAwaits
from onedesk_quickbooks.plugin.sync.noting import noting
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_failing import POISON, Failing
from tests.sync.test_loud import alerts, health, metrics
from tests.sync.test_order import sale


class Away(EmbeddedHost):
    """A host whose database is away, for all calls, or for what is reported to it alone."""

    away = ""
    fails: Exception | None = None

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        if self.away == "all":
            raise NotNow("the database of Harbor Lights is away")
        return super().read_invoice(invoice_id)

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        if self.away:
            raise NotNow("the disk of Harbor Lights is full")
        if self.fails:
            raise self.fails
        super().set_tag(invoice_id, tag, link)


@pytest.fixture
def host(us: Desk) -> Away:
    """In the place of the desk's own."""
    us.predicts = False
    us.host.close()
    us.plugin = QuickBooksPlugin(background=False, now=us.clock.now, sleep=us.clock.sleep)
    host = Away.open(us.home, plugins=[us.plugin])
    assert isinstance(host, Away)
    us.host = host
    return host


def asks(desk: Desk, n: int) -> None:
    desk.save(sale(n, "Anna"))
    assert desk.host.act(f"INV-{n}", "quickbooks.copy", ADMIN)


def works(desk: Desk, minutes: int) -> None:
    """As the thread has it, each minute."""
    for _ in range(minutes):
        with suppress(NotNow):
            desk.application.time_slice(timedelta(minutes=5))
        desk.clock.sleep(60)


@pytest.mark.parametrize("away", ["all", "reports"])
def test_it_is_reported_since_when_and_gone_when_the_host_is_back(us: Desk, host: Away, away: str) -> None:
    asks(us, 0)
    began, host.away = us.clock.now(), away
    works(us, 8)
    [error] = us.application.status().errors
    assert error["what"] == "host" and error["count"] >= 3
    assert timedelta() <= error["since"] - began < timedelta(minutes=1)
    assert error["error"].startswith("NotNow") and "Harbor" not in str(error)
    assert alerts(us) == [] and health(us)[0] == 200, "it may be away for a while"
    works(us, 4)
    assert alerts(us) == ["error-host"]
    assert 'what="host"' in metrics(us)
    [check] = [each for each in us.application.examine() if each.name == "errors"]
    assert check.found.startswith("The host has failed") and "the database and the disk" in check.remedy
    host.away = ""
    works(us, 2)
    assert us.application.status().errors == () and alerts(us) == []
    assert us.shown("INV-0").tags


@pytest.mark.parametrize(
    ("away", "fails", "says"),
    [
        ("reports", None, "the disk of Harbor Lights is full"),
        ("", KeyError("Harbor Lights"), "KeyError: see the log"),
    ],
)
def test_what_waits_for_the_host_says_what_it_raised(
    us: Desk, host: Away, away: str, fails: Exception | None, says: str
) -> None:
    asks(us, 0)
    host.away, host.fails = away, fails
    works(us, 1)
    why = us.application.status().oldest_waiting_reason
    assert why == f"the host did not accept the outcome ({says}); it is reported again"


def test_it_is_gone_when_nothing_waits_for_the_host_any_more(us: Desk, host: Away) -> None:
    asks(us, 0)
    host.away = "all"
    works(us, 2)
    assert us.application.status().errors
    host.away = ""
    host.void("INV-0", ADMIN)
    works(us, 1)
    assert us.application.status().errors == ()


class Ailing(EmbeddedHost):
    """A host that fails on the invoices in `ails`, with what it has there: an error, or the id of another one. Those
    in `renames` it gives under another id; `gives` makes of each what is returned."""

    gives: Callable[[Any], Any] = dict
    ails: dict[str, BaseException | str] = {}  # noqa: RUF012
    renames: dict[str, str] = {}  # noqa: RUF012

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        ails = self.ails.get(invoice_id, invoice_id)
        if isinstance(ails, BaseException):
            raise ails
        found = super().read_invoice(ails)
        given: InvoiceJson | None = self.gives({**found, "id": self.renames.get(ails, ails)}) if found else None
        return given


@pytest.fixture
def ailing(us: Desk) -> Ailing:
    us.predicts = False
    us.restart(Ailing)
    host = us.host
    assert isinstance(host, Ailing)
    host.ails, host.renames, host.gives = {}, {}, dict
    return host


def entry(desk: Desk, n: int) -> Work:
    found = desk.application.ledger.queue.latest(f"INV-{n}")
    assert found is not None
    return found


def test_one_invoice_that_the_host_cannot_give_says_why_and_others_go_on(us: Desk, ailing: Ailing) -> None:
    for n in range(3):
        asks(us, n)
    ailing.ails = {"INV-1": NotNow("the row of N1 is locked by Berta.")}
    assert [each.id for each in us.application.drain()] == ["INV-0", "INV-2"]
    waits = entry(us, 1)
    assert waits.state == "todo"
    assert waits.reason == (
        "OneDesk cannot give the invoice now: the row of N1 is locked by Berta; it is read again in a moment"
    )
    for _ in range(40):
        us.clock.sleep(31)
        assert us.application.drain() == [], "for as long as it takes"
    ailing.ails = {}
    us.clock.sleep(31)
    assert [(each.id, each.outcome) for each in us.application.drain()] == [("INV-1", "copied")]


@pytest.mark.parametrize("heals", [1, 7])
def test_a_host_that_fails_and_heals_is_asked_again(us: Desk, ailing: Ailing, heals: int) -> None:
    asks(us, 0)
    ailing.ails = {"INV-0": KeyError("password=hunter2")}
    for n in range(1, heals + 1):
        assert us.application.drain() == []
        assert entry(us, 0).reason == (
            f"OneDesk could not give the invoice (KeyError, try {n} of 8); it is read again in a moment"
        )
        assert us.application.drain() == [], "not at once"
        assert f"try {n} of 8" in entry(us, 0).reason
        us.clock.sleep(301)
    ailing.ails = {}
    assert [each.outcome for each in us.application.drain()] == ["copied"]
    assert us.application.status().errors == ()


def test_a_host_that_fails_on_is_reported_with_the_kind_and_the_remedy(us: Desk, ailing: Ailing) -> None:
    asks(us, 0)
    asks(us, 1)
    ailing.ails = {"INV-0": KeyError("password=hunter2")}
    found: dict[str, Outcome] = {}
    began = us.clock.now()
    while "INV-0" not in found:
        found |= {each.id: each for each in us.application.drain()}
        us.clock.sleep(5)
        assert us.clock.now() - began < timedelta(minutes=12)
    failed = entry(us, 0)
    assert (failed.state, found["INV-0"].outcome, found["INV-1"].outcome) == ("failed", "failed", "copied")
    assert failed.reason == (
        "OneDesk could not give the invoice in 8 tries (KeyError; the log has more). Fix that, then run: "
        f"onedesk-quickbooks queue retry {failed.id}"
    )
    assert "hunter2" not in str(us.application.status().to_json())
    assert us.application.retry(failed.id)
    assert us.application.drain() == [] and "try 1 of 8" in entry(us, 0).reason
    ailing.ails = {}
    us.clock.sleep(6)
    assert [each.outcome for each in us.application.drain()] == ["copied"]


@pytest.mark.parametrize("ended", [SystemExit(3), CancelledError(), GeneratorExit()])
def test_what_ends_a_thread_is_an_error_of_that_invoice(us: Desk, ailing: Ailing, ended: BaseException) -> None:
    """As `sys.exit()`, or a wait for an event loop that is cancelled, within the host."""
    asks(us, 0)
    asks(us, 1)
    ailing.ails = {"INV-0": ended}
    with ThreadPoolExecutor(1) as pool:
        assert [each.id for each in pool.submit(us.application.drain).result()] == ["INV-1"]
    assert "(HostEnded, try 1 of 8)" in entry(us, 0).reason
    us.clock.sleep(6)
    with pytest.raises(type(ended)):
        us.application.drain()  # the main thread ends: Ctrl-C, or a server that stops
    ailing.ails = {}
    us.clock.sleep(6)
    assert [each.id for each in us.application.drain()] == ["INV-0"]


def test_another_invoice_than_was_asked_for_is_never_copied(us: Desk, ailing: Ailing) -> None:
    """Nor where a person tries again what was held: by then the host's own reading counts alone."""
    asks(us, 0)
    us.save(sale(1, "Berta"))
    ailing.ails = {"INV-0": "INV-1"}
    found: list[Outcome] = []
    while not found:
        found = us.application.drain()
        us.clock.sleep(60)
    failed = entry(us, 0)
    assert (failed.state, found[0].id) == ("failed", "INV-0")
    assert failed.reason.startswith("OneDesk could not give the invoice in 8 tries (GaveAnotherInvoice;")
    assert us.application.retry(failed.id)
    assert us.application.drain() == [] and us.invoices() == []
    ailing.ails = {}
    us.clock.sleep(301)
    assert [(each.id, each.outcome) for each in us.application.drain()] == [("INV-0", "copied")]


@pytest.mark.parametrize("given", [["INV-0"], "INV-0", False, iter(())])
def test_what_is_no_invoice_at_all_is_an_error_of_the_host(us: Desk, ailing: Ailing, given: object) -> None:
    asks(us, 0)
    ailing.gives = lambda found: given
    assert us.application.drain() == [] and "(GaveNoInvoice, try 1 of 8)" in entry(us, 0).reason
    ailing.gives = dict
    us.clock.sleep(6)
    assert [each.outcome for each in us.application.drain()] == ["copied"]


def test_a_mapping_of_another_type_is_an_invoice(us: Desk, ailing: Ailing) -> None:
    """For the hooks as well; and one of another invoice is not copied."""
    ailing.gives = MappingProxyType
    us.save(sale(0, "Anna"))
    read = ailing.read_invoice("INV-0")
    assert read is not None
    assert us.plugin.on_invoice_action(read, "quickbooks.copy", ADMIN)
    assert [each.outcome for each in us.application.drain()] == ["copied"]
    us.save(sale(0, "Anna", memo="edited"))
    read = ailing.read_invoice("INV-0")
    assert read is not None and us.plugin.on_invoice_send(read, ADMIN)
    us.plugin.on_invoice_changed(read, "edited")
    us.plugin.on_invoice_opened(read)
    assert [each.outcome for each in us.application.drain()] == ["updated"]
    us.save(sale(1, "Berta"))
    asks(us, 0)
    ailing.ails, ailing.renames = {"INV-0": "INV-1"}, {}
    assert us.application.drain() == [] and "GaveAnotherInvoice" in entry(us, 0).reason


class Unnamed(EmbeddedHost):
    """A host whose method `cannot` fails on INV-0, with a text that no UTF-8 has."""

    cannot = ""

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        self._fail("read_invoice", invoice_id)
        return super().read_invoice(invoice_id)

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        self._fail("set_tag", invoice_id)
        super().set_tag(invoice_id, tag, link)

    def _fail(self, method: str, invoice_id: str) -> None:
        if (method, invoice_id) == (self.cannot, "INV-0"):
            raise NotNow("no file invoice-\udce9.db")  # as os.fsdecode makes it of a name in Latin-1


@pytest.mark.parametrize("method", ["read_invoice", "set_tag"])
def test_a_reason_that_cannot_be_stored_keeps_no_other_invoice_waiting(us: Desk, method: str) -> None:
    us.predicts = False
    us.restart(Unnamed)
    asks(us, 0)
    asks(us, 1)
    assert isinstance(us.host, Unnamed)
    us.host.cannot = method
    assert "INV-1" in [each.id for each in us.application.drain()]
    assert "no file invoice-\ufffd.db" in entry(us, 0).reason


def hidden(call: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that does not show that the method is `async def`."""

    @wraps(call)
    def called(*given: Any) -> Any:
        return call(*given)

    return called


@hidden
async def later(*_: Any) -> None:
    """As a method of a host: what is awaited by nobody."""


class TagsLater(EmbeddedHost):
    """A host that sets tags some time."""

    set_tag = later


class AnswersLater(EmbeddedHost):
    """A host that answers later who may administer."""

    may_administer = later


def test_a_method_that_turns_out_to_be_async_has_not_done_it(us: Desk) -> None:
    """The coroutine of a decorated `async def` counted as done, and let everybody administer."""
    us.restart(TagsLater)
    asks(us, 0)
    works(us, 1)
    assert us.application.status().oldest_waiting_reason == (
        "the host did not accept the outcome (HostAwaits: see the log); it is reported again"
    )
    us.restart(AnswersLater)
    assert us.host.plugins
    with pytest.raises(HostAwaits, match="later of the host returned a coroutine"):
        us.plugin.settings_to_show("gus")


def test_an_id_in_another_normal_form_is_the_same(us: Desk, ailing: Ailing) -> None:
    """A host that keeps an id with a combining accent is asked for it in the form that texts have here."""
    composed, decomposed = "INV-\u00e9", "INV-e\u0301"
    us.save(sale(0, "Anna", id=composed))
    ailing.renames[composed] = decomposed
    assert us.host.act(composed, "quickbooks.copy", ADMIN)
    assert [each.outcome for each in us.application.drain()] == ["copied"]


def test_what_is_looked_up_first_waits_for_the_host_and_nothing_is_raised(us: Desk, ailing: Ailing) -> None:
    us.application.session.mount("http://", Failing())
    us.save(sale(0, "Anna", memo=POISON))
    assert us.host.act("INV-0", "quickbooks.copy", ADMIN)
    assert us.application.drain(patience=timedelta()) == [], "a request was not answered"
    ailing.ails = {"INV-0": NotNow("the row of N0 is locked")}
    us.clock.sleep(90)
    assert us.application.drain(patience=timedelta()) == []
    assert us.application.status().paused_because == "the row of N0 is locked"
    ailing.ails = {}
    us.application.session.mount("http://", HTTPAdapter())
    us.clock.sleep(90)
    assert [each.outcome for each in us.application.drain()] == ["copied"]
    assert len(us.invoices()) == 1


def test_a_ledger_that_cannot_be_used_is_no_failure_of_the_host(us: Desk) -> None:
    """A full disk, for example, on which there is room again when the error would be recorded."""
    services = us.application._services
    with suppress(LedgerAway), noting(services, "queue"):
        raise LedgerAway("the disk is full")
    assert services.ledger.queue_errors.all(us.sandbox.realm_id) == []
