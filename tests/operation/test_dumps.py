"""Whether a database is in use, where no command shows it: SQLite's own locks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from portal.integrations.dumps import engine_for

# As a process that opens the database after a crash: the index of its log is void, and it holds the locks of making it.
_RECOVERS = """
import fcntl, sqlite3, sys
path = sys.argv[1]
connection = sqlite3.connect(path)
connection.execute("SELECT * FROM one").fetchall()
index = open(path + "-shm", "r+b")
index.write(bytes(136))
index.flush()
fcntl.lockf(index, fcntl.LOCK_EX, 3, 120)
print("recovers", flush=True)
sys.stdin.read()
"""


def test_a_process_that_recovers_the_database_uses_it(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE one (id INTEGER)")
    engine = engine_for(f"sqlite:///{path}")
    assert not engine.is_in_use()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    command = [sys.executable, "-c", _RECOVERS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "recovers\n"
        assert engine.is_in_use()
        other.communicate("")
    assert not engine.is_in_use()
