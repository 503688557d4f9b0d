"""Before anything else starts: the database of Celery's results with a user of its own, then Airflow's tables.

Workers say in that database how a task ended, and have no other: a worker that a hostile document took over cannot
read Airflow's tables. Run at each start; a password that was changed in .env is changed here.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import unquote, urlsplit

#: What SQLAlchemy and Celery put before the scheme that PostgreSQL knows.
AIRFLOW = "postgresql+psycopg2://"
CELERY = f"db+{AIRFLOW}"

SECONDS = 30


def make_results(admin: str, results: str) -> None:
    """Make the user and the database that ``results`` (Celery's URL) names, through ``admin`` (Airflow's URL), unless
    they are there and can be had.

    Raises ValueError where one of them is no address of PostgreSQL, or both name the same user or database, and
    psycopg2.Error where the database refuses.
    """
    import psycopg2
    from psycopg2.sql import SQL, Identifier, Literal

    if not admin.startswith(AIRFLOW) or not results.startswith(CELERY):
        raise ValueError(f"Airflow's database must be {AIRFLOW}…, and that of results {CELERY}…")
    mine, theirs = urlsplit(admin), urlsplit(results)
    user, password = unquote(theirs.username or ""), unquote(theirs.password or "")
    database, own = theirs.path.lstrip("/"), mine.path.lstrip("/")
    if not (user and password and database) or user == mine.username or database == own:
        raise ValueError("results need a user, a password and a database that are not Airflow's own")
    try:
        psycopg2.connect(results.replace(CELERY, "postgresql://", 1), connect_timeout=SECONDS).close()
        return
    except psycopg2.OperationalError:
        pass  # not made yet, or its password has changed
    connection = psycopg2.connect(admin.replace(AIRFLOW, "postgresql://", 1), connect_timeout=SECONDS)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [user])
            if not cursor.fetchone():
                cursor.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(user)))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if not cursor.fetchone():
                cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(database)))
            for name in (own, database, "postgres"):
                cursor.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(Identifier(name)))
            cursor.execute(
                SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(database), Identifier(user))
            )
            # Last: from here on it can be had, and is not looked at again.
            cursor.execute(SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(Identifier(user), Literal(password)))
    finally:
        connection.close()


def main() -> None:
    """Become `airflow db migrate`. Status 2 where the addresses are wrong or the database refuses."""
    import psycopg2

    try:
        make_results(
            os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", ""),
            os.environ.get("AIRFLOW__CELERY__RESULT_BACKEND", ""),
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except psycopg2.Error as error:
        print(f"the database of results cannot be made: {error}", file=sys.stderr)
        print(
            "Airflow's user needs the rights CREATEROLE and CREATEDB, or make user and database for Celery's results "
            "yourself (docs/operations.md, security)",
            file=sys.stderr,
        )
        sys.exit(2)
    os.execvp("airflow", ["airflow", "db", "migrate"])  # noqa: S606, S607 - that of the image's environment


if __name__ == "__main__":
    main()
