"""`serve` as a process: what monitors ask for, alerts that are sent by themselves, a log that machines read."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from onedesk_quickbooks.plugin.sync.settings import write_settings

RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]
Call = Callable[..., Any]


def test_monitored_and_alerting(
    connected: Any,
    call: Call,
    home: Path,
    tmp_path: Path,
    invoice: Callable[..., dict[str, Any]],
    httpserver: HTTPServer,
) -> None:
    alerted = threading.Event()
    alerts: list[Any] = []

    def take(request: Request) -> Response:
        alerts.append(request.get_json())
        alerted.set()
        return Response(status=204)

    httpserver.expect_request("/alerts").respond_with_handler(take)
    write_settings(home, {"alert_webhook": httpserver.url_for("/alerts")})
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(invoice(currency="EUR")))
    assert call("copy", file).code == 1

    command = [*RUN, "--home", str(home), "--log-format", "json", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base = json.loads(process.stdout.readline())["base_url"]
            for path in ("/metrics", "/quickbooks/metrics"):
                assert "onedesk_quickbooks_work" in requests.get(base + path, timeout=10).text
            for path in ("/ready", "/health", "/quickbooks/ready", "/quickbooks/health"):
                assert requests.get(base + path, timeout=10).status_code == 200
            assert alerted.wait(20), "the alert did not come by itself"
            assert call("status").out.count("Next poll      20") == 1, "another process sees when it polls"
        finally:
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert [each["alert"] for each in alerts] == ["held"]
    records = [json.loads(line) for line in log.splitlines()]
    assert any(each.get("alert") == "held" for each in records)
    assert any(each["logger"] == "onedesk_quickbooks.qbo" and each["realm"] for each in records)
    assert "EUR" not in log
