"""What others install: built from a copy of the tree, looked into, and installed where nothing else is."""

from __future__ import annotations

import configparser
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("__init__.py", "hooks.py", "py.typed", "plugin", "rules", "schemas")
"""What of the root belongs to the package."""
FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network by the setuptools that is here, out of a checkout of another name."""
    tree = tmp_path_factory.mktemp("build") / "a checkout"
    tree.mkdir()
    for part in (*PARTS, *FILES):
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, tree / part)
    out = tree.parent / "out"
    build = "from setuptools.build_meta import build_wheel; import sys; build_wheel(sys.argv[1])"
    out.mkdir()
    subprocess.run([sys.executable, "-c", build, str(out)], cwd=tree, check=True, capture_output=True, text=True)
    (found,) = out.glob("*.whl")
    return found


def sources() -> set[str]:
    """The files of the tree that belong into the package."""
    kinds = {".py", ".yaml", ".json", ".html", ".css", ".js", ".typed", ".svg", ".po"}
    found = {"__init__.py", "hooks.py", "py.typed"}
    for part in ("plugin", "rules", "schemas"):
        found |= {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / part).rglob("*")
            if path.is_file() and path.suffix in kinds and "__pycache__" not in path.parts
        }
    return found


def test_packages_in_setup_cfg_are_the_folders_that_there_are() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(settings["options"]["packages"].split())
    folders = {path.parent for path in (ROOT / "plugin").rglob("__init__.py")}
    there = {"onedesk_quickbooks"} | {
        "onedesk_quickbooks." + ".".join(folder.relative_to(ROOT).parts) for folder in folders
    }
    assert listed == there


def test_every_source_file_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        inside = set(opened.namelist())
    top = {name.partition("/")[0] for name in inside}
    (info,) = top - {"onedesk_quickbooks"}
    assert info.startswith("onedesk_quickbooks-")
    assert info.endswith(".dist-info")
    packaged = {name.removeprefix("onedesk_quickbooks/") for name in inside if not name.startswith(info)}
    assert packaged == sources()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An empty environment with the wheel in it, and its site-packages."""
    folder = tmp_path_factory.mktemp("empty") / "env"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    target = Path(subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True).stdout.strip())
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    install = [*pip, "install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, text=True)
    return python, target


def run(python: Path, text: str) -> str:
    """Runs Python in the empty environment; what the package needs is lent by the one the tests run in."""
    lent = f"import site; site.addsitedir({site.getsitepackages()[0]!r}); import sys\n"
    # An editable install of the tree would win over the wheel: its finder is taken off again.
    lent += "sys.meta_path[:] = [each for each in sys.meta_path if 'editable' not in repr(each).lower()]\n"
    done = subprocess.run([python, "-c", lent + text], capture_output=True, text=True, cwd=python.parent, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_installed_into_an_empty_environment_it_adds_one_package(installed: tuple[Path, Path]) -> None:
    _, target = installed
    added = {path.name for path in target.iterdir()}
    (info,) = added - {"onedesk_quickbooks"}
    assert info.endswith(".dist-info")


def test_a_host_finds_the_plugin_by_its_entry_point(installed: tuple[Path, Path]) -> None:
    python, target = installed
    said = run(
        python,
        "import pluggy, onedesk_quickbooks\n"
        "from onedesk_quickbooks.hooks import HostEvents, plugin\n"
        "manager = pluggy.PluginManager('onedesk')\n"
        "manager.add_hookspecs(HostEvents)\n"
        "manager.load_setuptools_entrypoints('onedesk.plugins')\n"
        "manager.check_pending()\n"
        "assert plugin in manager.get_plugins()\n"
        "print(onedesk_quickbooks.__file__)\n",
    )
    assert Path(said.strip()).is_relative_to(target)


def test_the_installed_command_checks_the_shipped_rules(installed: tuple[Path, Path]) -> None:
    python, _ = installed
    assert (python.parent / "onedesk-quickbooks").exists()
    said = run(
        python,
        "from onedesk_quickbooks.plugin.cli import main\nmain(['--home', 'nowhere', 'check', '--json'])",
    )
    assert '"findings": []' in said
