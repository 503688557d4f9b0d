"""`cityreports sql` reads the published warehouse, and nothing else: real attempts at all that we could think of."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.warehouse.test_object_storage import publish_some
from warehouse import console
from warehouse.cli import run_cli
from warehouse.reading import open_warehouse

SECRET = "the-secret-of-this-machine"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with something published, beside files that are nobody's business."""
    publish_some(tmp_path, 1.0, "run1")
    (tmp_path / "secret.csv").write_text(f"a\n{SECRET}\n")
    (tmp_path / "secret.json").write_text(f'{{"a": "{SECRET}"}}\n')
    duckdb.execute(f"copy (select '{SECRET}' as a) to '{tmp_path}/secret.parquet' (format parquet)")
    with duckdb.connect(str(tmp_path / "secret.duckdb")) as connection:
        connection.execute(f"create table a as select '{SECRET}' as a")
    for name in ("secret.csv", "secret.json", "secret.parquet", "secret.duckdb"):
        (tmp_path / "published" / name).write_bytes((tmp_path / name).read_bytes())
    monkeypatch.setenv("CITYREPORTS_HOME", str(tmp_path))
    monkeypatch.setenv("CITYREPORTS_TEST_SECRET", SECRET)
    monkeypatch.delenv("CITYREPORTS_TEST_SECRET")  # settings refuse unknown ones
    monkeypatch.setenv("SOME_TOKEN", SECRET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


READS = (
    "select * from 'secret.csv'",
    "from '{home}/secret.csv'",
    "from read_csv('{home}/secret.csv')",
    "from read_text('{home}/secret.csv')",
    "from read_blob('{home}/secret.csv')",
    "from read_json('{home}/secret.json')",
    "from read_json_objects('{home}/secret.json')",
    "from read_ndjson('{home}/secret.json')",
    "from read_parquet('{home}/secret.parquet')",
    "from parquet_scan('{home}/published/secret.parquet')",
    "from parquet_metadata('{home}/secret.parquet')",
    "from parquet_schema('{home}/secret.parquet')",
    "from parquet_file_metadata('{home}/secret.parquet')",
    "from sniff_csv('{home}/secret.csv')",
    "from glob('{home}/*')",
    "from read_text('/etc/passwd')",
    "from read_text('/proc/self/environ')",
    "from read_text('file://{home}/secret.csv')",
    "from read_text('{home}/published/../secret.csv')",
    "from read_text('https://example.org/')",
    "from 's3://bucket/x.parquet'",
    "from read_duckdb('{home}/secret.duckdb')",
    "attach '{home}/secret.duckdb' as other",
    "attach '{home}/secret.duckdb' as other (read_only); from other.a",
    "attach '{home}/published/secret.duckdb' as other (read_only)",
    "attach 'postgres:host=127.0.0.1' as other (type postgres)",
    "attach ':memory:' as m; copy m.t from '{home}/secret.csv'",
    "create temp table t (a text); copy t from '{home}/secret.csv'; from t",
    "import database '{home}'",
    "select getenv('SOME_TOKEN')",
    "select * from python_locals",
    "select * from settings",
)
WRITES = (
    "create table marts.x (a int)",
    "create schema x",
    "create view marts.x as select 1",
    "insert into marts.fct_observation values (2)",
    "update marts.fct_observation set value = 2",
    "delete from marts.fct_observation",
    "drop table marts.fct_observation",
    "alter table marts.fct_observation add column b int",
    "copy marts.fct_observation to '{home}/stolen.csv'",
    "copy (select 1) to '/dev/stdout' (format csv)",
    "copy (select 1) to '{home}/published/stolen.parquet' (format parquet)",
    "export database '{home}/stolen'",
    "attach '{home}/new.duckdb' as n",
    "create persistent secret s (type s3, key_id 'x', secret 'y')",
    "comment on table marts.fct_observation is 'x'",
    "vacuum full",
)
SWITCHES = (
    "set enable_external_access = true",
    "set global enable_external_access = true",
    "reset enable_external_access",
    "pragma enable_external_access = true",
    "set lock_configuration = false",
    "set allowed_directories = ['/']",
    "set allowed_paths = ['/etc/passwd']",
    "set access_mode = 'read_write'",
    "set python_enable_replacements = true",
    "set autoinstall_known_extensions = true",
    "set custom_extension_repository = 'http://127.0.0.1'",
    "set allow_unsigned_extensions = true",
    "set profiling_output = '{home}/stolen'",
    "pragma profiling_output = '{home}/stolen'",
    "set log_query_path = '{home}/stolen'",
    "set temp_directory = '{home}/stolen'",
    "set secret_directory = '{home}/stolen'",
    "call enable_logging(storage = 'file', storage_config = {{'path': '{home}/stolen'}})",
    "install httpfs",
    "load httpfs",
    "load '{home}/evil.duckdb_extension'",
    "install '{home}/evil.duckdb_extension'",
)


@pytest.mark.parametrize("query", READS)
def test_other_files_cannot_be_read(home: Path, query: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = run_cli(["sql", query.format(home=home)])
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    assert "root:" not in said.out
    assert status == 2, said.out


@pytest.mark.parametrize("query", [*WRITES, *SWITCHES])
def test_nothing_can_be_written_or_switched_on(
    home: Path, query: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    secrets = Path.home() / ".duckdb" / "stored_secrets"
    stored = sorted(secrets.iterdir()) if secrets.is_dir() else []
    status = run_cli(["sql", query.format(home=home)])
    said = capsys.readouterr()
    after = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert after == before
    assert (sorted(secrets.iterdir()) if secrets.is_dir() else []) == stored
    assert status == 2, f"{said.out}{said.err}"


def test_a_statement_before_or_after_a_harmless_one_is_refused_as_well(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(["sql", f"select 1; copy (select 1) to '{home}/stolen.csv'; select 2"]) == 2
    assert run_cli(["sql", f"set enable_external_access = true; from read_text('{home}/secret.csv')"]) == 2
    assert SECRET not in capsys.readouterr().out
    assert not (home / "stolen.csv").exists()


def test_what_it_is_for_works(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run_cli(
            ["sql", "-f", "csv", "create temp table t as from marts.fct_observation; select value from t"]
        )
        == 0
    )
    assert capsys.readouterr().out == "value\n1.0\n"


def test_what_does_not_fit_into_memory_is_not_put_beside_the_published_file(home: Path) -> None:
    """DuckDB's own place for it is <file>.tmp: readers need no right to write there, and leave nothing there."""
    database = home / "published" / "cityreports.duckdb"
    with open_warehouse(database) as connection:
        (place,) = connection.execute("select current_setting('temp_directory')").fetchone() or ("",)
    assert not Path(place).is_relative_to(home)
    assert Path(place).parent == Path(tempfile.gettempdir())
    assert not Path(place).exists()


def test_the_console_needs_no_right_to_write(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for root, who may write anywhere: the folder that would hold the history cannot be made."""
    (home / "file").write_text("")
    lines = iter(["select value + 41 as answer from marts.fct_observation;"])

    def prompt(self: Any, *_: object, **__: object) -> str:
        self.history.append_string("what was typed")
        return next(lines, "quit")

    monkeypatch.setattr(console.PromptSession, "prompt", prompt)
    with open_warehouse(home / "published" / "cityreports.duckdb") as connection:
        console.console(connection, home, history=home / "file" / ".sql_history")
        lines = iter(["select 1;"])
        console.console(connection, home, history=home / ".sql_history")
    assert "what was typed" in (home / ".sql_history").read_text(encoding="utf-8")


def test_pythons_own_variables_are_out_of_reach(home: Path) -> None:
    secret_rows = duckdb.sql(f"select '{SECRET}' as a")
    with (
        open_warehouse(home / "published" / "cityreports.duckdb") as connection,
        pytest.raises(duckdb.CatalogException, match="secret_rows"),
    ):
        connection.execute("from secret_rows")
    assert secret_rows.fetchall() == [(SECRET,)]


def test_published_files_are_no_bodys_to_write(home: Path) -> None:
    files = [home / "published" / "cityreports.duckdb", *(home / "published" / "history").iterdir()]
    assert len(files) == 2
    assert all(not path.stat().st_mode & 0o222 for path in files)
    assert os.access(files[0], os.R_OK)
