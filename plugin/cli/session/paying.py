"""Payments of files, which the host has recorded or deleted: planned, or reported to the plugins and processed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.cli.errors import CannotRun
from onedesk_quickbooks.plugin.cli.files import BadRecord
from onedesk_quickbooks.plugin.cli.files.payments_csv import read_payments_csv
from onedesk_quickbooks.plugin.cli.files.reading import read_file
from onedesk_quickbooks.plugin.cli.session import Session
from onedesk_quickbooks.plugin.model.host_payment import payment_key
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.texts import Text, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host import EmbeddedHost
    from onedesk_quickbooks.plugin.model.host import HostPaymentJson
    from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan


def planned(session: Session, files: Sequence[str], change: str) -> Iterator[tuple[AnyWorkPlan, bool]]:
    """What would be done in QuickBooks for each payment, and for what is in the queue already (True); nothing is
    changed. Raises `CannotRun` if a payment would be refused."""
    given = list(_read(files))
    for where, payment in given:
        _check(where, payment, change, session.embedded)
    payments = [payment for _, payment in given]
    if session.embedded is None:
        return session.application.plan_payments(payments, change)
    return session.application.plan_payments(payments, change, partial(session.embedded.with_own, payments))


def paid(
    session: Session, files: Sequence[str], change: str, done: Callable[[], None] = lambda: None
) -> tuple[list[Outcome], list[Outcome], str]:
    """Report the payments of the files as "recorded" or "deleted" by the host, all or none; return the outcome of each,
    those of other entries that were in the queue, and why the rest waits, "" if none does. `done` is called for each
    outcome."""
    host = session.needs_embedded(Text("Payments of files are put into"))
    given = list(_read(files))
    for where, payment in given:
        _check(where, payment, change, host)
    for where, payment in given:
        try:
            host.take_back(payment) if change == "deleted" else host.record_own(payment)
        except ValueError as problem:
            raise CannotRun(Text("{where}: {why}", where=where, why=text_in(problem))) from problem
    ids = list(dict.fromkeys(payment_key(str(payment["id"])) for _, payment in given))
    came = {each.id: each for each in session.application.drain(lambda outcome: done())}
    left = next((why for each in ids if each not in came and (why := session.application.waiting(each))), "")
    return [came[each] for each in ids if each in came], [each for each in came.values() if each.id not in ids], left


def _check(where: str, payment: HostPaymentJson, change: str, host: EmbeddedHost | None) -> None:
    """Raise `CannotRun` for a payment that would be refused; only the embedded host knows which invoices exist."""
    from onedesk_quickbooks.plugin.sync.payload import payment_entry

    try:
        payment_entry(payment, change)
    except ValueError as problem:
        raise CannotRun(Text("{where}: {why}", where=where, why=text_in(problem))) from problem
    invoices = payment["invoices"] if host is not None and change == "recorded" else ()
    lost = next((each["id"] for each in invoices if host and host.invoice(each["id"]) is None), None)
    if lost is not None:
        raise CannotRun(Text("{where}: the host has no invoice {id}", where=where, id=repr(lost)))


def _read(files: Sequence[str]) -> Iterator[tuple[str, HostPaymentJson]]:
    """Each payment with its place."""
    for name in files:
        for each in read_file(Path(name), read_payments_csv):
            if isinstance(each, BadRecord):
                raise CannotRun(each.text)
            yield each.where, each.invoice
