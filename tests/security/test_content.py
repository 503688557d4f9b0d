"""What is fetched is text, and stays text: it runs nowhere, neither here nor in the browser or terminal of who looks."""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from extraction.documents import read_document
from extraction.model import Claim, DocumentError
from tests.cli.reports import BODY
from warehouse import corrections, explain
from warehouse.cli import run_cli
from warehouse.parse import parse
from warehouse.tables import aligned

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("dags", "expectations", "extraction", "samples", "scrapers", "warehouse")

#: Modules and functions that turn data into running code, or into whatever the data wants.
NEVER_IMPORTED = {
    "pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle", "code", "codeop", "runpy",
    "xml.sax", "xml.dom.minidom", "xml.dom.pulldom", "xmlrpc", "telnetlib", "ftplib",
}  # fmt: skip
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "input", "breakpoint"}
NEVER_METHODS = {
    ("os", "system"),
    ("os", "popen"),
    ("yaml", "unsafe_load"),
    ("yaml", "full_load"),
    ("pd", "read_pickle"),
}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def offences(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (f"imports {name}" for name in names if name in NEVER_IMPORTED)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xml.etree"):
            # Types only: what parses comes from defusedxml.
            parsing = {alias.name for alias in node.names} - {
                "Element",
                "ElementTree",
                "ParseError",
                "tostring",
            }
            yield from (f"imports {name} of {node.module}" for name in sorted(parsing))
        if not isinstance(node, ast.Call):
            continue
        words = {keyword.arg: keyword.value for keyword in node.keywords}
        if isinstance(words.get("shell"), ast.Constant) and words["shell"].value:  # type: ignore[union-attr]
            yield f"line {node.lineno}: a shell"
        if isinstance(node.func, ast.Name) and node.func.id in NEVER_CALLED:
            yield f"line {node.lineno}: {node.func.id}"
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            called = (node.func.value.id, node.func.attr)
            if called in NEVER_METHODS:
                yield f"line {node.lineno}: {'.'.join(called)}"
            if called == ("yaml", "load") and "Loader" not in words and len(node.args) < 2:
                yield f"line {node.lineno}: yaml.load without a loader"
            if called == ("etree", "XMLParser") and "resolve_entities" not in words:
                yield f"line {node.lineno}: an XML parser that may resolve entities"


def test_no_code_of_ours_runs_data() -> None:
    found = [f"{path.relative_to(ROOT)}: {words}" for path, tree in modules() for words in offences(tree)]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from xml.etree.ElementTree import fromstring",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "eval('1')",
        "import os\nos.system('ls')",
        "import yaml\nyaml.load(text)",
        "from xml.dom import minidom",
        "from lxml import etree\netree.XMLParser()",
    ],
)
def test_the_search_for_such_code_finds_it(code: str) -> None:
    assert list(offences(ast.parse(code)))


def test_every_yaml_loader_is_a_safe_one() -> None:
    """Each reader of YAML, given a file that would run code under an unsafe loader."""
    loaders = {
        "extraction/units.py": "loader",
        "extraction/catalogue/__init__.py": "loader",
        "scrapers/sources.py": "_LOADER",
        "expectations/session.py": "loader",
        "warehouse/corrections.py": "_Loader",
    }
    found = set()
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "load" and ast.unparse(node.value) == "yaml":
                found.add(path.relative_to(ROOT).as_posix())
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"yaml\.(?:C)?(\w*Loader)\b", text):
            assert name == "SafeLoader", f"{path}: {name}"
    assert found == set(loaders), "a new reader of YAML: see that its loader is safe, and name it here"
    with pytest.raises(yaml.YAMLError):
        yaml.load("!!python/object/apply:os.getpid []", corrections._Loader)


# --- documents ----------------------------------------------------------------------------------------------

REPORT = BODY.format(
    city="太原市", year=2026, last=2025, gdp=2150.4, growth=5.2, revenue=130.6, target=5, villages=40
)


def docx(document_xml: str) -> bytes:
    import io

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
        archive.writestr("word/document.xml", document_xml)
    return data.getvalue()


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_entities_of_word_files_are_refused(doctype: str) -> None:
    body = f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>{REPORT}&c;</w:t></w:r></w:p></w:body></w:document>'
    with pytest.raises(DocumentError) as caught:
        read_document(docx(f'<?xml version="1.0"?>{doctype}{body}'), name="x.docx")
    assert caught.value.reason in ("damaged", "unknown_format")


def test_entities_of_pages_name_no_files() -> None:
    page = (
        '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>&x;</p>'
        f"<div>{'</p><p>'.join(REPORT.splitlines())}</div></body></html>"
    )
    assert "root:" not in read_document(page.encode(), name="x.html").text


# --- where people look --------------------------------------------------------------------------------------

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"><a href="javascript:alert(3)">点</a>'


class Active(HTMLParser):
    """Whatever of a page would run or load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "form", "base", "img", "svg"):
            self.found.append(tag)
        for name, value in attrs:
            outside = name in ("href", "src", "action") and not re.match(
                r"https?:|#|data:image/|$", value or ""
            )
            if name.startswith("on") or outside:
                self.found.append(f"{tag} {name}={value}")


def test_the_check_for_active_pages_finds_some() -> None:
    assert Active(HOSTILE).found == [
        "script",
        "img",
        "img src=x",
        "img onerror=alert(2)",
        "a href=javascript:alert(3)",
    ]


def hostile_report() -> bytes:
    """A report whose every sentence carries what a browser would run."""
    return REPORT.replace("亿元、", f"亿元{HOSTILE}、").replace("。", f"{HOSTILE}。").encode()


def test_the_page_of_explain_shows_a_hostile_report_as_text(tmp_path: Path) -> None:
    parsed = parse(
        hostile_report(),
        name=f"{HOSTILE}.txt".replace("/", ""),
        media_type=None,
        claim=Claim("太原市", 2026, "full", title=HOSTILE),
        most_bytes=1 << 20,
    )
    passages = (
        explain.passages(parsed.reading) if hasattr(parsed.reading, "passages") else explain.passages(parsed)
    )
    page = explain.page(f"{HOSTILE}.txt", parsed, passages, (), metric=HOSTILE)
    assert "onerror" in page  # it is shown
    assert Active(page).found == []


def test_the_report_of_a_run_shows_hostile_rows_as_text(tmp_path: Path) -> None:
    from expectations.model import CheckResult, Sample
    from expectations.report import write_report
    from expectations.results import write_results

    words = {f.name: HOSTILE for f in fields(Sample) if "str" in str(f.type)}
    sample = Sample(**words | {"url": "javascript:alert(4)"})
    assert len(words) > 5
    result = CheckResult(
        check="x",
        gate="staging",
        threat="wrong_metric",
        severity="error",
        status="failed",
        failing_rows=1,
        detail=HOSTILE,
        what=HOSTILE,
        runbook="x",
        samples=(sample,),
    )
    write_results(None, [result], "run1", home=tmp_path)
    page = write_report(tmp_path, "run1", published=False, summary={HOSTILE: HOSTILE}).read_text(
        encoding="utf-8"
    )
    assert "onerror" in page
    assert Active(page).found == []
    assert "default-src 'none'" in page


ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b1m\x08\x7f\u202egnp.exe\u2066"


def test_tables_pass_nothing_on_that_steers_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = aligned(("a", ESCAPES), [(f"太原{ESCAPES}市", 1)])
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "".join(lines))
    assert "太原" in lines[2]
    name = tmp_path / f"x{ESCAPES}.txt".replace("/", "")
    name.write_text("没有内容")
    run_cli(["extract", str(name)])
    said = capsys.readouterr()
    assert "\x1b" not in said.err + said.out


def test_cells_of_a_csv_export_are_no_formulas(tmp_path: Path) -> None:
    import duckdb

    from warehouse.export import export

    database = tmp_path / "w.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema marts; create table marts.t (a text, b double)")
        rows = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "-3.5"]
        connection.executemany("insert into marts.t values (?, -1.5)", [[row] for row in rows])
    export(database, tmp_path / "out", "csv")
    lines = (tmp_path / "out" / "t.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    for line in lines:
        cell = line.strip('"')
        assert not re.match(r"[=@\t+]|-\D", cell), line
    assert len(lines) == 6


@pytest.mark.parametrize(
    "words", ["x' or '1'='1", "gdp'; drop table marts.dim_metric; --", "%", "太原市' --"]
)
def test_words_of_the_user_are_values_and_no_sql(
    tmp_path: Path, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from warehouse.settings import Settings
    from warehouse.status import open_quarantine

    assert open_quarantine(Settings(home=tmp_path), words)[1] == []
    monkeypatch.setenv("CITYREPORTS_HOME", str(tmp_path / words.replace("/", "")))
    assert run_cli(["quarantine", "list", "--reason", words]) == 0
    assert run_cli(["quarantine", "show", words]) == 2


def test_a_home_whose_name_has_quotes_is_used_as_it_is(tmp_path: Path) -> None:
    from tests.warehouse.rows import document
    from warehouse import staging

    root = tmp_path / 'it\'s "quoted"' / "staging"
    for n in range(3):
        file = staging.write_table(root, "documents", f"run{n}-b", [document(f"报告{n}")])
        staging.write_commit(root, f"run{n}", [file])
    assert staging.compact(root, "c", after=1) is not None
    assert len(staging.read_table(root, "documents")) == 3
