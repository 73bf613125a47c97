"""The demo as a newcomer starts it, and the README that shows what it prints."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from tests.support.signing_in import sign_in

ROOT = Path(__file__).parents[2]
RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()", "demo"]


def shape(text: str) -> list[str]:
    """Lines without what differs from run to run: ports, folders, ids, seconds, widths of columns."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"/\S*onedesk-quickbooks-demo-\S+", "FOLDER", text)
    text = re.sub(r"\d+\.\d seconds", "N seconds", text)
    text = re.sub(r"─+", "─", re.sub(r"\(id \d+\)", "(id N)", text))
    return [re.sub(r" {2,}", "  ", line).strip() for line in text.splitlines()]


def test_every_step_is_read_back_and_the_readme_shows_this_very_output() -> None:
    began = time.monotonic()
    done = subprocess.run([*RUN, "--no-serve"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert time.monotonic() - began < 60
    assert done.stdout.count("✓") == 10
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", readme, re.DOTALL)[:1]
    assert shape(shown) == shape(done.stdout)


def test_it_stays_open_for_a_browser_and_payments_arrive_by_webhook() -> None:
    with subprocess.Popen(RUN, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C" in line:
                    break
            text = "".join(lines)
            (host,) = re.findall(r"OneDesk-style host +(http\S+)/", text)
            (books,) = re.findall(r"QuickBooks {2,}(http\S+)/", text)
            assert f"Begin here           {host}/demo" in text
            assert wait_for_paid(host, books)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
            assert process.returncode == 0
        finally:
            process.kill()


def wait_for_paid(host: str, books: str) -> bool:
    """Pay what is left of the first invoice in QuickBooks, and see it Paid in the host."""
    with requests.Session() as browser:
        sign_in(browser, host, "admin")
        begin = browser.get(f"{host}/", timeout=10)
        assert begin.url == f"{host}/demo" and "What to press next" in begin.text and "OD-2006" in begin.text
        before = browser.get(f"{host}/invoices", timeout=10).text
        assert before.count(">Paid</span>") == 1
        company = requests.get(f"{books}/", timeout=10).text
        (qbo_id, *_) = re.findall(r'txnId=(\d+)"[^>]*>\s*OD-2001', company)
        form = {"action": "pay", "amount": "125.00"}
        requests.post(f"{books}/app/invoice?txnId={qbo_id}", data=form, timeout=10)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if browser.get(f"{host}/invoices", timeout=10).text.count(">Paid</span>") == 2:
                return True
            time.sleep(0.2)
    return False


def test_the_makefile_has_the_two_commands_that_the_readme_names() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
