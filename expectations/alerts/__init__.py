"""Alerts: the right person hears of a problem once, with what is needed to act.

    notify_run(...)      after a run: what its checks found, rolled up into one message, if there is anything new
    notify_problem(...)  a run that broke or did not start, sources that fell silent
    start(...)           at the start of any run: deliver what a process that died left behind
    watch.watch(...)     between runs: that, what waited for the end of quiet hours, and nights that do not come
    send(...)            one alert to all channels, as it is (alert-test)

The terminal and ``<home>/logs/alerts.jsonl`` get every alert; ``urls`` say who else (docs/alerts.md).
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from expectations.alerts import outbox, render
from expectations.alerts.channels import Channel, ChannelError, deliver, parse_channels, redact
from expectations.alerts.model import Alert, Kind, Problem, problems_of
from expectations.alerts.outbox import Item, Policy, State, load_policy
from expectations.model import CheckResult

__all__ = [
    "Alert",
    "ChannelError",
    "Delivery",
    "Policy",
    "Problem",
    "notify_problem",
    "notify_run",
    "parse_channels",
    "send",
    "start",
    "test_alert",
]

logger = logging.getLogger(__name__)

#: A home that cannot be written to. That is what somebody must hear of: then an alert goes out though nothing can be kept
#: of it, and goes out again at the next run.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}

#: All channels together: an alert must be out within ten seconds.
PATIENCE_S = 8.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one channel did with an alert; ``channel`` is a label without secrets."""

    channel: str
    ident: str
    ok: bool
    detail: str = ""


def notify_run(
    *,
    home: Path,
    run_id: str,
    results: Sequence[CheckResult],
    published: bool | None,
    urls: Sequence[str] = (),
    report: str = "",
    now: datetime | None = None,
    policy: Policy | None = None,
) -> list[Delivery]:
    """Tell what the checks of a run found, if there is anything new to tell.

    published  whether this run's data reached the analysts (also where nothing new was there to publish)
    report     path or address of the run's report
    Never raises for a channel: whoever cannot be reached is in the deliveries, in alerts.jsonl, and tried again.
    """
    seen = {f"{r.gate}/{r.check}" for r in results}
    whole = {r.gate for r in results} - {r.gate for r in results if r.check == f"{r.gate}_gate_ran"}

    def looked_at(key: str) -> bool:
        # A check that is no longer there is over with the first run of its gate.
        return key in seen or key.split("/")[0] in whole

    problems = problems_of(results)
    return _notify(home, run_id, problems, published, urls, report, now, policy, "run", looked_at)


def notify_problem(
    problem: Problem | Sequence[Problem],
    *,
    home: Path,
    kind: Kind,
    run_id: str = "",
    urls: Sequence[str] = (),
    now: datetime | None = None,
    policy: Policy | None = None,
    of: str = "",
) -> list[Delivery]:
    """Tell of problems outside the checks: ``broke`` (a run that broke), ``late`` (one that did not start or end in
    time), ``silent`` (sources). All problems of ``kind`` at once, or all whose keys begin with ``of``: those that are
    not given any more are over."""
    problems = (problem,) if isinstance(problem, Problem) else tuple(problem)
    published = False if kind == "broke" and problems else None
    return _notify(
        home, run_id, problems, published, urls, "", now, policy, kind, lambda key: key.startswith(of)
    )


def start(
    *,
    home: Path,
    urls: Sequence[str] = (),
    now: datetime | None = None,
    policy: Policy | None = None,
    left_behind: timedelta = timedelta(0),
) -> list[Delivery]:
    """Make up for what a process that died left behind: alerts in the outbox, and runs whose checks failed without
    anybody having been told. Call it first thing in every run; ``watch`` calls it between them.

    left_behind  how long ago a run must have written its last checks to be taken for dead
    """
    from expectations.results import read_results

    now = now or datetime.now(UTC)
    deliveries: list[Delivery] = []
    with outbox.locked(home):
        told = set(outbox.read_state(home).runs)
    results_of = sorted((home / "checks").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
    settled = (now - left_behind).timestamp() if left_behind else None
    for path in results_of[-20:]:
        if settled is not None and path.stat().st_mtime > settled:
            continue
        if path.stem not in told and (results := read_results(home, path.stem)):
            done = home / "runs" / path.stem
            report = done / "report.html"
            deliveries += notify_run(
                home=home,
                run_id=path.stem,
                results=results,
                # It may have died after it had published.
                published=(done / "published.json").is_file(),
                urls=urls,
                report=str(report) if report.is_file() else "",
                now=now,
                policy=policy,
            )
    with outbox.locked(home):
        return deliveries + _empty_outbox(home, urls, now)


def send(
    alert: Alert, urls: Sequence[str] = (), *, home: Path, now: datetime | None = None
) -> list[Delivery]:
    """Send ``alert`` as it is, new or not; goes through the outbox like any other."""
    now = now or datetime.now(UTC)
    with outbox.locked(home):
        state = outbox.read_state(home)
        return _enqueue(home, alert, replace(state, seq=state.seq + 1), urls, now, None)


def test_alert(run_id: str = "test", now: datetime | None = None) -> Alert:  # noqa: PT028 - no pytest test
    """A message that says that it is none, for ``cityreports alert-test``."""
    import secrets

    at = (now or datetime.now(UTC)).isoformat()
    note = "这是一条测试消息，无需处理。 This is a test: nothing is wrong, nothing is to be done."
    return Alert(secrets.token_hex(8), "test", "info", run_id, at, notes=(note,))


def _notify(
    home: Path,
    run_id: str,
    problems: Sequence[Problem],
    published: bool | None,
    urls: Sequence[str],
    report: str,
    now: datetime | None,
    policy: Policy | None,
    kind: Kind,
    looked_at: Callable[[str], bool],
) -> list[Delivery]:
    now = now or datetime.now(UTC)
    policy = policy or load_policy(home)
    clean = tuple(_redacted(problem, urls) for problem in problems)
    with _locked(home):
        state = outbox.read_state(home)
        alert, after = outbox.decide(
            state, clean, run_id=run_id, published=published, now=now, policy=policy, report=report, scope=kind,
            looked_at=looked_at,
        )  # fmt: skip
        if kind != "run":
            after.runs = state.runs
        if alert is None:
            with _as_far_as_possible():
                outbox.write_state(home, after)
            return _empty_outbox(home, urls, now)
        return _enqueue(home, replace(alert, kind=kind), after, urls, now, policy)


def _redacted(problem: Problem, urls: Sequence[str]) -> Problem:
    """Error texts carry addresses with passwords; none of that goes to a chat group or to disk."""
    return replace(
        problem,
        detail=redact(problem.detail, urls),
        evidence=tuple((w, redact(x, urls), s, redact(link, urls)) for w, x, s, link in problem.evidence),
    )


def _enqueue(
    home: Path, alert: Alert, after: State, urls: Sequence[str], now: datetime, policy: Policy | None
) -> list[Delivery]:
    wait = policy.quiet_until(now) if policy and alert.level != "error" else None
    item = Item(after.seq, alert, after, None, wait.isoformat() if wait else "")
    kept = False
    with _as_far_as_possible():
        outbox.write_item(home, item)  # from here on the alert exists
        kept = True
        outbox.write_state(home, after)
    _log_if_possible(home, {"event": "alert", **alert.as_dict(), "title": render.title(alert)})
    _say(alert)
    if kept:
        return _empty_outbox(home, urls, now)
    return _deliver(home, item, _channels(urls))


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """The lock of the home; where not even that can be written, nobody else can decide anything either."""
    with contextlib.ExitStack() as stack:
        with _as_far_as_possible():
            stack.enter_context(outbox.locked(home))
        yield


@contextlib.contextmanager
def _as_far_as_possible() -> Iterator[None]:
    """What cannot be written for lack of room is said, and not written."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        logger.error("an alert cannot be kept: %s", error)


def _say(alert: Alert) -> None:
    """The default channel: the terminal, or the task's log."""
    print(f"\n{render.title(alert)}\n{render.render(alert, 'text', 6000)}", file=sys.stderr, flush=True)


def _empty_outbox(home: Path, urls: Sequence[str], now: datetime) -> list[Delivery]:
    """Deliver what is due. Holds the lock of the home."""
    items = outbox.read_items(home)
    if not items:
        return []
    # Before an item goes, what it says must be in the state: its process may have died before it could write it.
    with _as_far_as_possible():
        outbox.write_state(home, outbox.read_state(home))
    channels = _channels(urls)
    deliveries = []
    for item in items:
        if item.not_before and now < datetime.fromisoformat(item.not_before):
            continue
        deliveries += _deliver(home, item, channels)
        if not item.pending or now - datetime.fromisoformat(item.alert.at) > outbox.KEEP_TRYING:
            outbox.remove_item(home, item)
    return deliveries


def _channels(urls: Sequence[str]) -> list[Channel]:
    try:
        return parse_channels(urls)
    except ChannelError as error:
        # A wrong URL must not keep the others from hearing of it.
        logger.error("%s", error)
        return [c for url in urls for c in _usable(url)]


def _usable(url: str) -> list[Channel]:
    try:
        return parse_channels([url])
    except ChannelError:
        return []


def _deliver(home: Path, item: Item, channels: Sequence[Channel]) -> list[Delivery]:
    """Hand an item to each channel that has not had it; where one fails, to the next that would not have had it."""
    wanting = [c for c in channels if c.wants(item.alert)]
    if item.pending is None:
        item.pending = [c.ident for c in wanting]
    due = [c for c in channels if c.ident in item.pending]
    deliveries = _try_all(item.alert, due)
    failed = [d for d in deliveries if not d.ok]
    if failed:
        spare = [c for c in channels if c not in wanting]
        names = ", ".join(f"{d.channel} ({d.detail})" for d in failed)
        note = f"告警渠道失败 alert channel failed: {names}"
        deliveries += _try_fallbacks(replace(item.alert, notes=(*item.alert.notes, note)), spare)
    done = {d.ident for d in deliveries if d.ok}
    # Once somebody has been told, a channel that failed is not tried again: the message would come twice or late.
    item.pending = [] if done else [c.ident for c in due]
    item.tried += 1
    if item.pending:
        with _as_far_as_possible():
            outbox.write_item(home, item)
    else:
        # Removed before anything else is written: a process that dies here does not send twice.
        outbox.remove_item(home, item)
    _log_if_possible(home, {"event": "delivery", "alert_id": item.alert.alert_id,
                "deliveries": [{"channel": d.channel, "ok": d.ok, "detail": d.detail} for d in deliveries]})  # fmt: skip
    _report_channels(home, channels, deliveries, item.alert)
    return deliveries


def _try_fallbacks(alert: Alert, spare: Sequence[Channel]) -> list[Delivery]:
    tried = []
    for channel in spare:
        tried += _try_all(alert, [channel])
        if tried[-1].ok:
            break
    return tried


def _report_channels(
    home: Path, channels: Sequence[Channel], deliveries: Sequence[Delivery], alert: Alert
) -> None:
    """A channel that fails is a problem of its own: the others hear of it, once, and again when it works."""
    state = outbox.read_state(home)
    failing = {d.ident: d for d in deliveries if not d.ok}
    working = {d.ident for d in deliveries if d.ok}
    new = [d for ident, d in failing.items() if ident not in state.failing_channels]
    after = sorted((set(state.failing_channels) | set(failing)) - working)
    if after != state.failing_channels:
        state.failing_channels = after
        with _as_far_as_possible():
            outbox.write_state(home, state)
    for delivery in failing.values():
        logger.error("alert channel %s failed: %s", delivery.channel, delivery.detail)
    fallbacks_told = [
        d for d in deliveries if d.ok and d.ident not in {c.ident for c in channels if c.wants(alert)}
    ]
    if new and working and not fallbacks_told:
        names = ", ".join(f"{d.channel} ({d.detail})" for d in new)
        note = Alert(
            f"{alert.alert_id}-channels", "broke", "warn", alert.run_id, alert.at,
            problems=(Problem("alerts/channels", "warn", "failed", "alert_channels_work",
                              what="An alert channel did not take a message; the others did.",
                              detail=names, runbook="alert-channel-failed"),),
            news=("alerts/channels",),
        )  # fmt: skip
        _try_all(note, [c for c in channels if c.ident in working])


def _try_all(alert: Alert, channels: Sequence[Channel]) -> list[Delivery]:
    """All channels at once, each in its own thread: one that hangs holds up none of the others."""
    if not channels:
        return []
    pool = ThreadPoolExecutor(max_workers=len(channels), thread_name_prefix="alert")
    try:
        jobs = [(channel, pool.submit(deliver, alert, channel)) for channel in channels]
        return [_outcome(channel, job) for channel, job in jobs]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _outcome(channel: Channel, job: Any) -> Delivery:
    try:
        job.result(timeout=PATIENCE_S)
    except TookTooLong:
        return Delivery(channel.label, channel.ident, False, f"no answer within {PATIENCE_S:.0f} s")
    except ChannelError as error:
        return Delivery(channel.label, channel.ident, False, str(error))
    return Delivery(channel.label, channel.ident, True)


def _log_if_possible(home: Path, line: dict[str, Any]) -> None:
    with _as_far_as_possible():
        _log(home, line)


def _log(home: Path, line: dict[str, Any]) -> None:
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "alerts.jsonl").open("a", encoding="utf-8") as handle:
        handle.write(
            json.dumps({"logged_at": datetime.now(UTC).isoformat(), **line}, ensure_ascii=False) + "\n"
        )
