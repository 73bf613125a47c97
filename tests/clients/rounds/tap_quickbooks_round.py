"""Stitch's tap-quickbooks reads a company twice; prints what it saw as JSON.

Unchanged but for the base URL, the first argument; the second is a folder to write to. oauthlib takes plain http with
OAUTHLIB_INSECURE_TRANSPORT=1 only. Reports are not imitated: its stream of them is not chosen.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import requests
import tap_quickbooks
import tap_quickbooks.client
from singer import metadata
from tap_quickbooks.discover import do_discover

base, folder = sys.argv[1], Path(sys.argv[2])
known = requests.get(f"{base}/_control/credentials", timeout=10).json()
tap_quickbooks.client.SANDBOX_ENDPOINT_BASE = base
tap_quickbooks.client.TOKEN_REFRESH_URL = f"{base}/oauth2/v1/tokens/bearer"

config: dict[str, Any] = {
    **{key: known[key] for key in ("realm_id", "client_id", "client_secret", "refresh_token")},
    "user_agent": "tests",
    "sandbox": "true",
    "start_date": (datetime.now(timezone.utc) - timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "max_results": "7",
}


def chosen() -> dict[str, Any]:
    """Its own catalog, with every stream but the reports selected."""
    catalog: dict[str, Any] = do_discover().to_dict()
    for stream in catalog["streams"]:
        marks = metadata.to_map(stream["metadata"])
        selected = stream["tap_stream_id"] != "profit_loss_report"
        stream["metadata"] = metadata.to_list(metadata.write(marks, (), "selected", selected))
    return catalog


def synced(state: object) -> list[dict[str, Any]]:
    """The messages of one run."""
    for name, value in (("config", config), ("catalog", chosen()), ("state", state)):
        (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    paths = [word for name in ("config", "catalog", "state") for word in (f"--{name}", str(folder / f"{name}.json"))]
    sys.argv = ["tap-quickbooks", *paths]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        tap_quickbooks.main()
    config.update(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    return [json.loads(line) for line in out.getvalue().splitlines()]


first = synced({})
records = [each for each in first if each["type"] == "RECORD"]
ids = Counter((each["stream"], each["record"]["Id"]) for each in records)
counts = Counter(stream for stream, _ in ids)
second = synced(first[-1]["value"])
seen = {
    "twice": [key for key, times in ids.items() if times > 1],
    "counts": counts,
    "again": len([each for each in second if each["type"] == "RECORD"]) < len(records),
    "rotated": config["refresh_token"] != known["refresh_token"],
}
sys.stdout.write(json.dumps(seen))
