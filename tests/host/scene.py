"""A desk on which everything has happened that the pages show: copied, sent, paid, changed, voided, held, waiting."""

from __future__ import annotations

from typing import Any

from tests.support.invoices import invoice_json, line
from tests.sync.conftest import ADMIN, Desk

CUSTOMERS = ("Harbor Labs", "Northwind Research Ltd", "Blue Harbor Ltd", "Larkspur Bakery", "Cool Cars")


def invoice(number: int, service: str = "Consulting", price: str = "150.00", **fields: Any) -> dict[str, Any]:
    """An Open invoice over four hours."""
    name = CUSTOMERS[number % len(CUSTOMERS)]
    made: dict[str, Any] = invoice_json(
        f"I-{number}",
        line(service, price, "4", work_item={"type": "ticket", "number": "41", "name": "Move the mail server"}),
        number=f"OD-{number}",
        type="time_and_material",
        due_date="2026-07-31",
        customer={
            "id": f"C-{number % len(CUSTOMERS)}",
            "name": name,
            "billing_contact": {"first_name": "Anna", "email": f"pay{number % len(CUSTOMERS)}@harbor.example"},
            "address": {"line1": "12 Harbour St", "city": "Seattle", "region": "WA", "country": "US"},
        },
        subtotal=f"{4 * int(price.split('.')[0])}.00",
    )
    return {**made, **fields}


RULES = """\
version: 1
items:
  by_service_type:
    Training: Lessons
    Travel: {item: Travel, income_account: Services}
  exceptions:
    - {id: large, when: {service_type: Consulting, amount: {from: 5000}}, hold: large lines are looked at first}
  otherwise: same_name
taxes: {by_country: {US: automatic}, otherwise: hold}
"""
CHANGED = RULES.replace(
    "Training: Lessons", "Training: Lessons\n    Consulting: {item: Consulting, income_account: Services}"
)
WAITS = {"rules_take_over": "confirm"}


def change_rules(desk: Desk) -> None:
    """Rules of ones own are taken, and then changed once more."""
    own = desk.home / "rules.yaml"
    own.write_text(RULES)
    desk.application.take_rules(desk.application.rules_now().waiting, ADMIN)
    own.write_text(CHANGED)


def review(desk: Desk) -> None:
    """A customer with a slip in its name is held; of another one somebody has said that it is another."""
    address = {"line1": "5647 Cypress Hill Ave.", "city": "Middlefield", "postal_code": "94303", "country": "US"}
    contact = {"email": "accounts@sonnenschein.example"}
    slip = {"id": "C-31", "name": "Sonnenschien Family Store", "billing_contact": contact, "address": address}
    for number in (3050, 3051):
        desk.copy(invoice(number, customer=slip))
    desk.application.reject_customer("C-4", "Jeff's Jalopies", ADMIN)


def play(desk: Desk, reviewed: bool = False) -> None:
    """Everything, in the order in which it happens in an office; with a customer to review where that is wanted."""
    host, books = desk.host, desk.sandbox
    desk.predicts = False
    back = desk.consent()
    desk.application.finish_connect(back["state"], back["code"], back["realmId"])
    desk.application.choose(ADMIN, "default_income_account", "Services")
    for number in range(3001, 3006):
        desk.copy(invoice(number))
    desk.send(invoice(3006))
    desk.send(invoice(3007))
    links = desk.application.ledger.links
    realm_id = desk.application.realm_id()

    def qbo_id(number: int) -> str:
        link = links.invoice(realm_id, f"I-{number}")
        assert link is not None
        return link.qbo_id

    books.pay({qbo_id(3006): "600.00"})
    books.pay({qbo_id(3007): "200.00"})
    books.edit("Invoice", qbo_id(3001), {"DocNumber": "9999", "CustomerMemo": {"value": "Agreed by telephone"}})
    desk.clock.sleep(120)
    desk.application.bring_payments()
    host.void("I-3002", ADMIN)
    host.reopen("I-3003", ADMIN)
    host.edit("I-3003", invoice(3003, price="175.00"), ADMIN)
    host.open_invoice("I-3003", ADMIN)
    desk.application.choose(ADMIN, "default_income_account", "")
    for number in range(3010, 3018):
        desk.copy(invoice(number, service=f"Workshop {number % 3}"))
    desk.copy(invoice(3020, currency="EUR"))
    desk.copy(invoice(3021, subtotal="550.00"))
    if reviewed:
        review(desk)
    host.save(invoice(3030, status="draft"))
    desk.save(invoice(3031))
    desk.save(invoice(3032))
    host.act("I-3032", "quickbooks.copy", ADMIN)
    desk.clock.pass_by(hours=2)
