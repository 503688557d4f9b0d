"""Nights that do not come are told of, without a run and without Airflow, and what waits is delivered on time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from expectations.alerts import Policy
from expectations.alerts.watch import BUILD, LEFT_BEHIND, NIGHT, Watched, watch
from expectations.results import write_results
from tests.expectations import listeners
from tests.expectations.listeners import Web
from tests.expectations.test_alerts import KILLED, NOW, failed, passed, run

#: 02:00 in Shanghai; a night is due at 08:00.
NIGHT_STARTS = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


@pytest.fixture
def web() -> Iterator[Web]:
    with listeners.web() as state:
        yield state


def night(
    home: Path, started: datetime, *, ended: datetime | None, staged: int = 0, folder: str = ""
) -> Path:
    """What a night leaves behind."""
    at = home / "runs" / f"{started:%Y%m%dT%H%M%S}"
    _written(
        at / "plan.json",
        {"at": started.isoformat(), "params": {"folder": folder}, "batches": [{"name": "140000"}]},
        started,
    )
    if ended:
        _written(at / "committed.json", {"looks": 364, "documents": staged}, ended)
        _written(at / "nightly.json", {}, ended)
    return at


def _written(path: Path, value: object, at: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))


def look(home: Path, web: Web, at: datetime, **policy: object) -> Watched:
    return watch(home=home, urls=[web.url], now=at, policy=Policy(**policy))  # type: ignore[arg-type]


def keys(seen: Watched) -> list[str]:
    return [problem.key for problem in seen.problems]


def test_a_night_that_never_starts_is_told_of_once_and_then_that_it_is_over(tmp_path: Path, web: Web) -> None:
    night(tmp_path, NIGHT_STARTS - timedelta(days=1), ended=NIGHT_STARTS - timedelta(hours=23))
    assert keys(look(tmp_path, web, DUE - timedelta(minutes=1))) == []
    assert keys(look(tmp_path, web, DUE + timedelta(minutes=1))) == [NIGHT]
    assert keys(look(tmp_path, web, DUE + timedelta(minutes=16))) == [NIGHT]
    (body,) = web.bodies
    assert (body["kind"], body["level"]) == ("late", "error")
    for word in ("late", "No night has started since 2026-03-01 08:00", "docs/runbooks.md#run-late"):
        assert word in body["text"]
    night(tmp_path, DUE + timedelta(minutes=20), ended=DUE + timedelta(minutes=40))
    assert keys(look(tmp_path, web, DUE + timedelta(hours=1))) == []
    assert web.bodies[1]["resolved"] == [["The night is late", (DUE + timedelta(minutes=1)).isoformat()]]
    assert len(web.got) == 2


def test_a_night_that_hangs_is_told_of_while_it_hangs(tmp_path: Path, web: Web) -> None:
    at = night(tmp_path, NIGHT_STARTS, ended=None)
    assert keys(look(tmp_path, web, NIGHT_STARTS + timedelta(hours=4))) == []
    assert keys(look(tmp_path, web, NIGHT_STARTS + timedelta(hours=5, minutes=1))) == [NIGHT]
    assert at.name in web.bodies[0]["text"]
    # The same problem, seen after the due time as well, is no news.
    assert keys(look(tmp_path, web, DUE + timedelta(hours=1))) == [NIGHT]
    assert len(web.got) == 1


def test_a_home_of_today_owes_no_night(tmp_path: Path, web: Web) -> None:
    for hours in (-1, 1, 20):
        assert keys(look(tmp_path, web, DUE + timedelta(hours=hours))) == []
    assert keys(look(tmp_path, web, DUE + timedelta(hours=49))) == [NIGHT]


def test_an_import_in_the_afternoon_is_no_night(tmp_path: Path, web: Web) -> None:
    night(tmp_path, NIGHT_STARTS - timedelta(days=1), ended=NIGHT_STARTS - timedelta(hours=23))
    night(tmp_path, DUE - timedelta(hours=18), ended=DUE - timedelta(hours=17), folder="/reports")
    assert keys(look(tmp_path, web, DUE + timedelta(hours=1))) == [NIGHT]


def test_whoever_wants_no_deadline_has_none(tmp_path: Path, web: Web) -> None:
    night(tmp_path, NIGHT_STARTS - timedelta(days=9), ended=NIGHT_STARTS - timedelta(days=9))
    assert keys(look(tmp_path, web, DUE, due=None)) == []


def test_staged_rows_that_no_build_takes_up_are_told_of(tmp_path: Path, web: Web) -> None:
    ended = NIGHT_STARTS + timedelta(hours=1)
    night(tmp_path, NIGHT_STARTS, ended=ended, staged=3)
    assert keys(look(tmp_path, web, ended + timedelta(hours=1))) == []
    assert keys(look(tmp_path, web, ended + timedelta(hours=3))) == [BUILD]
    # The build is a run of its own where Airflow schedules it.
    _written(tmp_path / "runs" / "build" / "refused.json", {}, ended + timedelta(hours=3))
    assert keys(look(tmp_path, web, ended + timedelta(hours=4))) == []
    assert [body["level"] for body in web.bodies] == ["error", "info"]


def test_a_night_without_news_needs_no_build(tmp_path: Path, web: Web) -> None:
    night(tmp_path, NIGHT_STARTS, ended=NIGHT_STARTS + timedelta(minutes=9), staged=0)
    assert keys(look(tmp_path, web, DUE + timedelta(hours=2))) == []
    assert web.got == []


def test_what_quiet_hours_held_is_delivered_when_they_end_without_any_run(tmp_path: Path, web: Web) -> None:
    (tmp_path / "alerts.yml").write_text('quiet: {from: "22:00", to: "08:00"}\ndue: false\n')
    run(tmp_path, 1, [failed(severity="warn")], [web.url], published=True)  # 02:30
    watch(home=tmp_path, urls=[web.url], now=DUE - timedelta(minutes=1))
    assert web.got == []
    watch(home=tmp_path, urls=[web.url], now=DUE + timedelta(minutes=5))
    watch(home=tmp_path, urls=[web.url], now=DUE + timedelta(minutes=65))
    assert [body["level"] for body in web.bodies] == ["warn"]


def test_a_run_that_is_still_going_is_not_taken_for_dead(tmp_path: Path, web: Web) -> None:
    """Its checks are written before its alert is: both by itself."""
    write_results(None, [failed()], "r1", home=tmp_path, at=NOW)
    written = datetime.now(UTC)
    watch(home=tmp_path, urls=[web.url], now=written + timedelta(minutes=5), policy=Policy(due=None))
    assert web.got == []
    watch(home=tmp_path, urls=[web.url], now=written + LEFT_BEHIND * 1.1, policy=Policy(due=None))
    assert len(web.got) == 1


def test_a_run_that_died_after_it_published_is_told_as_published(tmp_path: Path, web: Web) -> None:
    write_results(None, [failed(severity="warn")], "r1", home=tmp_path, at=NOW)
    _written(tmp_path / "runs" / "r1" / "published.json", {"published": True}, NOW)
    watch(home=tmp_path, urls=[web.url], now=datetime.now(UTC) + LEFT_BEHIND * 1.1, policy=Policy(due=None))
    assert web.bodies[0]["published"] is True


def test_killed_between_check_and_alert_the_next_night_tells_once(tmp_path: Path, web: Web) -> None:
    """The real first step of a night makes up for the dead one; what follows says nothing more."""
    from warehouse.pipeline import plan
    from warehouse.runs import RunParams
    from warehouse.settings import Settings

    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), "before the alert", web.url],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert died.returncode == -9
    settings = Settings(home=tmp_path, alert_urls=(web.url,))
    plan(settings, "r2", RunParams(city="太原市"))
    watch(home=tmp_path, urls=[web.url], now=datetime.now(UTC) + timedelta(hours=2), policy=Policy(due=None))
    run(tmp_path, 2, [failed()], [web.url])
    assert [body["run_id"] for body in web.bodies] == ["r1"]
    run(tmp_path, 3, [passed()], [web.url], published=True)
    assert [body["level"] for body in web.bodies] == ["error", "info"]


def test_the_command_says_what_is_late_and_fails(tmp_path: Path, web: Web) -> None:
    night(tmp_path, datetime.now(UTC) - timedelta(days=3), ended=datetime.now(UTC) - timedelta(days=3))
    seen = [
        subprocess.run(
            [sys.executable, "-m", "warehouse.cli", "--home", str(tmp_path), "watch"],
            env=os.environ | {"CITYREPORTS_ALERT_URLS": web.url},
            capture_output=True,
            text=True,
            timeout=60,
        )
        for _ in range(2)
    ]
    assert [done.returncode for done in seen] == [3, 3]
    assert "late: The night is late. No night has started since" in seen[0].stdout
    assert "sent  http://127.0.0.1" in seen[0].stderr
    assert len(web.got) == 1


def test_airflows_own_deadline_tells_of_the_same_thing_once(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warehouse.watching import deadline_missed, watch_now

    monkeypatch.setenv("CITYREPORTS_HOME", str(tmp_path))
    monkeypatch.setenv("CITYREPORTS_ALERT_URLS", web.url)
    started = datetime.now(UTC) - timedelta(hours=5, minutes=1)
    night(tmp_path, started, ended=None)
    deadline_missed(
        {"dag_run": {"dag_id": "nightly_reports", "dag_run_id": "scheduled__x", "queued_at": "y"}}
    )
    assert watch_now()["late"] == [NIGHT]
    assert [body["kind"] for body in web.bodies] == ["late"]


def test_what_airflow_found_to_be_late_is_late_until_something_has_ended(tmp_path: Path, web: Web) -> None:
    """A run that is queued and never gets a worker leaves no file that says so."""
    night(tmp_path, NIGHT_STARTS - timedelta(days=1), ended=NIGHT_STARTS - timedelta(hours=23))
    at = NIGHT_STARTS + timedelta(hours=5)
    watch(home=tmp_path, urls=[web.url], now=at, policy=Policy(), missed={NIGHT: "queued at 02:00"})
    assert keys(look(tmp_path, web, at + timedelta(minutes=5))) == [NIGHT]
    night(tmp_path, at + timedelta(minutes=6), ended=at + timedelta(minutes=30))
    assert keys(look(tmp_path, web, at + timedelta(minutes=65))) == []
    assert [body["level"] for body in web.bodies] == ["error", "info"]
