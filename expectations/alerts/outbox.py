"""Alerts on disk: decided once, delivered once to each channel, also when the process dies in between.

    <home>/alerts/state.json         open problems, since when, and which runs have been told of
    <home>/alerts/outbox/<id>.json   an alert that some channel has not taken yet
    <home>/logs/alerts.jsonl         every alert, and what came of its delivery

The rename of the outbox file is the moment at which an alert exists: it carries the state that follows from it, so
that a process that dies right after it neither loses the alert nor sends it again at the next run.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from filelock import FileLock

from expectations.alerts.model import Alert, Problem, alert_from_dict, worst
from expectations.session import CheckError, read_yaml

#: An alert that nobody could be told of for so long is history; it stays in alerts.jsonl.
KEEP_TRYING = timedelta(days=7)

#: Runs of which it is remembered that they have been told of.
_RUNS_KEPT = 400


@dataclass(frozen=True, slots=True)
class Policy:
    """When to be quiet and when to repeat; ``<home>/alerts.yml`` overrides the defaults.

    remind_hours  an open error is said again after so many hours; 0: never
    quiet         from, to (local times): what is no error waits until the end; None: no quiet hours
    due           local time by which a night must have ended each day; None: never
    night_hours   longest a night may take
    build_hours   longest that staged rows may wait for a build
    """

    remind_hours: float = 72.0
    quiet: tuple[time, time] | None = None
    due: time | None = time(8)
    night_hours: float = 5.0
    build_hours: float = 2.0
    timezone: str = "Asia/Shanghai"

    def last_due(self, now: datetime) -> datetime | None:
        """The last time at or before ``now`` by which a night had to have ended, or None."""
        if self.due is None:
            return None
        local = now.astimezone(ZoneInfo(self.timezone))
        today = local.replace(hour=self.due.hour, minute=self.due.minute, second=0, microsecond=0)
        return (today if today <= local else today - timedelta(days=1)).astimezone(UTC)

    def quiet_until(self, now: datetime) -> datetime | None:
        """End of the quiet hours that ``now`` lies in, or None."""
        if self.quiet is None:
            return None
        start, end = self.quiet
        local = now.astimezone(ZoneInfo(self.timezone))
        clock = local.time().replace(tzinfo=None)
        inside = start <= clock < end if start < end else (clock >= start or clock < end)
        if not inside:
            return None
        ends = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
        return (ends if ends > local else ends + timedelta(days=1)).astimezone(UTC)


def load_policy(home: Path) -> Policy:
    """The policy of ``<home>/alerts.yml``, or the default. Raises CheckError for an entry it does not know."""
    path = home / "alerts.yml"
    if not path.is_file():
        return Policy()
    data = read_yaml(path) or {}
    names = [f.name for f in fields(Policy)]
    unknown = data.keys() - set(names)
    if unknown:
        raise CheckError(f"{path}: unknown: {', '.join(sorted(unknown))}; known: {', '.join(names)}")
    default = Policy()
    try:
        quiet, due = data.get("quiet"), data.get("due", default.due)
        timezone = str(data.get("timezone", default.timezone))
        ZoneInfo(timezone)
        return Policy(
            remind_hours=float(data.get("remind_hours", default.remind_hours)),
            quiet=(time.fromisoformat(quiet["from"]), time.fromisoformat(quiet["to"])) if quiet else None,
            due=time.fromisoformat(due) if due and not isinstance(due, time) else due or None,
            night_hours=float(data.get("night_hours", default.night_hours)),
            build_hours=float(data.get("build_hours", default.build_hours)),
            timezone=timezone,
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise CheckError(
            f'{path}: {error}; wanted: remind_hours: 72, quiet: {{from: "22:00", to: "08:00"}}, due: "08:00", '
            "night_hours: 5, build_hours: 2, timezone: Asia/Shanghai (times in quotes)"
        ) from error


@dataclass(slots=True)
class State:
    """What people have been told. ``open`` by problem key: fingerprint, title, severity, since, told (ISO times)."""

    seq: int = 0
    open: dict[str, dict[str, str]] = field(default_factory=dict)
    published: bool | None = None
    runs: list[str] = field(default_factory=list)
    failing_channels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """An alert in the outbox; ``pending`` are idents of channels that have not taken it."""

    seq: int
    alert: Alert
    state: State
    pending: list[str] | None
    not_before: str = ""
    tried: int = 0


@contextlib.contextmanager
def locked(home: Path) -> Iterator[None]:
    """One process at a time decides and delivers; the lock goes with the process."""
    (home / "alerts").mkdir(parents=True, exist_ok=True)
    with FileLock(home / "alerts" / ".lock", timeout=60):
        yield


def read_state(home: Path) -> State:
    """The state, brought up to the newest alert of the outbox."""
    path = home / "alerts" / "state.json"
    state = State(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else State()
    for item in read_items(home):
        if item.seq > state.seq:
            state = item.state
    return state


def write_state(home: Path, state: State) -> None:
    """Replace the state, atomically."""
    _write(home / "alerts" / "state.json", asdict(state))


def read_items(home: Path) -> list[Item]:
    """The outbox, oldest first."""
    items = []
    for path in sorted((home / "alerts" / "outbox").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        items.append(
            Item(**{**data, "alert": alert_from_dict(data["alert"]), "state": State(**data["state"])})
        )
    return sorted(items, key=lambda item: item.seq)


def write_item(home: Path, item: Item) -> None:
    """Put ``item`` into the outbox, or replace it there, atomically and durably."""
    _write(
        _item_path(home, item),
        {**{name: getattr(item, name) for name in ("seq", "pending", "not_before", "tried")},
         "alert": item.alert.as_dict(), "state": asdict(item.state)},
    )  # fmt: skip


def remove_item(home: Path, item: Item) -> None:
    """Everybody who should know does."""
    _item_path(home, item).unlink(missing_ok=True)


def _item_path(home: Path, item: Item) -> Path:
    return home / "alerts" / "outbox" / f"{item.seq:08d}-{item.alert.alert_id}.json"


def _write(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with draft.open("w", encoding="utf-8") as handle:
            json.dump(data, handle, ensure_ascii=False)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)


def decide(
    state: State,
    problems: Sequence[Problem],
    *,
    run_id: str,
    published: bool | None,
    now: datetime,
    policy: Policy,
    report: str = "",
    scope: str = "run",
    looked_at: Callable[[str], bool] = lambda key: True,
) -> tuple[Alert | None, State]:
    """What there is to say after a run, and the state after it is said.

    A message goes out when a problem is new or changed, when one is over, when publishing stopped or went on again, or
    when an open error was last told of ``policy.remind_hours`` ago. A problem is over only where this run would have
    seen it: it is of the same ``scope`` (checks of a run, broken runs, late runs, silent sources), and its key was
    ``looked_at``; a check that did not run this time stays open.
    """
    told = now.isoformat()
    before = {key: entry for key, entry in state.open.items() if entry.get("scope", "run") == scope}
    others = {key: entry for key, entry in state.open.items() if key not in before}
    news, current, kept = [], [], {}
    reminder_due = False
    for problem in problems:
        known = before.get(problem.key)
        is_new = known is None or known["fingerprint"] != problem.fingerprint
        since = known["since"] if known else told
        last = known["told"] if known and not is_new else told
        if is_new:
            news.append(problem.key)
        elif policy.remind_hours and problem.severity == "error":
            reminder_due |= now - datetime.fromisoformat(last) >= timedelta(hours=policy.remind_hours)
        current.append(replace(problem, since=since))
        kept[problem.key] = {
            "fingerprint": problem.fingerprint,
            "title": problem.title,
            "severity": problem.severity,
            "since": since,
            "told": last,
            "scope": scope,
        }
    gone = {key: entry for key, entry in before.items() if key not in kept}
    over = [(entry["title"], entry["since"]) for key, entry in gone.items() if looked_at(key)]
    kept |= {key: entry for key, entry in gone.items() if not looked_at(key)}
    changed_publication = (
        published is not None and state.published is not None and published != state.published
    )
    after = State(
        seq=state.seq + 1,
        open={**others, **kept},
        published=state.published if published is None else published,
        runs=[*(run for run in state.runs if run != run_id), run_id][-_RUNS_KEPT:],
        failing_channels=list(state.failing_channels),
    )
    if not (news or over or reminder_due or (changed_publication and (problems or published))):
        if published is False:
            # A night that somebody stopped by hand told nobody: the next one that publishes has nothing to take back.
            after.published = state.published
        return None, after
    for problem in current:
        kept[problem.key]["told"] = told
    return (
        Alert(
            alert_id=secrets.token_hex(8),
            kind="run",
            level=worst(problems),
            run_id=run_id,
            at=told,
            published=published,
            problems=tuple(current),
            # A reminder shows everything again.
            news=tuple(news) if news else tuple(p.key for p in current) if reminder_due else (),
            resolved=tuple(over),
            report=report,
        ),
        after,
    )
