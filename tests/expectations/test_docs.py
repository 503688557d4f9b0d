"""docs/data-quality.md and docs/runbooks.md say what the checks are: made here from the YAML files."""

from __future__ import annotations

import ast
from pathlib import Path

from expectations.gate import load_checks, load_threats
from expectations.model import GATES, Check
from tests.expectations.docs_tables import expect_table

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks.md"

#: Checks that are no entry of a YAML file: made by code, and by the pipeline.
OTHERS = {
    "checks-broke": ("checks_broken", "A gate could not run at all: none of its checks has an answer."),
    "staging_files_are_whole": ("damaged_storage", "A staging file is not as it was written."),
    "alert-channel-failed": (None, "An alert channel did not take a message; the others did."),
    "run-broke": (None, "A run broke as a whole, before its steps could tell of it."),
    "build-broke": (None, "A step of the build ended with an error; nothing was published."),
    "copy-broke": (None, "What was published could not be copied to `publish_url`."),
    "dbt-tests-failed": (None, "A test of the dbt models refused the data; nothing was published."),
    "batch-broke": (None, "A batch of sources broke as a whole; the others went on."),
    "commit-broke": (None, "What a night staged could not be made to count."),
    "many-sources-failed": (None, "A large part of all sources failed in one night."),
    "source-failing": (None, "A source could not be read."),
    "sources-nameless": (
        "source_silent",
        "Sources answer in season, and never named a report of any year.",
    ),
    "sources-unwatched": (
        "source_silent",
        "A region that was watched has no entry in the registry any more.",
    ),
    "run-late": (None, "A night did not start, or did not end, in time; or no build took up what it staged."),
}
ADVICE = {
    "alert-channel-failed": "`cityreports alert-test` sends a message through each channel and says which took it. "
    "HTTP 4xx: the token or the keyword of the robot has changed. No answer: the network, or the service.",
    "run-broke": "The alert has the error; `<home>/logs/runs/<run>.log`, or the task's log in Airflow, the rest. A full disk: "
    "make room. A process "
    "that died (status -9): memory. An error in sources or staging is named. Then run again: every step can be run again. "
    "Published data are those of the last good run.",
    "build-broke": "`<home>/logs` has dbt's own words; the alert has the first of them. A full disk, a damaged file, a "
    "model that does not fit the staging: mend it and run again, nothing is lost.",
    "copy-broke": "Here the new file is published; readers of the copy have the old one, whole. Look at the log of the step "
    "`publish`: the network, the bucket, the credentials; or another home copies there, and the alert says which: give each a "
    "`publish_url` of its own, or end the other and run `cityreports take-over`. A run of `cityreports run` copies it, also without news; on a standing Airflow trigger `warehouse`.",
    "dbt-tests-failed": "The alert names the test and how many rows it found; the test's SQL lies in dbt_project/, its "
    "result in `<home>/build/`. A wrong row: correct it in corrections.yml. A wrong model: mend it.",
    "batch-broke": "The alert names the batch and the error. Its sources are looked at again by the next run; twice in "
    "a row means a bug: report it with the task's log.",
    "commit-broke": "The log of the step `commit` has the error: a full disk, an object store that was away. Mend it and "
    "run again: what was fetched lies in the archive and is read anew, nothing is fetched twice.",
    "many-sources-failed": "Many at once is rarely the sites: look at the network, the proxy and the DNS of the machine. "
    "`cityreports sources check` on three of them says more.",
    "source-failing": "`cityreports sources check ID` looks at it live and says what it finds: a page that moved, a "
    "certificate, a challenge page. Mend its entry in scrapers/sources.",
    "sources-nameless": "Said once for all of them, and again when there is one more; fewer are no news. `cityreports sql "
    "\"select * from marts.mart_source_health where status = 'blind' and latest_report_year is null\"` lists them. A portal "
    "of which only the home page is known may have its column behind a script, or under another name: `cityreports sources "
    "check ID`, then docs/adding-a-city.md. Titles that differ (行署工作报告, say): `title_pattern`.",
    "sources-unwatched": "An entry, a file or the setting `sources` changed. If that was meant, nothing is to be done: the "
    "reports stay, the sources are left out of marts.mart_source_health, and nobody is told again. Else put the entry back: "
    "the next night looks at it as before.",
    "run-late": "`cityreports watch` says what is late now. Is the scheduler running, is the DAG paused, is another run "
    "still holding the home (`cityreports status`)? A machine that slept catches up with its next run.",
}


def all_checks() -> list[Check]:
    return [check for gate in GATES for check in load_checks(gate)]


def test_every_threat_has_a_check() -> None:
    guarded = {check.threat for check in all_checks()} | {threat for threat, _ in OTHERS.values()}
    assert load_threats().keys() - guarded == set()


def test_threat_table() -> None:
    lines = ["| threat | what goes wrong | likely | harm | caught by |", "| --- | --- | --- | --- | --- |"]
    for name, threat in load_threats().items():
        by = [
            f"`{c.name}`" + ("" if c.severity == "error" else " (warn)")
            for c in all_checks()
            if c.threat == name
        ]
        by += [f"`{check}`" for check, (guards, _) in OTHERS.items() if guards == name]
        lines.append(
            f"| {name} {threat['zh']} | {threat['what']} | {threat['likely']} | {threat['harm']} | {', '.join(by)} |"
        )
    expect_table("threats", "\n".join(lines))


def test_check_table() -> None:
    lines = []
    for gate in GATES:
        lines += [
            f"### Gate `{gate}`",
            "",
            "| check | level | fails where | rows set aside |",
            "| --- | --- | --- | --- |",
        ]
        for c in load_checks(gate):
            aside = f"up to {c.tolerance * 100:g} % of the {c.sets_aside}s" if c.sets_aside else ""
            lines.append(f"| [`{c.name}`](runbooks.md#{c.runbook}) | {c.severity} | {c.what} | {aside} |")
        lines.append("")
    expect_table("checks", "\n".join(lines))


def test_every_check_has_its_runbook() -> None:
    threats = load_threats()
    parts = [
        "# Runbooks",
        "",
        "What to do when a check fails; alerts and reports link here. Made by tests/expectations/test_docs.py from "
        "`expectations/threats.yml` and `expectations/checks/`: edit those.",
        "",
        "In every case: published data are untouched until a run passes; `cityreports status` tells what is open; "
        "`select * from checks.results` and `checks.withheld` have all rows.",
        "",
    ]
    for c in all_checks():
        parts += [
            f"## {c.runbook}",
            "",
            f"{c.what} Gate `{c.gate}`, level `{c.severity}`.",
            "",
            f"Guards against: {threats[c.threat]['what']}",
            "",
            f"What to do: {threats[c.threat]['do']}",
            "",
        ]
    for name, (threat, what) in OTHERS.items():
        parts += [
            f"## {name}",
            "",
            what,
            "",
            f"What to do: {ADVICE[name] if name in ADVICE else threats[threat]['do']}",
            "",
        ]
    text = "\n".join(parts)
    now = RUNBOOKS.read_text(encoding="utf-8") if RUNBOOKS.exists() else ""
    if now != text:
        RUNBOOKS.write_text(text, encoding="utf-8")
        raise AssertionError("docs/runbooks.md was out of date; it is written anew: review, commit")


def test_every_alert_names_a_runbook_and_every_runbook_is_some_alerts() -> None:
    """In the code: each Problem and each CheckResult that is made names its runbook, and nothing else has one."""
    named, without = set(), []
    for folder in ("dags", "expectations", "warehouse"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if node.func.id not in ("Problem", "CheckResult") or any(
                    k.arg is None for k in node.keywords
                ):
                    continue  # read back from a file: it was made elsewhere
                book = next((k.value for k in node.keywords if k.arg == "runbook"), None)
                if isinstance(book, ast.Constant):
                    named.add(book.value)
                elif book is None:
                    without.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert without == []
    assert named == set(OTHERS)
    sections = {line[3:] for line in RUNBOOKS.read_text(encoding="utf-8").splitlines() if line[:3] == "## "}
    assert named | {check.runbook for check in all_checks()} == sections
