"""The actions of users of QuickBooks in `tests.fuzz.orders`: each returns a description, "" if it does not apply."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from random import Random

from tests.fuzz.made_up import CENT, SERVICES, Json
from tests.fuzz.story import FIELDS, MARK, Story, of
from tests.sync.payments.conftest import credit, credit_memo


def _row(story: Story, dice: Random, *, paid: bool | None = None) -> Json | None:
    found = [row for rows in story.rows(memos=False).values() for row in rows if row["TotalAmt"] > 0]
    if paid is not None:
        found = [row for row in found if (row["Balance"] != row["TotalAmt"]) == paid]
    return dice.choice(found) if found else None


def _id(row: Json) -> str:
    return next(
        str(each).removeprefix(MARK) for each in reversed(row["PrivateNote"].splitlines()) if each.startswith(MARK)
    )


def edits(story: Story, dice: Random) -> str:
    """Change a field of one of our invoices."""
    row = _row(story, dice)
    if row is None:
        return ""
    what = dice.choice(
        ["memo", "price", "price", "email", "tax", "rate", "number", "due", "deposit", "customer", "line"]
    )
    fields = _edit(story, dice, row, what)
    if not fields:
        return ""
    after = story.sandbox.edit("Invoice", row["Id"], fields)
    if after["SyncToken"] == row["SyncToken"]:
        return ""
    kept = story.theirs.setdefault(_id(row), {})
    shown = story.shown(_id(row))
    if what != "deposit":  # a deposit is reported as a payment
        story.unseen[_id(row)] = dict(shown.notes) if shown else {}
    changed = [key for key in (*fields, "TotalAmt") if key in FIELDS]
    # A deposit of zero is none.
    kept |= {key: of(after, key) for key in changed if (of(after, key) or None) != (of(row, key) or None)}
    return f"QuickBooks edits {what} of {_id(row)}: {fields} (total {after['TotalAmt']}, balance {after['Balance']})"


def _edit(story: Story, dice: Random, row: Json, what: str) -> Json:
    """The changed fields; none if the change is impossible."""
    if what in ("price", "line"):
        lines = [line for line in row["Line"] if line["DetailType"] != "SubTotalLineDetail"]
        first = dice.choice([line for line in lines if line["DetailType"] == "SalesItemLineDetail"])
        if what == "line":
            new = {key: each for key, each in first.items() if key not in ("Id", "LineNum")}
            return {"Line": [*lines, new]}
        amount = first["Amount"] + dice.choice([Decimal(1), CENT, -CENT, Decimal(-1)])
        detail = {key: each for key, each in first["SalesItemLineDetail"].items() if key not in ("Qty", "UnitPrice")}
        changed = {**first, "Amount": amount, "SalesItemLineDetail": detail}
        return {"Line": [changed if line is first else line for line in lines]}
    if what == "tax":
        tax = row.get("TxnTaxDetail") or {}
        if not tax.get("TotalTax"):
            return {}
        more = dice.choice([CENT, -CENT, Decimal(1)])
        if story.place.automated:
            return {"TxnTaxDetail": {"TotalTax": tax["TotalTax"] + more}}
        first, *rest = tax["TaxLine"]
        lines = [{**first, "Amount": first["Amount"] + more}, *rest]
        return {"TxnTaxDetail": {**tax, "TotalTax": tax["TotalTax"] + more, "TaxLine": lines}}
    if what == "rate":
        return {"ExchangeRate": Decimal("7.77")} if row.get("ExchangeRate", 1) != 1 else {}
    if what == "customer":
        others = [each for each in story.sandbox.list("Customer") if each["Id"] != row["CustomerRef"]["value"]]
        fit = [each for each in others if each.get("CurrencyRef") == row.get("CurrencyRef")]
        return {"CustomerRef": {"value": dice.choice(fit)["Id"]}} if fit and not row.get("LinkedTxn") else {}
    found: dict[str, Json] = {
        "memo": {"CustomerMemo": {"value": f"Theirs {dice.randint(1, 99)}"}},
        "email": {"BillEmail": {"Address": "accounts@theirs.example"}},
        "number": {"DocNumber": f"T{dice.randint(1, 99)}"},
        "due": {"DueDate": f"2027-01-{dice.randint(10, 28)}"},
        "deposit": {"Deposit": min(row["Balance"] + row.get("Deposit", 0), Decimal(dice.choice([0, 1, 3])))},
    }
    return found[what]


def names(story: Story, dice: Random) -> str:
    """A customer, item, term, class or tax code is renamed, or made inactive."""
    kind, key = dice.choice(
        [(each, "Name") for each in ("Item", "Item", "Term", "Class", "TaxCode", "Account")]
        + [("Customer", "DisplayName")]
    )
    rows = story.sandbox.list(kind)
    used = {line["SalesItemLineDetail"]["ItemRef"]["value"] for row in _lines(story) for line in row}
    if kind == "Customer":
        rows = rows[-2:]
    rows = [row for row in rows if "SyncToken" in row]
    if kind == "Account":
        rows = [row for row in rows if row["AccountType"] == "Income"]
    if kind == "Item":
        rows = [row for row in rows if row["Id"] in used] or rows[-1:]
    if not rows:
        return ""
    row = dice.choice(rows)
    if dice.random() < 0.4 and kind in ("Customer", "Item"):
        if kind == "Customer" and row.get("Balance"):
            return ""
        story.sandbox.edit(kind, row["Id"], {"Active": False})
        return f"QuickBooks makes {kind} {row[key]} inactive"
    word = dice.choice([f"{row[key]} {dice.randint(2, 9)}", f"{row[key]}.", f"Other {dice.randint(2, 9)}"])
    story.sandbox.edit(kind, row["Id"], {key: word})
    return f"QuickBooks renames {kind} {row[key]} to {word}"


def _lines(story: Story) -> list[list[Json]]:
    return [
        [line for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"]
        for rows in story.rows(memos=False).values()
        for row in rows
    ]


def strangers(story: Story, dice: Random) -> str:
    """Create a customer, a vendor or an item with the same name as ours, or a similar one; active or not."""
    kind = dice.choice(["Customer", "Vendor", "Item", "Item"])
    name = dice.choice([each["name"] for each in story.customers]) if kind != "Item" else dice.choice(SERVICES)
    name = dice.choice([name, name.lower(), f"{name}.", name.replace(" Ltd", " Limited")])
    key, body = (
        ("Name", {"Type": "Service", "IncomeAccountRef": {"value": "1"}}) if kind == "Item" else ("DisplayName", {})
    )
    made = story.sandbox.create(kind, {key: " ".join(name.split()), **body})
    off = dice.random() < 0.3
    if off:
        story.sandbox.edit(kind, made["Id"], {"Active": False})
    return f"QuickBooks has {'an inactive' if off else 'a'} {kind} {made[key]}"


def merges(story: Story, dice: Random) -> str:
    """Merge two customers or items."""
    kind = dice.choice(["Customer", "Item"])
    rows = story.sandbox.list(kind)[-5:]
    if kind == "Customer":
        rows = [row for row in rows if row.get("CurrencyRef") == rows[-1].get("CurrencyRef")]
    else:
        rows = [row for row in rows if row["Type"] == "Service"]
    if len(rows) < 2:
        return ""
    gone, into = dice.sample(rows, 2)
    story.sandbox.merge(kind, gone["Id"], into["Id"])
    return f"QuickBooks merges {kind} {gone['FullyQualifiedName']} into {into['FullyQualifiedName']}"


def exempts(story: Story, dice: Random) -> str:
    """Make a customer or an item exempt from sales tax, or taxable again."""
    kind = dice.choice(["Customer", "Item"])
    rows = story.sandbox.list(kind)[-3:]
    if not rows or not story.place.is_us:
        return ""
    row, on = dice.choice(rows), dice.random() < 0.4
    reason = {"TaxExemptionReasonId": 1} if kind == "Customer" and not on else {}
    story.sandbox.edit(kind, row["Id"], {"Taxable": on, **reason})
    return f"QuickBooks: {kind} {row['FullyQualifiedName']} is {'taxable' if on else 'exempt'}"


def preferences(story: Story, dice: Random) -> str:
    """Switch deposits, custom numbers, or the warning for duplicate numbers on or off."""
    what = dice.choice(["AllowDeposit", "CustomTxnNumbers", "warn_duplicate_numbers"])
    on = dice.random() < 0.5
    sales = story.sandbox.books.preferences["SalesFormsPrefs"]
    story.setting(**({what: on} if what.startswith("warn") else {"SalesFormsPrefs": {**sales, what: on}}))
    return f"QuickBooks: {what} is {on}"


def bounces(story: Story, dice: Random) -> str:
    rows = [row for row in (_row(story, dice),) if row and row.get("EmailStatus") == "EmailSent"]
    for row in rows:
        story.sandbox.bounce("Invoice", row["Id"])
    return f"the e-mail of {_id(rows[0])} bounces" if rows else ""


def mails(story: Story, dice: Random) -> str:
    """Press "Send" at an invoice."""
    row = _row(story, dice)
    if row is None or not (row.get("BillEmail") or {}).get("Address"):
        return ""
    story.sandbox.send("Invoice", row["Id"])
    story.sends[row["DocNumber"]] += 1
    story.mailed[row["Id"]] = row["SyncToken"]
    return f"QuickBooks: somebody sends {_id(row)}"


def by_hand(story: Story, dice: Random) -> str:
    """Enter an invoice with the number of one of ours."""
    number = dice.choice([f"{dice.choice('NNM')}{dice.randint(1, 4)}", "1001", "1002"])
    customer = dice.choice(story.sandbox.list("Customer")[-3:])
    detail: Json = {"ItemRef": {"value": "1"}}
    if not story.place.is_us:
        detail["TaxCodeRef"] = {"value": "2"}
    line = {"Amount": Decimal("12.00"), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": customer["Id"]}, "DocNumber": number, "Line": [line]}
    if "CurrencyRef" in customer:
        body["CurrencyRef"] = customer["CurrencyRef"]
    story.sandbox.create("Invoice", body)
    return f"QuickBooks has an invoice {number} of {customer['DisplayName']}, typed by hand"


def undoes(story: Story, dice: Random) -> str:
    row = _row(story, dice, paid=dice.choice([False, False, False, None]))
    if row is None:
        return ""
    action = dice.choice([story.sandbox.void, story.sandbox.delete])
    action("Invoice", row["Id"])
    story.theirs.pop(_id(row), None)
    return f"QuickBooks: {action.__name__} {_id(row)}"


def pays(story: Story, dice: Random) -> str:
    """A payment of a part, of the total, or of more."""
    row = _row(story, dice)
    if row is None or row["Balance"] <= 0:
        return ""
    how = dice.choice(["a part", "a part", "all", "more"])
    part = (row["Balance"] / 3).quantize(CENT, ROUND_HALF_UP) or row["Balance"]
    amount = part if how == "a part" else row["Balance"]
    story.sandbox.pay({row["Id"]: amount}, amount + 5 if how == "more" else None)
    return f"QuickBooks: {amount} of {row['Balance']} is paid for {_id(row)} ({how})"


def credits(story: Story, dice: Random) -> str:
    """A credit memo, or a write-off, is applied."""
    row = _row(story, dice)
    if row is None or row["Balance"] < 2:
        return ""
    customer, item = row["CustomerRef"], {"ItemRef": {"value": "1"}}
    if story.place.is_us and not story.place.automated:
        memo = credit_memo(story.desk, row["Id"], "1.00", f"CM{dice.randint(1, 99)}")
    else:
        code = {} if story.place.is_us else {"TaxCodeRef": {"value": _free(story)}}
        line = {"Amount": Decimal(1), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {**item, **code}}
        body = {"CustomerRef": customer, "DocNumber": f"CM{dice.randint(1, 99)}", "Line": [line]}
        for key in ("CurrencyRef", "ExchangeRate"):
            body |= {key: row[key]} if key in row else {}
        memo = story.sandbox.create("CreditMemo", body)["Id"]
    cash = dice.choice(["0", "1.00"])
    credit(story.desk, row["Id"], memo, str(1 + Decimal(cash)), used="1.00", total=cash)
    return f"QuickBooks: a credit of 1.00 and {cash} money for {_id(row)}"


def _free(story: Story) -> str:
    return next(str(each["Id"]) for each in story.sandbox.list("TaxCode") if each["Name"] == story.place.free)


def unpays(story: Story, dice: Random) -> str:
    payments = story.sandbox.list("Payment")[-4:]
    links = {
        each["TxnId"] for rows in story.rows(memos=False).values() for row in rows for each in row.get("LinkedTxn", ())
    }
    payments = [each for each in payments if each["Id"] in links]
    if not payments:
        return ""
    action = dice.choice([story.sandbox.void, story.sandbox.delete])
    action("Payment", dice.choice(payments)["Id"])
    return f"QuickBooks: {action.__name__} of a payment"


def closes(story: Story, dice: Random) -> str:
    day = dice.choice(["2026-11-01", "2026-11-12", "2026-11-26", ""])
    story.setting(closing_date=day)
    return f"QuickBooks: the books are closed through {day or 'no day'}"
