"""The registry of units, and exact conversion."""

from __future__ import annotations

import pytest

from extraction.catalogue import load_catalogue
from extraction.units import UnitError, convert, parse_unit, registry


def test_every_unit_has_a_positive_exact_factor() -> None:
    assert len(registry()) > 200
    assert all(unit.num > 0 and unit.den > 0 for unit in registry().values())


def test_every_unit_of_the_catalogue_is_registered() -> None:
    for metric in load_catalogue().metrics:
        parse_unit(metric.unit)


@pytest.mark.parametrize(
    ("mantissa", "exponent", "source", "target", "expected"),
    [
        (524, -2, "亿斤", "万吨", 26.2),
        (58, 0, "亿斤", "万吨", 290.0),
        (5000, 0, "亩", "万亩", 0.5),
        (105, -2, "万亿元", "亿元", 10500.0),
        (1050000, 0, "万元", "亿元", 105.0),
        (12, -1, "亿公斤", "万吨", 12.0),
        (1, 0, "公顷", "亩", 15.0),
        (6, 0, "‰", "%", 0.6),
        (3, 0, "成", "%", 30.0),
        (1, 0, "平方公里", "万平方米", 100.0),
    ],
)
def test_conversion_is_exact(mantissa: int, exponent: int, source: str, target: str, expected: float) -> None:
    assert convert(mantissa, exponent, parse_unit(source), parse_unit(target)) == expected


def test_people_and_visits_are_not_the_same() -> None:
    assert parse_unit("万人").dimension != parse_unit("万人次").dimension


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(UnitError, match="光年"):
        parse_unit("光年")
