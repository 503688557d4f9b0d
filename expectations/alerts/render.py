"""An alert in words, fit to a channel: its markup and its limit.

The same message is written at falling levels of detail until it fits: evidence goes first, then explanations; which
checks failed, how bad, and whether the warehouse was published are always said.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Literal

from expectations.alerts.model import Alert, Problem

Markup = Literal["text", "markdown", "html"]
Measure = Callable[[str], int]

#: Page of the runbooks; the anchor is the check's name.
RUNBOOKS = "docs/runbooks.md"

#: (pieces of evidence a problem, characters of each sentence, with explanations)
_DETAIL = ((5, 160, True), (2, 90, True), (1, 60, True), (1, 40, False), (0, 0, False))


def bytes_of(text: str) -> int:
    """Length in UTF-8, which is what some robots count."""
    return len(text.encode("utf-8"))


def title(alert: Alert) -> str:
    """One line that says it all: what happened, how many, whether analysts see it."""
    if alert.kind == "test":
        return "cityreports: 测试消息 test message"
    errors = sum(p.severity == "error" for p in alert.problems)
    warnings = len(alert.problems) - errors
    parts = []
    if errors:
        parts.append(f"{errors} error{'s' if errors > 1 else ''}")
    if warnings:
        parts.append(f"{warnings} warning{'s' if warnings > 1 else ''}")
    if not alert.problems:
        parts.append("已恢复 resolved")
    state = {True: "已发布 published", False: "未发布 NOT PUBLISHED", None: ""}[alert.published]
    head = {
        "broke": "运行中断 run broke",
        "late": "未按时运行 run is late",
        "silent": "来源沉默 silent source",
    }.get(alert.kind, "")
    cities = list(dict.fromkeys(c for p in alert.problems if p.severity == alert.level for c in p.cities))
    where = "、".join(cities[:3]) + ("…" if len(cities) > 3 else "")
    return "cityreports: " + ", ".join(part for part in (head, state, *parts, where) if part)


def render(alert: Alert, markup: Markup, limit: int | None = None, measure: Measure = len) -> str:
    """The body of the message, at most ``limit`` long by ``measure``."""
    for evidence, length, explain in _DETAIL:
        text = _body(alert, markup, evidence, length, explain, len(alert.problems))
        if limit is None or measure(text) <= limit:
            return text
    assert limit is not None
    for shown in range(len(alert.problems) - 1, -1, -1):
        text = _body(alert, markup, 0, 0, False, shown)
        if measure(text) <= limit:
            return text
    return _cut(title(alert), limit, measure)


def _body(alert: Alert, markup: Markup, evidence: int, length: int, explain: bool, shown: int) -> str:
    lines = [_line(markup, _publication(alert))] if alert.published is not None else []
    new = [p for p in alert.problems if p.key in alert.news]
    old = [p for p in alert.problems if p.key not in alert.news]
    for problem in (new + old)[:shown]:
        fresh = problem.key in alert.news
        lines += _problem(problem, markup, evidence if fresh else 0, length, explain and fresh)
    if shown < len(alert.problems):
        lines.append(_line(markup, f"… 还有 and {len(alert.problems) - shown} more"))
    for name, since in alert.resolved:
        lines.append(
            _line(markup, f"✔ 已恢复 resolved: {name}" + (f" (since {since[:16]})" if since else ""))
        )
    lines += [_line(markup, note) for note in alert.notes]
    if alert.report:
        lines.append(_line(markup, f"报告 report: {alert.report}"))
    lines.append(_line(markup, f"run {alert.run_id}, {alert.at[:19]}Z"))
    joined = "\n\n" if markup == "markdown" else "\n"
    return joined.join(lines)


def _publication(alert: Alert) -> str:
    if alert.published:
        return "已发布：分析人员看到的是本次数据。 Published: analysts see this run's data."
    return (
        "未发布：分析人员仍使用上次发布的数据。 Not published: analysts keep the file of the last good run."
    )


def _problem(problem: Problem, markup: Markup, evidence: int, length: int, explain: bool) -> list[str]:
    sign = {"error": "✖", "warn": "▲"}.get(problem.severity, "·")
    count = f", {problem.count} row{'s' if problem.count != 1 else ''}" if problem.count else ""
    head = f"{problem.title} ({problem.severity}, {problem.status}{count})"
    since = f" — since {problem.since[:16]}" if problem.since else ""
    match markup:
        case "markdown":
            lines = [f"{sign} **{escape_markdown(head)}**{escape_markdown(since)}"]
        case "html":
            lines = [f"<p>{sign} <b>{html.escape(head)}</b>{html.escape(since)}</p>"]
        case _:
            lines = [f"{sign} {head}{since}"]
    if explain and problem.what:
        lines.append(_line(markup, problem.what))
    if explain and problem.detail and (problem.status == "broke" or not problem.evidence):
        lines.append(_line(markup, problem.detail[:400]))
    if problem.cities and not evidence:
        cities = "、".join(problem.cities[:5]) + ("…" if len(problem.cities) > 5 else "")
        lines.append(_line(markup, cities))
    for where, what, sentence, link in problem.evidence[:evidence]:
        said = f"「{sentence[:length]}{'…' if len(sentence) > length else ''}」" if sentence else ""
        lines.append(_line(markup, " ".join(part for part in (where, what, said) if part), link))
    if explain and len(problem.evidence) > evidence and problem.count > evidence:
        lines.append(_line(markup, f"… 共 {problem.count} 行 rows in all"))
    if explain and problem.runbook:
        lines.append(_line(markup, f"怎么办 what to do: {RUNBOOKS}#{problem.runbook}"))
    return lines


def _line(markup: Markup, text: str, link: str = "") -> str:
    web = link if re.match(r"https?://", link) else ""
    match markup:
        case "markdown":
            # A link's text is fixed, its address is encoded: neither can break out of the brackets.
            tail = f" [原文]({_safe_url(web)})" if web else (f" {escape_markdown(link)}" if link else "")
            return escape_markdown(text) + tail
        case "html":
            tail = (
                f' <a href="{html.escape(_safe_url(web))}">原文</a>'
                if web
                else f" {html.escape(link)}" * bool(link)
            )
            return f"<p>{html.escape(text)}{tail}</p>"
        case _:
            return f"  {text}" + (f" {link}" if link else "")


def _safe_url(url: str) -> str:
    return re.sub(r"[\s()<>\"'\[\]]", lambda m: f"%{ord(m.group()):02X}", url)


def escape_markdown(text: str) -> str:
    """Text from pages must show as it is: no headings, no links, no @ of the whole group."""
    text = re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", text)
    return text.replace("@", "＠")


def _cut(text: str, limit: int, measure: Measure) -> str:
    while text and measure(text) > limit:
        text = text[:-1]
    return text
