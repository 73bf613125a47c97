"""docs/test-your-client.md: every block is run as a reader would, against a served sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.sandbox.controls.control import VIEWS
from onedesk_quickbooks.plugin.sandbox.controls.fault_injection import KINDS as FAULTS
from onedesk_quickbooks.plugin.sandbox.controls.fault_injection import OAUTH_KINDS
from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS, NOT_IMITATED
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from tests.support.clients import checkout

PAGE = Path(__file__).parent.parent.parent / "docs" / "test-your-client.md"
ADDRESS = "http://localhost:8200"
BLOCK = re.compile(r"^```(\S+)( \S+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str, mark: str = "") -> list[str]:
    """The blocks of a language, without those that are marked."""
    text = PAGE.read_text(encoding="utf-8")
    return [code for name, note, code in BLOCK.findall(text) if (name, note.strip()) == (language, mark)]


def run(command: list[str], served: Server, folder: Path, **env: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def here(code: str, served: Server) -> str:
    """The code with the address of the sandbox that is served."""
    assert ADDRESS in code
    return code.replace(ADDRESS, served.base_url)


def test_curl(served: Server, tmp_path: Path) -> None:
    script = "set -e\n" + here("\n".join(blocks("sh")), served)
    printed = run(["bash", "-c", script], served, tmp_path)
    sandbox = served.sandbox
    assert "Cool Cars" in printed
    assert "the answer is lost" in printed
    assert (tmp_path / "invoice.pdf").read_bytes().startswith(b"%PDF")
    (mail,) = sandbox.outbox()
    assert mail["to"] == "ann@example.com"
    assert sandbox.read("Invoice", mail["id"])["Balance"] == 0
    assert len(sandbox.list("Customer", "DisplayName = 'Twice Asked'")) == 1


def test_python(served: Server, tmp_path: Path) -> None:
    (code,) = blocks("python")
    run([sys.executable, "-c", here(code, served)], served, tmp_path, OAUTHLIB_INSECURE_TRANSPORT="1")
    assert len(served.sandbox.list("Customer", "DisplayName = 'Made by Python'")) == 1


@pytest.mark.node
def test_node(served: Server, tmp_path: Path, node_modules: Path) -> None:
    (code,) = blocks("js")
    printed = run(["node", "-e", here(code, served)], served, tmp_path, NODE_PATH=str(node_modules))
    assert "Made by Node" in printed
    assert len(served.sandbox.list("Customer", "DisplayName = 'Made by Node'")) == 1


def made(served: Server, name: str) -> bool:
    return len(served.sandbox.list("Customer", f"DisplayName = '{name}'")) == 1


@pytest.mark.php_sdk
def test_php(served: Server, tmp_path: Path) -> None:
    (code,) = blocks("php")
    (tmp_path / "vendor").mkdir()
    sdk = f"<?php error_reporting(E_ALL & ~E_DEPRECATED); require '{checkout('QUICKBOOKS_PHP_SDK')}/src/config.php';"
    (tmp_path / "vendor" / "autoload.php").write_text(sdk, encoding="utf-8")
    (tmp_path / "run.php").write_text(here(code, served), encoding="utf-8")
    assert "Made by PHP" in run(["php", "run.php"], served, tmp_path)
    assert made(served, "Made by PHP")


@pytest.mark.ruby
def test_ruby(served: Server, tmp_path: Path) -> None:
    (code,) = blocks("ruby")
    library = str(checkout("QUICKBOOKS_RUBY") / "lib")
    assert "Made by Ruby" in run(["ruby", "-W0", "-I", library, "-e", here(code, served)], served, tmp_path)
    assert made(served, "Made by Ruby")


@pytest.mark.go
def test_go(served: Server, tmp_path: Path) -> None:
    (code,) = blocks("go")
    (tmp_path / "main.go").write_text(here(code, served), encoding="utf-8")
    kept = {"GOFLAGS": "-mod=mod", "GOCACHE": str(tmp_path / "cache"), "GO111MODULE": "off"}
    assert "Made by Go" in run(["go", "run", "main.go"], served, tmp_path, **kept)
    assert made(served, "Made by Go")


@pytest.mark.java
def test_java(served: Server, tmp_path: Path) -> None:
    (code,) = blocks("java")
    (tmp_path / "Sandbox.java").write_text(here(code, served), encoding="utf-8")
    assert run(["java", "Sandbox.java"], served, tmp_path).strip() == "Made by Java"
    assert made(served, "Made by Java")


def test_python_in_a_test(served: Server, tmp_path: Path) -> None:
    (code,) = blocks("python", "test")
    assert run([sys.executable, "-c", code], served, tmp_path).strip() == "[]"


def test_the_command_that_starts_it_is_one(served: Server, tmp_path: Path) -> None:
    (code,) = blocks("sh", "start")
    program, command, option, port = code.split()
    assert (program, command, f"http://localhost:{port}") == ("onedesk-quickbooks", "sandbox", ADDRESS)
    helped = run([str(Path(sys.executable).parent / program), command, "--help"], served, tmp_path)
    for known in (option, "--limits", "--time-scale"):
        assert known in helped


SANDBOX_PAGE = (PAGE.parent / "sandbox.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*FAULTS, *VIEWS, *sorted(NOT_IMITATED), *KINDS, "TaxService"])
def test_the_page_of_the_sandbox_names_everything(name: str) -> None:
    assert re.search(rf"(?<![\w/]){re.escape(name)}\b", SANDBOX_PAGE)


def test_the_faults_for_tokens_are_listed() -> None:
    (line,) = [each for each in SANDBOX_PAGE.splitlines() if each.startswith("For tokens:")]
    for name in OAUTH_KINDS:
        assert f"`{name}`" in line or name.startswith("http_")
