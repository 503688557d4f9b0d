"""What `extraction/` knows of regions and metrics, in the shape in which dbt takes it.

Regions hardly change: they are a dbt seed that is made here and committed.

    python -m warehouse.seeds        writes dbt_project/seeds/seed_regions.csv; a test fails while it is behind

The catalogue grows: a new metric is a YAML entry and nothing else. So it goes to dbt at each build, as a file.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from extraction.catalogue import load_catalogue
from extraction.regions import all_regions

SEED_REGIONS = Path(__file__).parents[1] / "dbt_project" / "seeds" / "seed_regions.csv"

#: The catalogue's patterns stand for up to thousands of spellings; whoever looks for a metric types a short one.
MOST_ALIASES = 20


def regions_csv() -> str:
    """RFC 4180 text, one row a region, former units included; aliases are joined with ``|``, unknown is empty."""
    text = io.StringIO()
    columns = [
        *("code", "name", "short_name", "level", "province_code", "economic_belt", "city_group"),
        *("is_provincial_capital", "is_vice_provincial", "is_separately_planned", "valid_from", "valid_to"),
        *("successor_code", "succession", "aliases", "name_en"),
    ]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for region in all_regions():
        values = [getattr(region, column) for column in columns]
        writer.writerow([_field(value) for value in values])
    return text.getvalue()


def _field(value: Any) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return "|".join(value) if isinstance(value, tuple) else value


def metric_rows() -> list[dict[str, Any]]:
    """One row a metric of the catalogue, in its order; plausible bounds are in the unit of the statistic."""
    rows = []
    for metric in load_catalogue().metrics:
        level = metric.plausible.get("level", (None, None))
        growth = metric.plausible.get("growth_rate", (None, None))
        change = metric.plausible.get("change_pp", (None, None))
        rows.append(
            {
                "metric_code": metric.code,
                "metric_name_zh": metric.name_zh,
                "metric_name_en": metric.name_en,
                "domain": metric.domain,
                "unit": metric.unit,
                "kind": metric.kind,
                "direction": metric.direction,
                "definition": metric.definition,
                "definition_source": metric.source,
                "decimals": metric.decimals,
                "aliases": sorted(metric.aliases, key=len)[:MOST_ALIASES],
                "plausible_min": level[0],
                "plausible_max": level[1],
                "plausible_growth_min": growth[0],
                "plausible_growth_max": growth[1],
                "plausible_change_min": change[0],
                "plausible_change_max": change[1],
            }
        )
    return rows


def write_metrics(path: Path) -> Path:
    """Write the catalogue as Parquet to ``path``, the file that dbt's source ``files.metrics`` reads."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, number = pa.string(), pa.float64()
    bounds = ("plausible_min", "plausible_max", "plausible_growth_min", "plausible_growth_max")
    types = {
        **dict.fromkeys(("metric_code", "metric_name_zh", "metric_name_en", "domain", "unit"), text),
        **dict.fromkeys(("kind", "direction", "definition", "definition_source"), text),
        "decimals": pa.int32(),
        "aliases": pa.list_(text),
        **dict.fromkeys((*bounds, "plausible_change_min", "plausible_change_max"), number),
    }
    pq.write_table(pa.Table.from_pylist(metric_rows(), schema=pa.schema(types)), path)
    return path


if __name__ == "__main__":
    SEED_REGIONS.write_text(regions_csv(), encoding="utf-8")
