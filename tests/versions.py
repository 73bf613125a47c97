"""`make versions`: the tests on every Python of this machine from 3.10 on, with the newest and the lowest versions of
what setup.cfg asks for. `make test` has the Python of .venv with the newest ones already.

TESTS are run in each combination, the two ends first: the lowest versions on the oldest Python and the newest versions
on the newest one. With WITHIN, a number of minutes, SAMPLE is run in the place of TESTS where a combination might end
later than that.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
OLDEST = (3, 10)
TESTS_FAILED = 1
"""Exit code of pytest."""
LOWEST, NEWEST = "lowest-direct", "highest"
_ASK = "import sys; print(*sys.version_info[:2]); assert sys.implementation.name == 'cpython'"


def pythons() -> dict[tuple[int, int], str]:
    """The interpreters of this machine, one for each version: those on the PATH, then those of pyenv and uv."""
    found: dict[tuple[int, int], str] = {}
    for path in _candidates():
        asked = subprocess.run([path, "-c", _ASK], capture_output=True, text=True)
        if asked.returncode == 0 and re.fullmatch(r"\d+ \d+\s*", asked.stdout):
            major, minor = map(int, asked.stdout.split())
            if (major, minor) >= OLDEST:
                found.setdefault((major, minor), path)
    return dict(sorted(found.items()))


def _candidates() -> Iterator[str]:
    yield sys.executable
    for on_path in os.environ.get("PATH", "").split(os.pathsep):
        yield from map(str, sorted(Path(on_path).glob("python3.[0-9]*[0-9]")))
    for folder in (Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python"):
        yield from map(str, sorted(folder.glob("*/bin/python3")))


def passed(python: str, resolution: str, tests: list[str]) -> bool:
    """Whether the tests pass in an environment of this interpreter, made for them."""
    place = ROOT / ".versions"
    shutil.rmtree(place, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    install = ["pip", "install", "-q", "--python", str(place), "--resolution", resolution, "-e", ".[test]"]
    run = [str(place / "bin" / "python"), "-m", "pytest", "-q"]
    processes = os.environ.get("TEST_PROCESSES", "4")
    steps = ([uv, "venv", "-q", "--seed", "--python", python, str(place)], [uv, *install])
    try:
        if any(subprocess.run(step, cwd=ROOT).returncode for step in steps):
            return False
        # what tests need is installed and compiled, once for all processes
        subprocess.run([*run, "-q", "--collect-only", *tests], cwd=ROOT, stdout=subprocess.DEVNULL)
        found = subprocess.run([*run, "-n", processes, "--dist", "loadfile", *tests], cwd=ROOT).returncode
        if found != TESTS_FAILED:
            return found == 0
        _say("What failed is run again, one after the other: what fails by its versions fails again.")
        return subprocess.run([*run, "-n", "0", "--lf", "--lfnf=none", *tests], cwd=ROOT).returncode == 0
    finally:
        shutil.rmtree(place, ignore_errors=True)


def combinations(versions: Iterable[tuple[int, int]], own: tuple[int, int]) -> list[tuple[tuple[int, int], str]]:
    """(Python, resolution of uv), the two ends first: the lowest versions on the oldest Python, the newest on the
    newest; without the newest versions on our own Python."""
    each = [(version, resolution) for version in sorted(versions) for resolution in (LOWEST, NEWEST)]
    return [one for one in (each[0], each[-1], *each[1:-1]) if one != (own, NEWEST)]


def main(tests: list[str], sample: list[str], within: float | None) -> int:
    """0 if all passed; `sample` in the place of `tests` where a combination would take longer than `within` minutes
    from the beginning, if it takes as long as the longest one."""
    own, found, failed = sys.version_info[:2], pythons(), 0
    begun, longest = time.monotonic(), 0.0
    for version, resolution in combinations(found, own):
        since = time.monotonic()
        whole = not sample or within is None or since + longest - begun <= 60 * within
        name = f"Python {version[0]}.{version[1]}, {resolution.split('-')[0]} versions"
        _say(f"{name} ({found[version]}){'' if whole else ': a sample, since the time is short'}")
        right = passed(found[version], resolution, tests if whole else sample)
        took = time.monotonic() - since
        longest, failed = max(longest, took), failed + (not right)
        _say(f"{name}: {'passed' if right else 'FAILED'} in {took / 60:.1f} minutes")
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    minutes = os.environ.get("WITHIN")
    sys.exit(main(sys.argv[1:], os.environ.get("SAMPLE", "").split(), float(minutes) if minutes else None))
