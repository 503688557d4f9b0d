"""Small reports in our own words, for runs of the whole pipeline. Figures are invented unless a test says otherwise."""

from __future__ import annotations

from pathlib import Path

BODY = """{city}政府工作报告

{year}年2月10日在{city}第十五届人民代表大会第五次会议上

各位代表：
现在，我代表市人民政府向大会报告工作，请予审议。

一、{last}年工作回顾
过去一年，我们攻坚克难、稳中求进。全市地区生产总值完成{gdp}亿元、增长{growth}%，一般公共预算收入完成{revenue}亿元、增长2.1%，
社会消费品零售总额增长4.2%，城镇、农村居民人均可支配收入分别增长4.8%和6.1%。新建改造高标准农田12.5万亩，粮食产量达到40.2万吨。
改造老旧小区103个，新增城镇就业6.2万人，城镇调查失业率控制在5.3%以内。

二、{year}年工作安排
今年经济社会发展的主要预期目标是：地区生产总值增长{target}%左右，一般公共预算收入增长2%，固定资产投资增长5%以上，
社会消费品零售总额增长5.5%左右，居民消费价格涨幅控制在2%左右，城镇新增就业6万人以上，粮食产量稳定在40万吨以上。
今年要重点抓好以下工作：建设精品示范村{villages}个，新建农村公路150公里，改造老旧小区90个，新增养老床位2000张。

三、政府自身建设
我们将坚持依法行政，自觉接受人大监督，把过紧日子的要求落到实处，以实干实绩回报全市人民的信任。
各位代表，让我们团结一心、埋头苦干，为完成全年目标任务而努力奋斗！
"""


def write_report(folder: Path, city: str, year: int, **figures: object) -> Path:
    """``<city>_<year>.txt`` with these figures; the others have defaults."""
    values = {"gdp": 2150.4, "growth": 5.2, "revenue": 130.6, "target": 5, "villages": 40}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{city}_{year}.txt"
    text = BODY.format(city=city, year=year, last=year - 1, **(values | figures))
    path.write_text(text.replace("，\n", "，"), encoding="utf-8")
    return path
