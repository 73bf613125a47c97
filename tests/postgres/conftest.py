"""A PostgreSQL of Debian's, made for the tests on loopback and thrown away after them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.commands import terminal
from tests.postgres.crew import crew
from tests.sync.conftest import desks, invoice

__all__ = ["crew", "desks", "invoice", "terminal"]

_COUNT = count(1)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda each: int(each.parts[-3]))
    assert found, "install PostgreSQL (Debian: apt-get install postgresql), or leave these tests out: -m 'not postgres'"
    return found[-1].parent


class Server:
    """PostgreSQL in a folder of its own. Root may not run it: the user postgres does then."""

    def __init__(self) -> None:
        self.programs = _programs()
        self._home = Path(tempfile.mkdtemp(prefix="onedesk-pg-"))
        self._as: list[str] = []
        if os.getuid() == 0:
            os.chown(self._home, pwd.getpwnam("postgres").pw_uid, -1)
            self._as = ["runuser", "-u", "postgres", "--"]
        self.port = 0
        self._run("initdb", "-D", str(self._home / "data"), "-U", "onedesk", "-A", "trust", "-N", "-E", "UTF8")
        self._start_somewhere()

    def _start_somewhere(self) -> None:
        """On a port that the system calls free; another process may be quicker to take it, then on another one."""
        for left in reversed(range(5)):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                self.port = listener.getsockname()[1]
            try:
                self.start()
            except AssertionError:
                if not left:
                    raise
            else:
                break

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as, str(self.programs / program), *arguments],
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout

    def start(self) -> None:
        """Until it answers."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 "
            "-c fsync=off -c synchronous_commit=off"
        )
        log = str(self._home / "log")
        self._run("pg_ctl", "-D", str(self._home / "data"), "-w", "-t", "120", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """At once: connections are cut."""
        self._run("pg_ctl", "-D", str(self._home / "data"), "-w", "-t", "120", "-m", "immediate", "stop")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It takes connections and requests, and answers none, meanwhile."""
        first = self._first
        own = [pid for pid, parent, *_ in map(_times, Path("/proc").glob("[0-9]*/stat")) if first in (pid, parent)]
        for pid in own:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in own:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @property
    def _first(self) -> int:
        """Its first process."""
        return int((self._home / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])

    def processor_seconds(self) -> float:
        """What all its processes have used until now."""
        first = self._first
        found = [_times(path) for path in Path("/proc").glob("[0-9]*/stat")]
        ticks = sum(own + (ended if pid == first else 0) for pid, parent, own, ended in found if first in (pid, parent))
        return ticks / os.sysconf("SC_CLK_TCK")

    def database(self, like: str = "") -> str:
        """The URL of a new database: empty, or a copy of another one, whose connections are cut."""
        name, template = f"test{next(_COUNT)}", like.rpartition("/")[2] or "template1"
        if like:
            self._execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'")
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://onedesk@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def database_for_now(self, like: str = "") -> Iterator[str]:
        """The same, and it is removed in the end."""
        url = self.database(like)
        yield url
        self._execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(f"postgresql://onedesk@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(statement)

    def remove(self) -> None:
        """Stop, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._home)


def _times(path: Path) -> tuple[int, int, int, int]:
    """Of a process in /proc: its number, its parent's, the ticks it has used, and those of its children that ended."""
    try:
        pid, _, rest = path.read_text(encoding="utf-8").rpartition(")")
    except OSError:  # it has ended meanwhile
        return 0, 0, 0, 0
    fields = rest.split()
    return int(pid.split(" ", 1)[0]), int(fields[1]), sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL for all tests of a run."""
    made = Server()
    yield made
    made.remove()


@pytest.fixture
def url(server: Server) -> str:
    """An empty database."""
    return server.database()


@pytest.fixture
def new_database(server: Server) -> Callable[[], str]:
    """Makes further ones."""
    return server.database
