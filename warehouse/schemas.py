"""Columns of the staging tables: one definition, used by the writer, dbt's sources and the checks."""

from __future__ import annotations

import pyarrow as pa

_TEXT = pa.string()
_INT = pa.int32()
_TIME = pa.timestamp("us", tz="UTC")

#: One row per parse of a document.
DOCUMENTS = pa.schema(
    [
        ("document_id", _TEXT),  # sha256 of the raw bytes, hex
        ("parse_id", _TEXT),  # <run_id>/<batch>
        ("run_id", _TEXT),
        ("parsed_at", _TIME),
        ("parser_version", _TEXT),
        ("source_id", _TEXT),
        ("url", _TEXT),  # http(s)://… or file:///…
        ("file", _TEXT),  # last part of the name, as the user knows it
        ("fetched_at", _TIME),
        ("published", pa.date32()),  # as the source claims
        ("text_sha256", _TEXT),  # of the document text without white space: sameness of copies
        ("media_type", _TEXT),
        ("encoding", _TEXT),
        ("byte_size", pa.int64()),
        ("char_count", _INT),
        ("region_code", _TEXT),
        ("region_name", _TEXT),
        ("report_year", _INT),
        ("edition", _TEXT),
        ("title", _TEXT),
        ("delivered_on", pa.date32()),
        ("session", _TEXT),
        ("claimed_region", _TEXT),
        ("claimed_year", _INT),
        ("claimed_edition", _TEXT),
        ("doubts", pa.list_(_TEXT)),
        ("quantity_count", _INT),  # observations, with or without a metric
        ("mapped_count", _INT),  # of them, those with a metric_code
        ("text", _TEXT),
    ]
)

#: One row per section of a parsed document.
SECTIONS = pa.schema(
    [
        ("document_id", _TEXT),
        ("parse_id", _TEXT),
        ("section_seq", _INT),
        ("kind", _TEXT),
        ("heading", _TEXT),
        ("char_start", _INT),
        ("char_end", _INT),
    ]
)

#: One row per stated fact.
OBSERVATIONS = pa.schema(
    [
        (
            "observation_id",
            _TEXT,
        ),  # sha256 over document_id, offsets, metric, statistic, role, period, values
        ("document_id", _TEXT),
        ("parse_id", _TEXT),
        ("file", _TEXT),
        ("region_code", _TEXT),
        ("region_name", _TEXT),
        ("report_year", _INT),
        ("metric_code", _TEXT),
        ("subject", _TEXT),
        ("statistic", _TEXT),
        ("basis", _TEXT),
        ("role", _TEXT),
        ("is_estimate", pa.bool_()),
        ("period_start", _INT),
        ("period_end", _INT),
        ("value", pa.float64()),
        ("value_high", pa.float64()),
        ("unit", _TEXT),
        ("qualifier", _TEXT),
        ("stretch_clause", pa.bool_()),
        ("scope", _TEXT),
        ("raw_value", _TEXT),
        ("raw_unit", _TEXT),
        ("quote", _TEXT),
        ("char_start", _INT),
        ("char_end", _INT),
        ("number_start", _INT),
        ("number_end", _INT),
        ("sentence", _TEXT),
        ("sentence_start", _INT),
        ("sentence_end", _INT),
        ("section", _TEXT),
        ("confidence", pa.float64()),
        ("rule", _TEXT),
    ]
)

#: One row per thing that was set aside, at any stage.
QUARANTINE = pa.schema(
    [
        ("item_id", _TEXT),
        ("run_id", _TEXT),
        ("at", _TIME),
        ("stage", _TEXT),  # discover, fetch, parse, extract, check
        ("source_id", _TEXT),
        ("url", _TEXT),
        ("file", _TEXT),
        ("document_id", _TEXT),
        ("reason", _TEXT),
        ("detail", _TEXT),
    ]
)

#: One row per look at a source (its listing pages), whatever came of it.
LOOKS = pa.schema(
    [
        ("run_id", _TEXT),
        ("source_id", _TEXT),
        ("region_code", _TEXT),
        ("looked_at", _TIME),
        ("ok", pa.bool_()),
        ("error", _TEXT),  # named failure, or null
        ("detail", _TEXT),
        ("requests", _INT),
        ("links_seen", _INT),  # links that matched the title pattern, of any year
        ("links_new", _INT),
        ("documents_new", _INT),
        ("asked", pa.bool_()),  # false: left alone that night; null, in older rows: asked
        ("season_due", _TEXT),  # MM-DD, of the source's entry; null in older rows and of folders
        ("retired", pa.bool_()),  # no look: since then the source is in no registry
    ]
)

#: One row per place where a document was seen (the same document may lie in several).
COPIES = pa.schema(
    [
        ("run_id", _TEXT),
        ("document_id", _TEXT),
        ("source_id", _TEXT),
        ("url", _TEXT),
        ("file", _TEXT),
        ("fetched_at", _TIME),
        ("published", pa.date32()),
        ("warc_file", _TEXT),
        ("warc_offset", pa.int64()),
    ]
)

TABLES: dict[str, pa.Schema] = {
    "documents": DOCUMENTS,
    "sections": SECTIONS,
    "observations": OBSERVATIONS,
    "quarantine": QUARANTINE,
    "looks": LOOKS,
    "copies": COPIES,
}

#: Grows by one when a column changes its meaning or goes; adding a column does not change it.
STAGING_VERSION = 1
