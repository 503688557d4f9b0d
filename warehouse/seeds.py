"""dbt seeds made from what `extraction/` knows, so that a region or a metric is written down once.

    python -m warehouse.seeds        writes dbt_project/seeds/seed_regions.csv and seed_metrics.csv

Run it after a change to ``extraction/regions/regions.csv`` or to the catalogue; a test fails while the seeds
are behind.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from extraction.catalogue import load_catalogue
from extraction.regions import all_regions

#: The catalogue's patterns stand for up to thousands of spellings; whoever looks for a metric types a short one.
MOST_ALIASES = 20

SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds"


def region_rows() -> list[dict[str, object]]:
    """One row a region, former units included; lists are joined with ``|``, unknown is empty."""
    return [
        {
            "code": region.code,
            "name": region.name,
            "short_name": region.short_name,
            "level": region.level,
            "province_code": region.province_code,
            "economic_belt": region.economic_belt,
            "city_group": region.city_group,
            "is_provincial_capital": region.is_provincial_capital,
            "is_vice_provincial": region.is_vice_provincial,
            "is_separately_planned": region.is_separately_planned,
            "valid_from": region.valid_from,
            "valid_to": region.valid_to,
            "successor_code": region.successor_code,
            "succession": region.succession,
            "aliases": "|".join(region.aliases),
            "name_en": region.name_en,
        }
        for region in all_regions()
    ]


def metric_rows() -> list[dict[str, object]]:
    """One row a metric of the catalogue, in its order; plausible bounds are in the unit of the statistic."""
    rows: list[dict[str, object]] = []
    for metric in load_catalogue().metrics:
        level = metric.plausible.get("level", (None, None))
        growth = metric.plausible.get("growth_rate", (None, None))
        change = metric.plausible.get("change_pp", (None, None))
        rows.append(
            {
                "code": metric.code,
                "name_zh": metric.name_zh,
                "name_en": metric.name_en,
                "domain": metric.domain,
                "unit": metric.unit,
                "kind": metric.kind,
                "direction": metric.direction,
                "definition": metric.definition,
                "definition_source": metric.source,
                "decimals": metric.decimals,
                "aliases": "|".join(sorted(metric.aliases, key=len)[:MOST_ALIASES]),
                "plausible_min": level[0],
                "plausible_max": level[1],
                "plausible_growth_min": growth[0],
                "plausible_growth_max": growth[1],
                "plausible_change_min": change[0],
                "plausible_change_max": change[1],
            }
        )
    return rows


def as_csv(rows: Iterable[Mapping[str, object]]) -> str:
    """RFC 4180 text with a header; None is an empty field, booleans are ``true`` and ``false``."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()})
    return text.getvalue()


def write_seeds(directory: Path = SEEDS) -> None:
    """Write both seeds to ``directory``."""
    (directory / "seed_regions.csv").write_text(as_csv(region_rows()), encoding="utf-8")
    (directory / "seed_metrics.csv").write_text(as_csv(metric_rows()), encoding="utf-8")


if __name__ == "__main__":
    write_seeds()
