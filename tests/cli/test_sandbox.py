"""`sandbox` as others start it: a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()", "sandbox"]


@contextmanager
def running(*words: str, end: signal.Signals = signal.SIGINT) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*RUN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
            process.send_signal(end)
            out, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, ""), out
        finally:
            process.kill()


def test_json_first_line_is_all_that_a_client_needs(tmp_path: Path) -> None:
    data = tmp_path / "company.sqlite"
    with running("--json", "--company", "intl", "--currency", "NOK", "--data", str(data)) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        names = "base_url realm_id client_id client_secret access_token refresh_token verifier_token"
        assert set(first) >= set(names.split())
        url = f"{first['base_url']}/v3/company/{first['realm_id']}/preferences"
        headers = {"Authorization": f"Bearer {first['access_token']}", "Accept": "application/json"}
        answer = requests.get(url, headers=headers, timeout=10).json()
        assert answer["Preferences"]["CurrencyPrefs"]["HomeCurrency"]["value"] == "NOK"
    with running("--json", "--data", str(data), end=signal.SIGTERM) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["realm_id"] == first["realm_id"]


def test_people_read_where_it_is_and_how_to_go_on() -> None:
    with running("--client-id", "ABc", "--client-secret", "shh") as process:
        assert process.stdout is not None
        text = "".join(process.stdout.readline() for _ in range(17))
        assert "http://127.0.0.1:" in text
        assert "onedesk-quickbooks connect --sandbox http://127.0.0.1:" in text
        assert "Ctrl-C stops it." in text
        assert " ABc\n" in text


def test_https_shows_where_its_certificate_is(tmp_path: Path) -> None:
    with running("--tls", "--json") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        asked = requests.get(f"{first['base_url']}/_control/credentials", verify=first["certificate"], timeout=10)
        assert asked.json() == {key: value for key, value in first.items() if key != "certificate"}
    assert not Path(first["certificate"]).exists()
    with running("--tls") as process:
        assert process.stdout is not None
        text = "".join(process.stdout.readline() for _ in range(18))
        certificate = re.search(r"^  certificate +(\S+\.pem)$", text, re.MULTILINE)
        assert certificate is not None
        assert f"curl -s --cacert {certificate[1]} https://" in text
        connect = re.search(r"REQUESTS_CA_BUNDLE=(\S+) onedesk-quickbooks (connect .*)", text)
        assert connect is not None
        assert connect[1] == certificate[1]
        command = [*RUN[:-1], "--home", str(tmp_path), *connect[2].split()]
        env = {**os.environ, "REQUESTS_CA_BUNDLE": certificate[1]}
        subprocess.run(command, env=env, capture_output=True, timeout=60, check=True)


def refused(*words: str) -> tuple[int, str]:
    done = subprocess.run([*RUN, *words], capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_what_cannot_be_served_says_why(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = refused("--port", str(taken.getsockname()[1]))
    assert code == 3
    assert "take another --port" in said
    code, said = refused("--company", "us", "--currency", "EUR")
    assert code == 2
    other = tmp_path / "other.sqlite"
    other.write_text("this is a letter to my aunt, not a database; " * 20)
    assert refused("--data", str(other))[0] == 3


def test_a_file_has_one_sandbox_at_a_time_and_keeps_its_country(tmp_path: Path) -> None:
    data = str(tmp_path / "company.sqlite")
    with running("--data", data, "--company", "gb", "--also", "us", "--language", "fr") as process:
        assert process.stdout is not None
        text = "".join(process.stdout.readline() for _ in range(4))
        assert "(gb), realm" in text
        assert "(us), realm" in text
        assert data in text
        second = subprocess.run([*RUN, "--data", data], capture_output=True, text=True, timeout=60, check=False)
        assert (second.returncode, second.stdout) == (3, "")
        assert "locked" in second.stderr
    assert (tmp_path / "company-2-us.sqlite").exists()
    wrong = subprocess.run(
        [*RUN, "--data", data, "--company", "ca"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (wrong.returncode, wrong.stdout) == (3, "")
    assert "'gb', not 'ca'" in wrong.stderr
    with running("--data", data) as process:
        assert process.stdout is not None
        assert "(us), realm" in "".join(process.stdout.readline() for _ in range(3))


def test_a_seed_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    for text, says in (
        ("{", "is not valid JSON"),
        ("[]", "expected an object of lists"),
        ('{"Nope": []}', "no QuickBooks entity"),
        ('{"Customer": {}}', "expected a list"),
        ('{"Customer": [{"DisplayName": "a:b"}]}', "Customer 1: 2040"),
    ):
        seed = tmp_path / "seed.json"
        seed.write_text(text, encoding="utf-8")
        done = subprocess.run([*RUN, "--seed", str(seed)], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (3, ""), done.stderr
        assert says in done.stderr
        assert "Traceback" not in done.stderr
