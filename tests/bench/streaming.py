"""A large file in `copy`: the time for an invoice among many compared to few, and the memory.

`python -m tests.bench.streaming` copies a file of FEW invoices, then one of MANY, to a sandbox in a separate process,
without QuickBooks' limits. It prints each figure with its bound and exits 1 if one is out of bounds. BENCH_STREAMED
sets MANY.

The memory for a file of ALL is extrapolated: the peak of this process with MANY, and for each further invoice the
memory that it keeps, which is the median of LOTS more batches (memory of Python; SQLite's pages have a separate bound,
which MANY reaches): occasionally a table doubles its size in a batch, which thousands of others use.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path
from statistics import median

from onedesk_quickbooks.plugin.cli.files import BadRecord
from onedesk_quickbooks.plugin.cli.ordered_output import OrderedOutput
from onedesk_quickbooks.plugin.cli.output import print_json
from onedesk_quickbooks.plugin.cli.session import Session
from onedesk_quickbooks.plugin.cli.session.gather import Given, gather, once
from onedesk_quickbooks.plugin.cli.session.run import LOT, Run
from onedesk_quickbooks.plugin.model.outcome import Outcome
from tests.bench.parts.figures import shown
from tests.bench.parts.installed import CUSTOMERS, Clock, Installed, invoice, sandbox
from tests.bench.sandbox import Figure, megabytes

UNPACED = 20
FEW = 1000
MANY = int(os.environ.get("BENCH_STREAMED", "4000"))
ALL = 100_000
LOTS = 3
READ = 20_000


def written(path: Path, tag: str, count: int) -> Path:
    """A list of `count` invoices."""
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
    """The rows are discarded."""
    with sandbox("--time-scale", str(UNPACED)) as base_url:
        installed = Installed(home, base_url, Clock(UNPACED), poll_seconds=300 * UNPACED)
        session = Session(installed.host, installed.plugin.application, installed.host)
        copied(session, written(home / "warm.json", "warm-", 300))
        few = copied(session, written(home / "few.json", "few-", FEW))
        many = copied(session, written(home / "many.json", "many-", MANY))
        yield Figure(f"our own work an invoice, of {MANY} against {FEW}", many / few, 1.25)
        most = megabytes()
        yield Figure(f"memory at most, with a file of {MANY}", most, 200, "MB")
        stays = staying(session)
        yield Figure("what stays in memory of an invoice", stays / 1024, 0.6, "kB")
        yield Figure(f"memory with a file of {ALL}, extrapolated", most + (ALL - MANY) * stays / 1024**2, 200, "MB")
        yield from read(home, session)
        installed.host.close()


def copied(session: Session, file: Path) -> float:
    """The processor seconds of this process for an invoice."""
    began = time.process_time()
    count = worked(session, gather([str(file)], session.host))
    return (time.process_time() - began) / count


def worked(
    session: Session, given: Iterator[Given | BadRecord], seen: Callable[[int], None] = lambda count: None
) -> int:
    """The number of copied invoices. `seen` is called with the number of outcomes so far."""
    outcomes: list[str] = []

    def show(outcome: Outcome, along: bool) -> None:
        outcomes.append(outcome.outcome)
        print_json({**outcome.to_json(), "waited": along})
        seen(len(outcomes))

    output = OrderedOutput(show)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        assert not Run(session, given, "copy", output).work()
        output.end()
    assert set(outcomes) == {"copied"}, set(outcomes)
    return len(outcomes)


def staying(session: Session) -> float:
    """The bytes that Python keeps for each finished invoice, without the buffers of the file."""
    held: list[int] = []

    def seen(count: int) -> None:
        if count % LOT == 0:
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])

    invoices = (invoice(f"stays-{n}", f"Customer {n % CUSTOMERS}", "Service") for n in range((1 + LOTS) * LOT))
    tracemalloc.start()
    worked(session, once(Given(each["id"], each, f"stays.json:{each['number']}") for each in invoices), seen)
    tracemalloc.stop()
    return median(after - before for before, after in pairwise(held)) / LOT


def main() -> int:
    """Print every figure."""
    return shown(figures)


if __name__ == "__main__":
    sys.exit(main())
