"""Clients that others wrote, installed once for all tests, beside the Python environment.

Versions are pinned: docs/clients.md names them, and a test compares the two.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

NODE = {
    "node-quickbooks": "2.0.50",
    "intuit-oauth": "4.2.5",
    "quickbooks-node-promise": "3.3.14",
    "quickbooks-api": "0.6.2",
    "n8n-nodes-base": "2.41.2",
}
"""From the npm registry."""
_N8N = ("n8n-workflow@2.41.0", "change-case@5.4.4", "lodash@4.18.1")
"""What n8n's QuickBooks node asks for; all of n8n-nodes-base would bring a thousand packages more."""
PYTHON = {"qbosdk": "1.6.1", "tap-quickbooks": "2.5.0"}
"""From PyPI, each in a folder of its own: they pin other versions of what we use."""
OWN_TESTS = "0.8.4"
"""The last sdist of python-quickbooks that holds its own tests; later ones are in its repository alone."""
REPOSITORY = "https://github.com/ej2/python-quickbooks"

NODE_CLIENTS = Path(sys.prefix) / "node-clients"
PYTHON_CLIENTS = Path(sys.prefix) / "python-clients"
_SDIST = Path(sys.prefix) / "python-quickbooks-sdist"


def node_lacks() -> str:
    """Why node cannot run the clients; empty when it can. Installs them where they are not installed yet."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node and npm are not installed (Debian: apt-get install nodejs npm)"
    wanted = [*(f"{name}@{version}" for name, version in NODE.items() if name != "n8n-nodes-base"), *_N8N]
    n8n = f"n8n-nodes-base@{NODE['n8n-nodes-base']}"

    def install(folder: Path) -> str:
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder))
        problem = _ran("npm", "install", *quiet, *wanted)
        problem = problem or _ran("npm", "pack", "--pack-destination", str(folder), n8n)
        return problem or _take_node(folder)

    return _prepared(NODE_CLIENTS, "\n".join([*wanted, n8n]), install)


def _take_node(folder: Path) -> str:
    """Unpacks the QuickBooks node, and nothing else of n8n."""
    (packed,) = folder.glob("n8n-nodes-base-*.tgz")
    inside = "package/dist/nodes/QuickBooks/"
    with tarfile.open(packed) as archive:
        for member in archive.getmembers():
            if member.isfile() and member.name.startswith(inside) and member.name.endswith(".js"):
                member.name = f"node_modules/n8n-nodes-base/{member.name.removeprefix('package/')}"
                archive.extract(member, folder, filter="data")
    packed.unlink()
    return ""


def python_lacks() -> str:
    """Why clients from PyPI cannot run; empty when they can. Installs them where they are not installed yet."""

    def install(folder: Path) -> str:
        for name, version in PYTHON.items():
            pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--target")
            problem = _ran(*pip, str(folder / name), f"{name}=={version}")
            if problem:
                return problem
        return ""

    return _prepared(PYTHON_CLIENTS, repr(PYTHON), install)


def own_tests() -> Path:
    """Where python-quickbooks' own tests are: the checkout that PYTHON_QUICKBOOKS names, else its sdist."""
    return Path(os.environ.get("PYTHON_QUICKBOOKS") or _SDIST / f"python-quickbooks-{OWN_TESTS}")


def own_tests_lack() -> str:
    """Why python-quickbooks' own tests cannot run; empty when they can."""
    if os.environ.get("PYTHON_QUICKBOOKS"):
        return "" if (own_tests() / "tests" / "integration").is_dir() else "PYTHON_QUICKBOOKS names no checkout of it"
    if sys.version_info >= (3, 12):
        return f"those that PyPI has need Python 3.11 (git clone {REPOSITORY}, and name it in PYTHON_QUICKBOOKS)"

    def install(folder: Path) -> str:
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q", "--no-deps")
        problem = _ran(*pip, "--no-binary", ":all:", "-d", str(folder), f"python-quickbooks=={OWN_TESTS}")
        if not problem:
            with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
                archive.extractall(folder, filter="data")
        return problem

    return _prepared(_SDIST, OWN_TESTS, install)


def _prepared(folder: Path, wanted: str, install: Callable[[Path], str]) -> str:
    """Fills a folder once, whoever comes first; a problem in words, or nothing."""
    with FileLock(f"{folder}.lock"):  # two runs may share one environment
        done = folder / "installed.txt"
        if done.is_file() and done.read_text(encoding="utf-8") == wanted:
            return ""
        shutil.rmtree(folder, ignore_errors=True)  # what an interrupted installation left
        folder.mkdir(parents=True)
        problem = install(folder)
        if not problem:
            done.write_text(wanted, encoding="utf-8")
        return problem


def _ran(*command: str) -> str:
    """Runs a package client; what went wrong, or nothing."""
    name = "npm" if command[0] == "npm" else "pip"
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return f"{name} did not answer within five minutes"
    return f"{name} could not install {command[-1]}: {ran.stderr.strip()[-300:]}" if ran.returncode else ""
