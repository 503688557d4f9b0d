"""The SQL console: `cityreports sql` without a query."""

from __future__ import annotations

from pathlib import Path

import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from warehouse.tables import aligned

KEYWORDS = [
    "select",
    "from",
    "where",
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "like",
    "ilike",
    "between",
    "group",
    "by",
    "order",
    "limit",
    "having",
    "join",
    "left",
    "inner",
    "on",
    "using",
    "as",
    "distinct",
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "median",
    "case",
    "when",
    "then",
    "else",
    "end",
    "union",
    "all",
    "with",
    "over",
    "partition",
    "asc",
    "desc",
    "describe",
    "show",
    "tables",
    "summarize",
]

#: Rows that a console shows; a query that wants more says so with LIMIT, or goes to a file.
MOST_ROWS = 1000

HELP = (
    "End a statement with ; and Enter. `describe marts.dim_region;` shows columns, `show all tables;` tables. "
    "Tab completes, Ctrl-R searches the history, Ctrl-D leaves."
)


def words_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What Tab completes: tables with their schema, columns, macros, keywords."""
    found = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where not internal "
        "union select schema_name || '.' || view_name from duckdb_views() where not internal "
        "union select column_name from duckdb_columns() where not internal "
        "union select function_name from duckdb_functions() where function_type like '%macro' and not internal "
        "order by 1"
    ).fetchall()
    return [word for (word,) in found] + list(KEYWORDS)


def console(connection: duckdb.DuckDBPyConnection, database: Path, *, history: Path) -> None:
    """Read statements until Ctrl-D; errors are shown, and the console goes on."""
    completer = WordCompleter(words_of(connection), ignore_case=True, WORD=True)
    session: PromptSession[str] = PromptSession(
        history=_history(history), completer=completer, lexer=PygmentsLexer(SqlLexer)
    )
    print(f"{database} (read-only). {HELP}")
    pending = ""
    while True:
        try:
            line = session.prompt("… " if pending else "cityreports> ")
        except KeyboardInterrupt:
            pending = ""
            continue
        except EOFError:
            return
        pending = f"{pending}\n{line}" if pending else line
        if pending.strip() in ("", "exit", "quit", ".quit", ".exit"):
            if pending.strip():
                return
            pending = ""
        elif pending.strip() in ("help", ".help"):
            print(HELP)
            pending = ""
        elif pending.rstrip().endswith(";"):
            _show(connection, pending)
            pending = ""


def _history(path: Path) -> History:
    """What was typed, kept at ``path``; only until the end where this reader may not write there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.open("a").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _show(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        found = connection.execute(statement)
        rows = found.fetchmany(MOST_ROWS + 1)
    except KeyboardInterrupt:
        connection.interrupt()
        print("interrupted")
        return
    except duckdb.Error as error:
        print(error)
        return
    columns = [column[0] for column in found.description or ()]
    for line in aligned(columns, rows[:MOST_ROWS]):
        print(line)
    more = ", more follow: LIMIT, or cityreports sql -f csv" if len(rows) > MOST_ROWS else ""
    print(f"({min(len(rows), MOST_ROWS)} rows{more})")
