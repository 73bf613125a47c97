"""Third-party clients, installed once for all tests: those of Python into the environment, those of node beside it.

Versions are pinned: docs/clients.md lists them, and a test compares the two.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
"""The dependencies of n8n's QuickBooks node; all of n8n-nodes-base would install a thousand more packages."""
PYTHON = {"qbosdk": "1.6.1", "tap-quickbooks": "2.5.0"}
"""From PyPI, each in a separate folder: they pin other versions of our dependencies."""
OWN_TESTS = "0.8.4"
"""The last sdist of python-quickbooks with its tests; later ones are only in its repository."""
CHECKOUTS = {
    "PYTHON_QUICKBOOKS": "https://github.com/ej2/python-quickbooks",
    "QUICKBOOKS_JAVA_SDK": "https://github.com/intuit/QuickBooks-V3-Java-SDK",
    "QUICKBOOKS_PHP": "https://github.com/consolibyte/quickbooks-php",
    "QUICKBOOKS_PHP_SDK": "https://github.com/intuit/QuickBooks-V3-PHP-SDK",
    "QUICKBOOKS_RUBY": "https://github.com/ruckus/quickbooks-ruby",
}
"""Clients that are neither in Debian nor in an available registry: the variable for a checkout, and the repository."""

YAML_SERVER = "yaml-language-server@1.25.0"
"""The YAML language server of editors, from the npm registry."""
_ANY_PYTHON = Path(__file__).parent.parent.parent / ".dev"
"""What is the same for every Python environment of the tree."""
EDITOR = _ANY_PYTHON / "node-editor"
NODE_CLIENTS = _ANY_PYTHON / "node-clients"
PYTHON_CLIENTS = Path(sys.prefix) / "python-clients"
_SDIST = Path(sys.prefix) / "python-quickbooks-sdist"


def node_lacks() -> str:
    """Why node cannot run the clients; empty if it can. Installs them if necessary."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node and npm are not installed (Debian: apt-get install nodejs npm)"
    wanted = [*(f"{name}@{version}" for name, version in NODE.items() if name != "n8n-nodes-base"), *_N8N]
    n8n = f"n8n-nodes-base@{NODE['n8n-nodes-base']}"

    def install(folder: Path) -> str:
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder))
        problem = _ran("npm", "install", *quiet, *wanted)
        problem = problem or _ran("npm", "pack", "--pack-destination", str(folder), n8n)
        return problem or _take_node(folder)

    return prepared(NODE_CLIENTS, "\n".join([*wanted, n8n]), install)


@contextmanager
def unpacking(packed: Path) -> Iterator[tarfile.TarFile]:
    """A tar archive, whose files stay below the folder to which they are extracted where the Python is new enough for
    that: 3.10.12 and 3.11.4 have the filter, Debian 12 has 3.11.2."""
    with tarfile.open(packed) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        yield archive


def _take_node(folder: Path) -> str:
    """Extract the QuickBooks node, and nothing else of n8n."""
    (packed,) = folder.glob("n8n-nodes-base-*.tgz")
    inside = "package/dist/nodes/QuickBooks/"
    with unpacking(packed) as archive:
        for member in archive.getmembers():
            if member.isfile() and member.name.startswith(inside) and member.name.endswith(".js"):
                member.name = f"node_modules/n8n-nodes-base/{member.name.removeprefix('package/')}"
                archive.extract(member, folder)
    packed.unlink()
    return ""


def editor_lacks() -> str:
    """Why yaml-language-server cannot run; empty if it can. Installs it if necessary."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node and npm are not installed (Debian: apt-get install nodejs npm)"
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefix")
    return prepared(EDITOR, YAML_SERVER, lambda folder: _ran("npm", "install", *quiet, str(folder), YAML_SERVER))


def python_lacks() -> str:
    """Why clients from PyPI cannot run; empty if they can. Installs them if necessary."""

    def install(folder: Path) -> str:
        for name, version in PYTHON.items():
            pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--target")
            problem = _ran(*pip, str(folder / name), f"{name}=={version}")
            if problem:
                return problem
        return ""

    return prepared(PYTHON_CLIENTS, repr(PYTHON), install)


def checkout(variable: str) -> Path:
    """The folder in an environment variable; the current one if it is not set."""
    return Path(os.environ.get(variable, ""))


def no_checkout(variable: str) -> str:
    """Why there is no checkout of a client; empty if there is."""
    if not os.environ.get(variable):
        return f"{variable} names no checkout (git clone {CHECKOUTS[variable]})"
    return "" if checkout(variable).is_dir() else f"{variable} names no folder"


def php_lacks(variable: str) -> str:
    """Why a client in PHP cannot run from a checkout; empty if it can."""
    if not shutil.which("php"):
        return "php is not installed (Debian: apt-get install php-cli php-curl php-xml php-mbstring)"
    return no_checkout(variable)


def ruby_lacks() -> str:
    """Why quickbooks-ruby cannot run; empty if it can."""
    names = ("activemodel", "faraday", "multipart-post", "net-http-persistent", "nokogiri", "oauth2", "roxml")
    gems = " ".join(f"ruby-{name}" for name in names)
    if not shutil.which("ruby"):
        return f"ruby is not installed (Debian: apt-get install ruby {gems})"
    missing = no_checkout("QUICKBOOKS_RUBY")
    loads = ("ruby", "-W0", "-I", str(checkout("QUICKBOOKS_RUBY") / "lib"), "-e", "require 'quickbooks-ruby'")
    return missing or (_ran(*loads) and f"its gems are not installed (Debian: apt-get install {gems})")


def own_tests() -> Path:
    """The folder of python-quickbooks' tests: the checkout in PYTHON_QUICKBOOKS, else its sdist."""
    return Path(os.environ.get("PYTHON_QUICKBOOKS") or _SDIST / f"python-quickbooks-{OWN_TESTS}")


def own_tests_lack() -> str:
    """Why python-quickbooks' tests cannot run; empty if they can."""
    missing = no_checkout("PYTHON_QUICKBOOKS")
    if not missing or os.environ.get("PYTHON_QUICKBOOKS"):
        return missing
    if sys.version_info >= (3, 12):
        return f"those that PyPI has need Python 3.11, and {missing}"

    def install(folder: Path) -> str:
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q", "--no-deps")
        problem = _ran(*pip, "--no-binary", ":all:", "-d", str(folder), f"python-quickbooks=={OWN_TESTS}")
        if not problem:
            with unpacking(next(folder.glob("*.tar.gz"))) as archive:
                archive.extractall(folder)
        return problem

    return prepared(_SDIST, OWN_TESTS, install)


def prepared(folder: Path, wanted: str, install: Callable[[Path], str]) -> str:
    """Fill a folder once, in whichever process comes first; returns the problem, or an empty text."""
    folder.parent.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):  # two runs may share one environment
        done = folder / "installed.txt"
        if done.is_file() and done.read_text(encoding="utf-8") == wanted:
            return ""
        shutil.rmtree(folder, ignore_errors=True)  # left by an interrupted installation
        folder.mkdir(parents=True)
        problem = install(folder)
        if not problem:
            done.write_text(wanted, encoding="utf-8")
        return problem


def _ran(*command: str) -> str:
    """Run a package client; return the error, or an empty text."""
    name = "pip" if command[0] == sys.executable else command[0]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return f"{name} did not answer within five minutes"
    return f"{name} could not install {command[-1]}: {ran.stderr.strip()[-300:]}" if ran.returncode else ""
