"""A company of the sandbox that sells retainers, set up as by its user: the API does not allow it."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox import Sandbox

ACCOUNT = "Customer retainers"
_TYPE = {"AccountType": "Other Current Liability", "AccountSubType": "OtherCurrentLiabilities"}


def make_account(sandbox: Sandbox) -> str:
    """The id of the liability account."""
    return str(sandbox.create("Account", {"Name": ACCOUNT, **_TYPE})["Id"])


def make_item(sandbox: Sandbox) -> str:
    """The id of the item "Retainer", on an income account."""
    income = next(each["Id"] for each in sandbox.list("Account") if each["AccountType"] == "Income")
    item = {"Name": "Retainer", "Type": "Service", "IncomeAccountRef": {"value": income}}
    return str(sandbox.create("Item", item)["Id"])


def move_item(sandbox: Sandbox, item: str, account: str) -> None:
    """Move it to another account."""
    sandbox.edit("Item", item, {"IncomeAccountRef": {"value": account}})
