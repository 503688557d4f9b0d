"""Whether the nights come: what nobody hears of when the thing that should tell it is what stands still.

``watch`` needs neither Airflow nor a run: cron, a systemd timer or a health check calls it (``cityreports watch``), and
so does Airflow, every hour and when a deadline of its own is missed. It delivers what waits in the outbox (after quiet
hours, after a process that died), and tells of nights that did not start or did not end. It reads the runs' folders:

    <home>/runs/<run>/plan.json        the run has started (``at``, ``params``)
    <home>/runs/<run>/nightly.json     the night has ended
    <home>/runs/<run>/committed.json   rows by table that the run staged
    <home>/runs/<run>/published.json, refused.json   what came of a build
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from expectations.alerts import Delivery, notify_problem, start
from expectations.alerts.model import Problem
from expectations.alerts.outbox import Policy, load_policy

#: Checks of a run that is still going have been told of by nobody, and will be: only older ones are taken for left
#: behind by a process that died. The next run's start does not wait.
LEFT_BEHIND = timedelta(hours=1)

#: Keys of the problems; Airflow's own deadlines use the same, so that both ways tell of the same thing once.
NIGHT, BUILD = "late/nightly_reports", "late/warehouse"


@dataclass(frozen=True, slots=True)
class _Night:
    """A look at all sources: when it was planned, and when it ended, None where it did not."""

    name: str
    started: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Watched:
    """What is late (empty: nothing), what was delivered, and one line on the last night that ended."""

    problems: tuple[Problem, ...]
    deliveries: tuple[Delivery, ...]
    last: str


def watch(
    *,
    home: Path,
    urls: Sequence[str] = (),
    now: datetime | None = None,
    policy: Policy | None = None,
    missed: Mapping[str, str] | None = None,
) -> Watched:
    """Deliver what waits, and tell once of a night or a build that is late, and once when it is over.

    missed  keys (``NIGHT``, ``BUILD``) that somebody else found to be late, and in which words

    Raises CheckError for an ``alerts.yml`` that cannot be read; never for a channel.
    """
    now = now or datetime.now(UTC)
    policy = policy or load_policy(home)
    deliveries = start(home=home, urls=urls, now=now, policy=policy, left_behind=LEFT_BEHIND)
    nights = _nights(home)
    problems = overdue(home, nights, now=now, policy=policy)
    found = {problem.key for problem in problems}
    held = _held(home, nights, missed or {}, now)
    problems += [_problem(key, words) for key, words in held.items() if key not in found]
    deliveries += notify_problem(problems, home=home, kind="late", urls=urls, now=now, policy=policy)
    ended = [night for night in nights if night.ended is not None]
    last = f"the last night that ended is {ended[-1].name}" if ended else "no night has ended yet"
    return Watched(tuple(problems), tuple(deliveries), last)


def _held(home: Path, nights: Sequence[_Night], missed: Mapping[str, str], now: datetime) -> dict[str, str]:
    """What somebody else found to be late, now or earlier, until something of its kind has ended since: the files alone
    may not show it (a run that waits for its first task)."""
    path = home / "alerts" / "missed.json"
    before: dict[str, dict[str, str]] = _read(path) or {}
    ended = {
        NIGHT: [night.ended for night in nights if night.ended is not None],
        BUILD: _builds(home),
    }
    known = before | {key: {"words": words, "at": now.isoformat()} for key, words in missed.items()}
    held = {
        key: entry
        for key, entry in known.items()
        if not any(at > datetime.fromisoformat(entry["at"]) for at in ended[key])
    }
    if held != before:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)
    return {key: entry["words"] for key, entry in held.items()}


def overdue(home: Path, nights: Sequence[_Night], *, now: datetime, policy: Policy) -> list[Problem]:
    """What is late at ``now``; ``nights`` in the order of their start."""
    problems = []
    late = _late_night(home, nights, now, policy)
    if late:
        problems.append(_problem(NIGHT, late))
    waiting = _waiting_for_build(home)
    if waiting is not None and now - waiting > timedelta(hours=policy.build_hours):
        problems.append(
            _problem(
                BUILD, f"New rows were staged at {_clock(waiting, policy)}, and no build has come of them."
            )
        )
    return problems


def _problem(key: str, words: str) -> Problem:
    what = {
        NIGHT: "A night that should have ended has not: sources may have gone unwatched.",
        BUILD: "Rows are staged that no build has taken up: analysts keep the file of the last one.",
    }
    title = {NIGHT: "The night is late", BUILD: "The warehouse is late"}
    return Problem(key, "error", "open", title[key], what=what[key], detail=words, runbook="run-late")


def _late_night(home: Path, nights: Sequence[_Night], now: datetime, policy: Policy) -> str:
    """In words, or empty."""
    last = nights[-1] if nights else None
    if last and last.ended is None and now - last.started > timedelta(hours=policy.night_hours):
        return (
            f"Run {last.name} started at {_clock(last.started, policy)} and did not end within "
            f"{policy.night_hours:g} hours: it hangs, or its process died."
        )
    due = policy.last_due(now)
    if due is None:
        return ""
    window = due - timedelta(days=1)
    if any(night.ended is not None and night.ended > window for night in nights):
        return ""
    if _watched_since(home, now) > window and not any(night.started <= window for night in nights):
        # Installed today: no night was due.
        return ""
    if any(night.started > window for night in nights):
        return f"No night has ended by {_clock(due, policy)}; run {nights[-1].name} started and did not end."
    return (
        f"No night has started since {_clock(window, policy)}; one should have ended by {_clock(due, policy)}. "
        "Is the scheduler running, is the DAG paused?"
    )


def _clock(at: datetime, policy: Policy) -> str:
    from zoneinfo import ZoneInfo

    return f"{at.astimezone(ZoneInfo(policy.timezone)):%Y-%m-%d %H:%M}"


def _watched_since(home: Path, now: datetime) -> datetime:
    """When somebody first asked."""
    path = home / "alerts" / "watched-since"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now.isoformat(), encoding="utf-8")
    return datetime.fromisoformat(path.read_text(encoding="utf-8").strip())


def _nights(home: Path) -> list[_Night]:
    """Runs that looked at all sources; where there is none, whatever runs there are (of folders, say)."""
    all_runs, nights = [], []
    for path in (home / "runs").glob("*/plan.json"):
        plan = _read(path)
        if plan is None:
            continue
        ended = path.with_name("nightly.json")
        night = _Night(path.parent.name, datetime.fromisoformat(plan["at"]), _written(ended))
        params = plan.get("params", {})
        if not plan.get("batches"):
            continue  # the archive was read again; nobody looked anywhere
        all_runs.append(night)
        if not any(params.get(name) for name in ("province", "city", "folder")):
            nights.append(night)
    return sorted(nights or all_runs, key=lambda night: night.started)


def _waiting_for_build(home: Path) -> datetime | None:
    """When rows were staged of which no build has come, or None."""
    staged = [
        at
        for path in (home / "runs").glob("*/committed.json")
        if (at := _written(path)) and any(n for table, n in (_read(path) or {}).items() if table != "looks")
    ]
    last = max(staged, default=None)
    return last if last and not any(at >= last for at in _builds(home)) else None


def _builds(home: Path) -> list[datetime]:
    """When builds came to an end, good or bad."""
    names = ("published.json", "refused.json")
    return [at for name in names for path in (home / "runs").glob(f"*/{name}") if (at := _written(path))]


def _written(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _read(path: Path) -> dict[str, Any] | None:
    """None where the file was taken away meanwhile (old runs are tidied up)."""
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return value
