"""python-quickbooks' own tests/integration, unchanged; prints as JSON which passed and what the others said.

Arguments: base URL, the folder of the sources, and modules to leave out. The tests name what they make for the time to
the second: each begins in a second of its own. Others find by the minute what the test before has made: all tests of a
class begin in the same minute.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import unittest
import warnings

import requests
from intuitlib import config
from quickbooks import QuickBooks

base, folder, *without = sys.argv[1:]
known = requests.get(f"{base}/_control/credentials", timeout=10).json()
config.DISCOVERY_URL["sandbox"] = f"{base}/.well-known/openid_sandbox_configuration/"
QuickBooks.sandbox_api_url_v3 = f"{base}/v3"
names = {"CLIENT_ID": "client_id", "CLIENT_SECRET": "client_secret", "REFRESH_TOKEN": "refresh_token"}
os.environ.update({name: known[key] for name, key in names.items()}, COMPANY_ID=known["realm_id"])
os.chdir(folder)
sys.path.insert(0, folder)


class Result(unittest.TestResult):
    """What passed."""

    def __init__(self) -> None:
        super().__init__()
        self.passed: list[str] = []
        self.begun: type[unittest.TestCase] | None = None

    def startTest(self, test: unittest.TestCase) -> None:
        late = time.time() % 60 > 45 and type(test) is not self.begun
        time.sleep(60.01 - time.time() % 60 if late else 1.01 - time.time() % 1)
        self.begun = type(test)
        super().startTest(test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.passed.append(name(test))


def name(test: unittest.TestCase) -> str:
    """Module, class and method; some of the tests have an `id` of their own."""
    return unittest.TestCase.id(test).removeprefix("tests.integration.")


def found(suite: unittest.TestSuite) -> list[unittest.TestCase]:
    """The tests of a suite, those of the modules that are left out not among them."""
    tests: list[unittest.TestCase] = []
    for each in suite:
        tests += found(each) if isinstance(each, unittest.TestSuite) else [each]
    return [each for each in tests if name(each).partition(".")[0] not in without]


warnings.simplefilter("ignore")
result = Result()
all_of_them = unittest.defaultTestLoader.discover("tests/integration", top_level_dir=folder)
with contextlib.redirect_stdout(sys.stderr):  # some of them print
    unittest.TestSuite(found(all_of_them)).run(result)
said = {str(test): text for test, text in [*result.errors, *result.failures]}
sys.stdout.write(json.dumps({"passed": result.passed, "failed": said}))
