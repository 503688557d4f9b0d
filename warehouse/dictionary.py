"""The data dictionary: what dbt's models say of their tables and columns, in English and Chinese.

python -m warehouse.dictionary        writes docs/data-dictionary.md and .html; a test fails while they are behind
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).parents[1]
PROJECT = _ROOT / "dbt_project"
DOCS = _ROOT / "docs"

#: The order of chapters; analysts read the marts, and staging where they want the facts as the reader gave them.
SCHEMAS = {"marts": "What analysts read · 分析用表", "staging": "As handed over · 原始层"}

_DOC_BLOCK = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.S)
_DOC_CALL = re.compile(r"{{ doc\('(\w+)'\) }}")

_INTRODUCTION = """# Data dictionary · 数据字典

Generated from the models by `python -m warehouse.dictionary`. The same words stand in the published file as comments
(`select table_name, comment from duckdb_tables()`, `duckdb_columns()`).

由模型生成；发布文件中表和列的注释与此相同（英文）。
"""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>cityreports: data dictionary · 数据字典</title>
<style>
body {{ font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; margin: 0.5rem 0 1.5rem; }}
th, td {{ border-bottom: 1px solid #ddd; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; }}
code {{ font-size: 0.92em; }}
h2 {{ margin-top: 3rem; }}
@media print {{ body {{ margin: 0; }} h3 {{ break-after: avoid; }} }}
</style>
{body}</html>
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as documented; ``type`` is empty where no contract fixes it."""

    name: str
    type: str
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view, by the name that SQL knows."""

    schema: str
    name: str
    english: str
    chinese: str
    columns: tuple[Column, ...]


class UndocumentedError(ValueError):
    """A table or column lacks its English or its Chinese; the message says which, and where to write it."""


def tables(project: Path = PROJECT) -> list[Table]:
    """Every table of SCHEMAS by schema and name. Raises UndocumentedError."""
    blocks = dict(_DOC_BLOCK.findall((project / "models" / "columns.md").read_text(encoding="utf-8")))
    chinese = yaml.safe_load((project / "dictionary.zh.yml").read_text(encoding="utf-8"))
    found = [_table(schema, entry, blocks, chinese) for schema, entry in _entries(project)]
    return sorted(found, key=lambda table: (list(SCHEMAS).index(table.schema), table.name))


def _entries(project: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(schema, entry) of each model and seed of SCHEMAS."""
    for path in sorted(project.glob("models/*/*.yml")):
        if path.parent.name in SCHEMAS:
            for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()):
                yield path.parent.name, entry
    for path in sorted(project.glob("seeds/*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]:
            yield "staging", entry


def _table(schema: str, entry: dict[str, Any], blocks: dict[str, str], chinese: dict[str, Any]) -> Table:
    model = entry["name"]

    def in_chinese(kind: str, *keys: str) -> str:
        for key in keys:
            if key in chinese[kind]:
                return str(chinese[kind][key])
        raise UndocumentedError(
            f"{model}: no Chinese for {keys[-1]}; add it to dbt_project/dictionary.zh.yml"
        )

    def in_english(text: str | None, of: str) -> str:
        if not text:
            raise UndocumentedError(f"{model}: no description of {of}; add it to the model's .yml")
        return _DOC_CALL.sub(lambda call: blocks[call[1]], text)

    columns = tuple(
        Column(
            column["name"],
            column.get("data_type", ""),
            in_english(column.get("description"), column["name"]),
            in_chinese("columns", f"{model}.{column['name']}", column["name"]),
        )
        for column in entry["columns"]
    )
    english = in_english(entry.get("description"), model)
    return Table(schema, model.removeprefix("stg_"), english, in_chinese("tables", model), columns)


def as_markdown(project: Path = PROJECT) -> str:
    """The whole dictionary as Markdown (GitHub's tables)."""
    parts = [_INTRODUCTION, (project / "rules.md").read_text(encoding="utf-8")]
    schema = ""
    for table in tables(project):
        if table.schema != schema:
            schema = table.schema
            parts.append(f"## `{schema}`: {SCHEMAS[schema]}\n")
        parts.append(f"### {schema}.{table.name}\n{table.english}\n\n{table.chinese}\n")
        rows = [f"| `{c.name}` | {c.type} | {_cell(c.english)} | {_cell(c.chinese)} |" for c in table.columns]
        parts.append(
            "\n".join(["| column | type | meaning | 含义 |", "| --- | --- | --- | --- |", *rows]) + "\n"
        )
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def as_html(markdown: str) -> str:
    """The same as one page without outside requests."""
    from markdown_it import MarkdownIt

    return _PAGE.format(body=MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))


def write(docs: Path = DOCS) -> None:
    """Write both files."""
    markdown = as_markdown()
    (docs / "data-dictionary.md").write_text(markdown, encoding="utf-8")
    (docs / "data-dictionary.html").write_text(as_html(markdown), encoding="utf-8")


if __name__ == "__main__":
    write()
