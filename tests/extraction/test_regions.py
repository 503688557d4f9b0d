from __future__ import annotations

from collections import Counter

import pytest

from extraction.regions import NATION, all_regions, by_code, by_name, find_in, parts_of, province_of


def test_the_whole_country_is_there() -> None:
    levels = Counter(r.level for r in all_regions() if not r.succession)
    assert levels["province"] == 27
    assert levels["municipality"] == 4
    assert levels["prefecture"] == 333
    assert levels["nation"] == 1
    assert sum(r.is_provincial_capital for r in all_regions()) == 27
    assert sum(r.is_vice_provincial for r in all_regions()) == 15
    assert sum(r.is_separately_planned for r in all_regions()) == 5


def test_every_province_has_a_belt() -> None:
    belts = Counter(r.economic_belt for r in all_regions() if r.level in ("province", "municipality"))
    assert belts == {"东部": 10, "中部": 6, "西部": 12, "东北": 3}


def test_codes_are_unique_and_lead_somewhere() -> None:
    codes = [r.code for r in all_regions()]
    assert len(codes) == len(set(codes))
    for region in all_regions():
        assert len(region.code) == 6
        assert region.code == NATION or by_code(region.province_code) is not None
        assert bool(region.successor_code) == bool(region.succession) == bool(region.valid_to)
        assert not region.successor_code or by_code(region.successor_code) is not None


def test_a_name_means_one_region() -> None:
    names = Counter(
        name
        for region in all_regions()
        if region.succession != "same"
        for name in {region.name, region.short_name, *region.aliases}
    )
    assert [name for name, n in names.items() if n > 1] == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("太原市", "140100"),
        ("太原", "140100"),
        ("山西省太原市", "140100"),
        ("山西", "140000"),
        ("新疆", "650000"),
        ("新疆维吾尔自治区", "650000"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("襄樊市", "420600"),
        ("毕节地区", "520500"),
        ("思茅市", "530800"),
        ("恩施州", "422800"),
        ("全国", "000000"),
        ("济源", "419001"),
    ],
)
def test_by_name(name: str, code: str) -> None:
    region = by_name(name)
    assert region is not None
    assert region.code == code


def test_a_merged_city_is_itself_while_it_lasted() -> None:
    laiwu = by_name("莱芜市", 2018)
    assert laiwu is not None
    assert (laiwu.code, laiwu.succession, laiwu.successor_code) == ("371200", "merged", "370100")
    assert by_name("莱芜市", 2023) is None
    assert by_name("火星市") is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("支持太原、大同市建设，完善山东路", ["太原市", "大同市"]),
        ("新疆维吾尔自治区与新疆", ["新疆维吾尔自治区", "新疆维吾尔自治区"]),
        ("推动经济南北协调、建成都市圈、使用复合肥料", []),
        ("创新乡村治理，聚焦作风建设，长治久安，朝阳产业", []),
        ("跳出10万元以上海外订单", []),
        ("太原理工大学与南京路", []),
    ],
)
def test_find_in(text: str, names: list[str]) -> None:
    found = find_in(text)
    assert [mention.region.name for mention in found] == names
    for mention in found:
        assert text[mention.start : mention.end] in {
            mention.region.name,
            mention.region.short_name,
            *mention.region.aliases,
        }


def test_parts() -> None:
    assert "清徐县" in parts_of("140100")
    assert "太原市" in parts_of("140000")
    assert "浦东新区" in parts_of("310000")
    assert "莱芜市" in parts_of("370000")  # reports before 2019 speak of it
    taiyuan = by_name("太原")
    assert taiyuan is not None
    province = province_of(taiyuan)
    assert province is not None
    assert province.name == "山西省"
