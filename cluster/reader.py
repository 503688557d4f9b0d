"""An analyst of the trials: opens the published file over and over, and says what it found.

    python -m cluster.reader <published file> <process to outlive not>

A line on standard output for each opening: ``seen <content hash> <facts>``, or ``torn <error> <words>`` for a file that
could not be read. Looks 50 times a second at what lies there, and opens it whenever it is another file or another state of
it, and once in two seconds in any case. What is there for the first time is read to its last row, so that a damaged block
in any table is found.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import duckdb

#: Between two looks, and between two openings of the same file, in seconds.
PAUSE, AGAIN = 0.02, 2.0


def look(path: Path, known: set[tuple[int, int, int]]) -> str:
    """What a look at the file finds; ``known`` keeps the files that were read to their end."""
    try:
        before = _identity(path)
        with duckdb.connect(str(path), read_only=True) as connection:
            said = connection.execute("select content_hash from meta.publication").fetchall()
            facts = connection.execute("select count(*) from marts.fct_observation").fetchall()
            if before not in known and _identity(path) == before:
                tables = connection.execute(
                    "select schema_name, table_name from duckdb_tables() where not internal"
                ).fetchall()
                for schema, table in tables:
                    connection.execute(f'select bit_xor(hash(t)) from "{schema}"."{table}" as t').fetchall()
                known.add(before)
        if len(said) != 1:
            return f"torn rows {len(said)} rows in meta.publication"
        return f"seen {said[0][0]} {facts[0][0]}"
    except Exception as error:
        return f"torn {type(error).__name__} {' '.join(str(error).split())[:300]}"


def _identity(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def main() -> None:
    """Until the process that started it is gone."""
    path, parent = Path(sys.argv[1]), int(sys.argv[2])
    known: set[tuple[int, int, int]] = set()
    last: tuple[int, int, int] | None = None
    opened = -AGAIN
    while os.getppid() == parent:
        try:
            there = _identity(path)
        except FileNotFoundError:
            there = None  # opened to say so
        if there is None or there != last or time.monotonic() > opened + AGAIN:
            print(look(path, known), flush=True)
            last, opened = there, time.monotonic()
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
