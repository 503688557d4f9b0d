"""What a newer parser refuses no longer counts; what only another source, a failing reader or a busy machine says changes nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.dbt.staging_rows import dbt, document, night, write
from tests.warehouse.rows import row


def test_a_document_that_is_refused_after_it_was_read_is_withdrawn(tmp_path: Path) -> None:
    def read(name: str, at: int = 1) -> dict:
        return document(
            name, "140100", "太原市", 2026, parsed_at=night(at), parse_id=f"r{at}/b", run_id=f"r{at}"
        )

    def refused(name: str, at: int, source: str = "140100", reason: str = "news_story") -> dict:
        found = read(name)["document_id"]
        return row(
            "quarantine", item_id=f"{name}{at}", at=night(at), stage="parse", source_id=source,
            document_id=found, reason=reason,
        )  # fmt: skip

    files = write(
        tmp_path / "staging",
        documents=[
            *(read(name) for name in ("good", "withdrawn", "elsewhere", "ours", "busy", "early")),
            read("back", 3),
        ],
        quarantine=[
            refused("withdrawn", 2),
            refused("elsewhere", 2, source="folder:other"),
            refused("ours", 2, reason="reader_failed"),
            refused("busy", 2, reason="took_too_long"),
            refused("early", 0),
            refused("back", 2),
        ],
    )
    (tmp_path / "build").mkdir()
    database = tmp_path / "build" / "w.duckdb"
    assert dbt(["run", "--select", "stg_latest_parse"], database, files).success
    with duckdb.connect(str(database), read_only=True) as connection:
        kept = {key for (key,) in connection.execute("select key from staging.latest_parse").fetchall()}
    assert kept == {
        read(name)["document_id"] for name in ("good", "elsewhere", "ours", "busy", "early", "back")
    }
