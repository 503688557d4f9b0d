"""The data dictionary is what the models say."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warehouse import dictionary


def test_the_committed_dictionary_is_that_of_the_models() -> None:
    markdown = dictionary.as_markdown()
    behind = "is behind: run python -m warehouse.dictionary"
    assert (dictionary.DOCS / "data-dictionary.md").read_text(encoding="utf-8") == markdown, behind
    page = (dictionary.DOCS / "data-dictionary.html").read_text(encoding="utf-8")
    assert page == dictionary.as_html(markdown), behind
    assert "http://" not in page
    assert "<script" not in page


def test_it_says_what_the_comments_in_the_file_say(ask: Callable[..., list[tuple[Any, ...]]]) -> None:
    columns = {
        (schema, table, column): comment
        for schema, table, column, comment in ask(
            "select schema_name, table_name, column_name, comment from duckdb_columns() "
            "where schema_name in ('marts', 'staging')"
        )
    }
    documented = {(t.schema, t.name, c.name): c.english for t in dictionary.tables() for c in t.columns}
    assert documented == columns


def test_a_column_without_chinese_is_named(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(dictionary.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    chinese = project / "dictionary.zh.yml"
    chinese.write_text(
        chinese.read_text(encoding="utf-8").replace("  short_name:", "  shortest_name:"), encoding="utf-8"
    )
    with pytest.raises(dictionary.UndocumentedError, match="no Chinese for short_name"):
        dictionary.tables(project)
