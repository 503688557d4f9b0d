"""What the process that started a night makes of how it ends."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.expectations import listeners
from tests.expectations.listeners import Web
from warehouse import embedded, night
from warehouse.night import run_night
from warehouse.runs import RunParams
from warehouse.settings import load_settings

STARTED = {"event": "step", "what": "Starting Airflow"}
NIGHT = [STARTED, {"event": "dag", "name": "nightly_reports"}]
TOLD = {"event": "told"}
BUILD = {"event": "dag", "name": "warehouse"}
REFUSED = {"event": "warehouse", "outcome": "refused"}
CRASH = {"event": "broke", "what": "DatabaseError: file is not a database"}


@pytest.fixture
def web() -> Iterator[Web]:
    with listeners.web() as state:
        yield state


def ends(
    home: Path, web: Web, monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]], end: str
) -> list[tuple[str, str]]:
    """Run a night that says ``events`` and ends so; what was told: (runbook, detail), ("", "") for what is over."""
    said = "".join(json.dumps(event) + "\\n" for event in events)
    script = home / "python"
    home.mkdir(exist_ok=True)
    script.write_text(f"#!{sys.executable}\nimport os, sys\nprint('{said}', end='', flush=True)\n{end}\n")
    script.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr(night.sys, "executable", str(script))
        settings = load_settings({"CITYREPORTS_ALERT_URLS": web.url}, home=home)
        run_night(settings, RunParams())
    got, web.got[:] = web.bodies, []
    return [
        (problem["runbook"], problem["detail"])
        for body in got
        for problem in body["problems"] or [{"runbook": "", "detail": ""}]
    ]


def test_a_night_that_breaks_before_it_can_tell_is_told_of_once(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ends(tmp_path, web, monkeypatch, [STARTED, CRASH], "sys.exit(3)") == [("run-broke", CRASH["what"])]
    assert ends(tmp_path, web, monkeypatch, [STARTED, CRASH], "sys.exit(3)") == []


def test_a_night_that_is_killed_is_told_of(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    ((book, words),) = ends(tmp_path, web, monkeypatch, NIGHT, "os.kill(os.getpid(), 9)")
    assert (book, words) == ("run-broke", "the night's process died: it ended with status -9")


def test_an_exception_that_nobody_caught_is_no_refusal_of_the_data(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python ends with 1 then, as a night does whose data failed a check."""
    ((book, words),) = ends(tmp_path, web, monkeypatch, [STARTED], "raise OSError('an import failed')")
    assert (book, words) == ("run-broke", "the night's process died: OSError: an import failed")


def test_a_log_that_cannot_be_written_hides_no_reason(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "run_name", lambda at: "r")
    settings = load_settings({"CITYREPORTS_ALERT_URLS": web.url}, home=tmp_path)
    log = settings.logs / "runs" / "r.log"
    log.parent.mkdir(parents=True)
    log.symlink_to("/dev/full")
    settings.airflow.write_text("no folder")
    done = run_night(settings, RunParams())
    assert done.status == 3
    assert [event["what"] for event in done.of("broke")] == [
        f"FileExistsError: [Errno 17] File exists: '{settings.airflow}'"
    ]
    assert [body["problems"][0]["runbook"] for body in web.bodies] == ["run-broke"]


@pytest.mark.parametrize("events", [[*NIGHT, TOLD, BUILD], [*NIGHT, TOLD, CRASH]])
def test_so_is_one_that_breaks_after_its_first_part_told(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]]
) -> None:
    assert [book for book, _ in ends(tmp_path, web, monkeypatch, events, "sys.exit(3)")] == ["run-broke"]


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ([*NIGHT, TOLD], "sys.exit(0)"),
        # Its own steps told.
        ([*NIGHT, TOLD], "sys.exit(3)"),
        ([*NIGHT, TOLD, BUILD, TOLD], "sys.exit(3)"),
        ([*NIGHT, TOLD, BUILD, TOLD, REFUSED], "sys.exit(1)"),
        # Another run holds the home: that one tells.
        ([{"event": "broke", "what": "StagingError: … is in use by another run"}], "sys.exit(3)"),
    ],
)
def test_nothing_is_told_twice(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]], end: str
) -> None:
    assert ends(tmp_path, web, monkeypatch, events, end) == []


def airflow(home: Path) -> tuple[Path, Path]:
    """A home's database of Airflow, and the note that it was made."""
    folder = home / "airflow"
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / "airflow.db")) as connection:
        connection.executescript("create table t (a text); insert into t values (hex(randomblob(20000)))")
    (folder / "migrated-3").touch()
    return folder / "airflow.db", folder / "migrated-3"


def test_a_whole_database_of_airflow_is_left_alone(tmp_path: Path) -> None:
    database, stamp = airflow(tmp_path)
    before = database.read_bytes()
    embedded._set_aside_damaged(database.parent)
    assert database.read_bytes() == before
    assert stamp.exists()


@pytest.mark.parametrize("at", [0, 5000])
def test_a_damaged_one_is_set_aside_and_made_anew(tmp_path: Path, at: int) -> None:
    database, stamp = airflow(tmp_path)
    data = bytearray(database.read_bytes())
    data[at : at + 3000] = b"\xff" * 3000
    database.write_bytes(data)
    embedded._set_aside_damaged(database.parent)
    assert not database.exists()
    assert not stamp.exists()
    assert database.with_name("airflow.db.damaged").read_bytes() == data


def test_so_is_one_that_was_removed_by_hand(tmp_path: Path) -> None:
    database, stamp = airflow(tmp_path)
    database.unlink()
    embedded._set_aside_damaged(database.parent)
    assert not stamp.exists()
