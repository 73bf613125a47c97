"""qbosdk does its round (it reads, and writes vendors, employees and attachments); prints what it saw as JSON.

Unchanged but for the base URL, the first argument.
"""

from __future__ import annotations

import base64
import json
import sys

import requests
from qbosdk import QuickbooksOnlineSDK, revoke_refresh_token
from qbosdk.exceptions import InvalidTokenError, WrongParamsError

base = sys.argv[1]
known = requests.get(f"{base}/_control/credentials", timeout=10).json()
QuickbooksOnlineSDK.TOKEN_URL = f"{base}/oauth2/v1/tokens/bearer"
QuickbooksOnlineSDK.TOKEN_REVOKE_URL = f"{base}/v2/oauth2/tokens/revoke"


class Here(QuickbooksOnlineSDK):  # type: ignore[misc]
    """The base URL is private: it is set before the API objects know it."""

    def update_server_url(self) -> None:
        self._QuickbooksOnlineSDK__base_url = f"{base}/v3/company/{known['realm_id']}"
        super().update_server_url()


books = Here(known["client_id"], known["client_secret"], known["refresh_token"], known["realm_id"], "sandbox")
seen: dict[str, object] = {"rotated": books.refresh_token != known["refresh_token"]}
seen["company"] = books.company_info.get()["Country"]
seen["preferences"] = "SalesFormsPrefs" in books.preferences.get()
for name in ("accounts", "departments", "classes", "customers", "items", "tax_codes", "vendors", "employees"):
    seen[name] = len(getattr(books, name).get()) > 0
seen["counted"] = books.customers.count() == len(books.customers.get())
since = "2000-01-01T00:00:00-00:00"
seen["since"] = sum(len(page) for page in books.customers.get_all_generator(since)) == books.customers.count()
seen["inactive"] = [each for page in books.customers.get_inactive(None) for each in page]
seen["rate"] = "Rate" in books.exchange_rates.get_by_source("EUR")

vendor = books.vendors.post({"DisplayName": "Made by qbosdk"})["Vendor"]
seen["found"] = books.vendors.search_vendor_by_display_name("Made by qbosdk")["Id"] == vendor["Id"]
content = base64.b64encode(b"a note").decode()
kept = books.attachments.post(vendor["Id"], "Vendor", content, "note.txt")["Attachable"]
seen["attached"] = [kept["FileName"], kept["AttachableRef"][0]["EntityRef"]["value"] == vendor["Id"]]
seen["content"] = requests.get(kept["TempDownloadUri"], timeout=10).text
try:
    books.vendors.post({"DisplayName": "Made by qbosdk"})
except WrongParamsError as error:
    seen["duplicate"] = json.loads(error.response)["Fault"]["Error"][0]["code"]
revoke_refresh_token(books.refresh_token, known["client_id"], known["client_secret"])
try:
    books.company_info.get()
except InvalidTokenError:
    seen["revoked"] = True
sys.stdout.write(json.dumps(seen))
