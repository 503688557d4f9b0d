"""The corpus, read by the real extractor, as rows of staging."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from extraction.documents import read_document
from extraction.extract import extract_report
from extraction.identity import identify
from extraction.model import Claim
from tests.dbt.staging_rows import Row, copy, document
from warehouse.parse import observation_id


def staging(corpus: Path) -> dict[str, list[Row]]:
    """Rows by staging table, of all folders of the corpus."""
    tables: dict[str, list[Row]] = {"documents": [], "observations": [], "sections": [], "copies": []}
    for manifest in sorted(corpus.glob("*/manifest.csv")):
        for path, claim in _claims(manifest):
            _add(tables, path, claim)
    return tables


def _claims(manifest: Path) -> Iterator[tuple[Path, Claim]]:
    with manifest.open(encoding="utf-8", newline="") as handle:
        for line in csv.DictReader(handle):
            claim = Claim(line["region"], int(line["report_year"]), line["kind"], line["title"])
            yield manifest.parent / line["file"], claim


def _add(tables: dict[str, list[Row]], path: Path, claim: Claim) -> None:
    body = path.read_bytes()
    text = read_document(body, name=path.name)
    identity = identify(text, claim)
    assert identity.rejected is None, (path, identity)
    assert identity.region_code is not None
    assert identity.region_name is not None
    assert identity.report_year is not None
    reading = extract_report(text.text, identity)
    row = document(
        path.name,
        identity.region_code,
        identity.region_name,
        identity.report_year,
        text=text.text,
        file=path.name,
        url=path.as_uri(),
        edition=identity.edition,
        quantity_count=len(reading.observations),
        mapped_count=sum(o.metric_code is not None for o in reading.observations),
    )
    row["document_id"] = hashlib.sha256(body).hexdigest()
    tables["documents"].append(row)
    tables["copies"].append(copy(row))
    shared = {key: row[key] for key in ("document_id", "parse_id")}
    for section in reading.sections:
        found = asdict(section)
        tables["sections"].append({**shared, "section_seq": found.pop("seq"), **found})
    placed = {key: row[key] for key in ("file", "region_code", "region_name", "report_year")}
    for fact in reading.observations:
        sentence = text.text[fact.sentence_start : fact.sentence_end]
        identity_of_fact = observation_id(row["document_id"], fact)
        tables["observations"].append(
            {"observation_id": identity_of_fact, **shared, **placed, **asdict(fact), "sentence": sentence}
        )
