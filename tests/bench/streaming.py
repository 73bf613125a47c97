"""How `copy` takes a large file: how long an invoice of many takes against one of few, and what is in memory.

`python -m tests.bench.streaming` copies a file of FEW invoices, then one of MANY, to a sandbox that is a process of its
own, without QuickBooks' limits. It prints each figure with its bound and ends with 1 when one is not met.
BENCH_STREAMED sets MANY.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from onedesk_quickbooks.plugin.cli.output import print_json
from onedesk_quickbooks.plugin.cli.session import Session
from onedesk_quickbooks.plugin.cli.session.gather import gather
from onedesk_quickbooks.plugin.cli.session.run import Run
from onedesk_quickbooks.plugin.cli.telling import Telling
from onedesk_quickbooks.plugin.model.outcome import Outcome
from tests.bench.parts.office import CUSTOMERS, Clock, Office, invoice, sandbox
from tests.bench.sandbox import Figure, megabytes

UNPACED = 20
FEW = 1000
MANY = int(os.environ.get("BENCH_STREAMED", "4000"))
READ = 20_000


def written(path: Path, tag: str, count: int) -> Path:
    """A list of so many invoices."""
    with path.open("w") as file:
        for n in range(count):
            one = json.dumps(invoice(f"{tag}{n}", f"Customer {n % CUSTOMERS}", "Service"), indent=1)
            file.write(f"{',' if n else '['}\n{one}")
        file.write("]\n")
    return path


def read(home: Path, session: Session) -> Iterator[Figure]:
    """A file is read record by record."""
    taken = {}
    for count in (READ // 10, READ):
        file = written(home / "read.json", "read-", count)
        began = time.process_time()
        assert sum(1 for _ in gather([str(file)], session.host)) == count
        taken[count] = (time.process_time() - began) / count
    ratio = taken[READ] / taken[READ // 10]
    yield Figure(f"time to read an invoice, of {READ} against {READ // 10}", ratio, 1.25)


def figures(home: Path) -> Iterator[Figure]:
    """The rows go where nobody reads them."""
    with sandbox("--time-scale", str(UNPACED)) as base_url:
        office = Office(home, base_url, Clock(UNPACED), poll_seconds=300 * UNPACED)
        session = Session(office.host, office.plugin.application, office.host)
        copied(session, written(home / "warm.json", "warm-", 300))
        few = copied(session, written(home / "few.json", "few-", FEW))
        many = copied(session, written(home / "many.json", "many-", MANY))
        yield Figure(f"our own work an invoice, of {MANY} against {FEW}", many / few, 1.25)
        yield Figure(f"memory at most, with a file of {MANY}", megabytes(), 200, "MB")
        yield from read(home, session)
        office.host.close()


def copied(session: Session, file: Path) -> float:
    """The processor's seconds of this process for an invoice."""
    outcomes: list[str] = []

    def show(outcome: Outcome, along: bool) -> None:
        outcomes.append(outcome.outcome)
        with redirect_stdout(StringIO()):
            print_json({**outcome.to_json(), "waited": along})

    told = Telling(show)
    began = time.process_time()
    assert not Run(session, gather([str(file)], session.host), "copy", told).work()
    told.end()
    assert set(outcomes) == {"copied"}, set(outcomes)
    return (time.process_time() - began) / len(outcomes)


def main() -> int:
    """Print every figure."""
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for figure in figures(Path(folder)):
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            met = met and figure.met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
