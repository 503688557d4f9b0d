"""The registry of units: what a unit measures, and exact conversion between units of one dimension.

The data are in ``units.yml``; they are validated when first loaded, so that a bad entry stops the program at start
and never bends a figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).with_name("units.yml")

#: Numerals that may stand before a unit in a catalogue entry or a report (万亩, 亿元, 千瓦 is a unit of its own).
SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000, "万亿": 1_000_000_000_000}


class UnitError(ValueError):
    """The registry of units is wrong, or a unit is not in it. Names the unit and the file."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit with its scale: ``万亩`` is 10000 × 亩. ``num / den`` is the factor to the dimension's base unit."""

    name: str
    dimension: str
    num: int
    den: int


@cache
def registry() -> dict[str, Unit]:
    """All plain units by name (without scale).

    Raises UnitError where the file is malformed, a factor is not positive, or a unit stands in two dimensions
    (``块``, ``方`` and ``个…`` are classifiers unless a number of money precedes: the first dimension wins only for those
    listed in ``AMBIGUOUS``).
    """
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(DATA.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    units: dict[str, Unit] = {}
    for dimension, entry in data.items():
        if entry["base"] not in entry["units"] and dimension != "households":
            raise UnitError(f"{DATA.name}: {dimension}: base unit {entry['base']} is not among its units")
        for name, factor in entry["units"].items():
            fraction = Fraction(str(factor))
            if fraction <= 0:
                raise UnitError(f"{DATA.name}: {dimension}.{name}: factor must be positive, is {factor}")
            if name in units:
                if name in AMBIGUOUS:
                    continue
                raise UnitError(f"{DATA.name}: {name} stands in {units[name].dimension} and in {dimension}")
            units[name] = Unit(name, dimension, fraction.numerator, fraction.denominator)
    return units


#: Names that are a unit of measure first and a classifier second.
AMBIGUOUS = frozenset({"块", "方"})


@cache
def parse_unit(name: str) -> Unit:
    """``万亩`` → Unit("万亩", "area", 20000000, 3). The empty name is a pure number. Raises UnitError."""
    units = registry()
    if name in units:
        return units[name]
    if name == "":
        return Unit("", "number", 1, 1)
    for scale in ("万亿", "亿", "万", "千", "百", "十"):
        rest = name.removeprefix(scale)
        if rest != name and rest in units:
            unit = units[rest]
            return Unit(name, unit.dimension, unit.num * SCALES[scale], unit.den)
    if name in SCALES:
        return Unit(name, "number", SCALES[name], 1)
    raise UnitError(f"unknown unit {name!r}: add it to {DATA.name}")


def convert(mantissa: int, exponent: int, from_unit: Unit, to_unit: Unit) -> float:
    """``mantissa × 10**exponent`` in ``from_unit``, expressed in ``to_unit``; exact up to the one final rounding.

    Units must share a dimension (the caller has checked). 5.24, 亿斤 → 万吨: 26.2.
    """
    num = mantissa * from_unit.num * to_unit.den
    den = from_unit.den * to_unit.num
    if exponent >= 0:
        num *= 10**exponent
    else:
        den *= 10**-exponent
    return num / den
