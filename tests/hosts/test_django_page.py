"""docs/django.md: an empty Django project becomes a desk with the files as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hosts.serving import BIN, ROOT, served, until

Open = Callable[..., Any]
TEXT = (ROOT / "docs" / "django.md").read_text("utf-8")
FILES = re.findall(r"`([\w/]+\.py)`[^`]*\n\n```python\n(.*?)^```$", TEXT, re.M | re.S)
COMMANDS = re.findall(
    r"^    (django-admin|python|onedesk-quickbooks|gunicorn) (?!manage.py runserver)(.*)$", TEXT, re.M
)
PASSWORD = "a long one, as Django wants it"


def run(project: Path, program: str, *words: str) -> None:
    given = {**os.environ, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    command = [str(BIN / program), *words]
    done = subprocess.run(command, cwd=project, env=given, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (words, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project by the page's files and commands, before it is connected."""
    project = tmp_path_factory.mktemp("desk")
    written = False
    for program, words in COMMANDS[:-2]:
        if "makemigrations" in words:
            for name, text in FILES:
                with (project / name).open("a" if name.endswith("settings.py") else "w", encoding="utf-8") as file:
                    file.write(text)
            written = True
        more = ["--noinput", "--username", "ada", "--email", "ada@desk.example"] if "createsuperuser" in words else []
        run(project, program, *words.split(), *more)
    assert written
    return project


def connect(desk: Path, project: Path, base_url: str) -> list[str]:
    """A copy of the desk, connected; the last command of the page, which serves it."""
    shutil.copytree(desk, project)
    (program, words), (server, serving) = COMMANDS[-2:]
    assert " connect " in words
    run(project, program, *words.replace("http://127.0.0.1:8081", base_url).split())
    return [server, *serving.replace(":8000", ":0").split()]


class Admin:
    """Ada in Django's admin."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/admin"
        self._session = requests.Session()
        self._session.get(f"{self._url}/login/", timeout=30)
        self.post("/login/", username="ada", password=PASSWORD, next="/admin/")

    def post(self, path: str, **form: str | list[str]) -> str:
        token = self._session.cookies["csrftoken"]
        done = self._session.post(self._url + path, data={**form, "csrfmiddlewaretoken": token}, timeout=30)
        assert done.status_code == 200 and "errornote" not in done.text, done.text[:3000]
        return done.text

    def choose(self, action: str, *ids: str) -> str:
        return self.post("/invoices/invoice/", action=action, _selected_action=list(ids or "1"), index="0")

    def listed(self) -> str:
        return self._session.get(f"{self._url}/invoices/invoice/", timeout=30).text

    def financials(self) -> str:
        return self._session.get(f"{self._url[:-6]}/financials", timeout=30).text


def test_the_page_makes_a_desk(desk: Path, open_books: Open, tmp_path: Path) -> None:
    books, project = open_books("us"), tmp_path / "project"
    command = connect(desk, project, books.base_url)
    with (project / "quickbooks" / "settings.yaml").open("a") as settings:
        settings.write("poll_seconds: 1\n")  # a person has the five minutes
    with served(command, tmp_path / "home", cwd=project) as server:
        ada = Admin(server.url)
        values = {"number": "D-1", "customer": "Harbor Labs", "service_type": "Design", "currency": "USD"}
        values.update(issue_date="2026-11-02", email="")
        ada.post("/invoices/invoice/add/", total="100.00", **values)
        assert "disconnect" in ada.financials()
        assert "disconnect" not in requests.get(f"{server.url}/financials", timeout=30).text
        ada.choose("open")
        ada.post("/invoices/invoice/1/change/", total="250.00", **values)
        ada.choose("copy")
        until(lambda: "Copied to QuickBooks" in ada.listed())
        (found,) = books.sandbox.list("Invoice", "DocNumber = 'D-1'")
        assert (float(found["TotalAmt"]), books.sandbox.outbox()) == (250, [])
        books.sandbox.pay({found["Id"]: "250.00"})
        until(lambda: '<td class="field-status">paid</td>' in ada.listed())
        ada.post("/invoices/invoice/1/delete/", post="yes")
        assert "Harbor Labs" not in ada.listed()
    actions = [json.loads(text)["action"] for text in taken(project)]
    assert actions == ["edited", "copy", "deleted"]


def test_a_process_that_has_not_started_the_plugin_is_told(desk: Path) -> None:
    """As a management command, or `manage.py shell`, in which nobody calls start()."""
    code = (
        "from invoices.quickbooks import hook\n"
        "from onedesk_quickbooks.hooks import NotNow\n"
        "for call, more in ((hook.on_invoice_send, {'user': '1'}), (hook.on_invoice_changed, {'change': 'edited'})):\n"
        "    try:\n"
        "        call(invoice={'id': '1'}, **more)\n"
        "    except NotNow as problem:\n"
        "        assert 'has not called on_host_started yet' in str(problem)\n"
        "    else:\n"
        "        raise AssertionError(call)\n"
    )
    run(desk, "python", "manage.py", "shell", "-c", code)


def taken(project: Path) -> list[str]:
    """What the host handed over, by the audit trail."""
    with closing(sqlite3.connect(project / "quickbooks" / "ledger.sqlite")) as ledger:
        query = "select content from audit where kind = 'taken' order by id"
        return [row[0] for row in ledger.execute(query)]


def test_one_that_is_refused_keeps_no_other_back_and_the_person_reads_why(
    desk: Path, open_books: Open, tmp_path: Path
) -> None:
    books, project = open_books("us"), tmp_path / "project"
    command = connect(desk, project, books.base_url)
    with served(command, tmp_path / "home", cwd=project) as server:
        ada = Admin(server.url)
        for n in range(1, 5):
            values = {"number": f"D-{n}", "customer": "Harbor Labs", "service_type": "Design", "total": "100.00"}
            currency = "usd" if n == 2 else "USD"
            ada.post("/invoices/invoice/add/", currency=currency, issue_date="2026-11-02", email="", **values)
        assert "D-2: currency: " in ada.choose("open", "1", "2", "3", "4")
        said = ada.choose("copy", "1", "2", "3", "4")
        assert "D-2: currency: " in said and "D-1: " not in said and "D-3: " not in said
        until(lambda: ada.listed().count("Copied to QuickBooks</a>") == 3)
        (project / "quickbooks" / "rules.yaml").write_text("version: 1\nitens:\n  otherwise: same_name\n")
        until(lambda: "itens" in ada.financials(), 60)
        run(project, "onedesk-quickbooks", *"--home quickbooks --host helpdesk.host:make_host disconnect".split())
        assert "D-1: no QuickBooks company is connected: e-mail it yourself" in ada.choose("send", "1")
        assert "D-3: not copied, for no QuickBooks company is connected" in ada.choose("copy", "3")


def test_with_preload_the_pages_are_mounted_after_the_fork(desk: Path, open_books: Open, tmp_path: Path) -> None:
    project = tmp_path / "project"
    command = connect(desk, project, open_books("us").base_url)
    wsgi = project / "helpdesk" / "wsgi.py"
    text = wsgi.read_text("utf-8")
    assert text.endswith("\n\nstart()\n")
    wsgi.write_text(text[: -len("start()\n")], encoding="utf-8")
    (config,) = re.findall(r"`gunicorn.conf.py`:\n\n```python\n(.*?)^```$", TEXT, re.M | re.S)
    (project / "gunicorn.conf.py").write_text(config, encoding="utf-8")
    with served([*command, "--preload"], tmp_path / "home", cwd=project) as server:
        for path in ("connect", "callback", "webhooks"):
            assert requests.get(f"{server.url}/quickbooks/{path}", timeout=30).status_code != 404, path
        assert "disconnect" in Admin(server.url).financials()


def test_the_page_names_each_file_that_does_not_start_without_the_package() -> None:
    imports = {
        name for name, text in FILES if re.search(r"^(?:from|import) (?:onedesk|invoices.*quickbooks)", text, re.M)
    }
    imports |= {name for name, text in FILES if "from invoices import quickbooks" in text}
    section = TEXT.split("## Take it out again")[1]
    assert imports == set(re.findall(r"`([\w/]+\.py)`", section)) - {"helpdesk/urls.py"}
