"""The words of the reports, in tables: what may stand around a metric's name without changing what it means.

Everything here is matched on matching text (simplified, half-width, no spaces). Lists are alternatives, longest first.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import ahocorasick


def alternatives(words: str) -> str:
    """Words separated by white space → one regular-expression alternation, longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words.split()), key=len, reverse=True))


#: Verbs of making and adding, by group; catalogue entries name the groups in ``needs``.
VERB_GROUPS = {
    "@build": "新建 建成 建设 改造 新改扩建 新改建 新(改)建 新建改建 改扩建 改建 扩建 续建 打造 创建 实施 修建 建好 开工 筹集 启动 整治 维修 更新 提升 完成 竣工 建造 布局 培育 推进 新打造 改善 新改 建立 提档 升级 修复 治理 种植 造林",
    "@add": "新增 增加 净增 新培育 新认定 新建 新设 新登记 新增设 引进 培育 新创建 新引进 新获批 获批 新入库 入库 认定 新发展 新设立 新注册 新晋 净增加 新入选 入选 新评 扩大 创成 培育壮大 发展 创建 壮大 补充 提供 新开办 增设 扩增",
    "@finish": "完成 实现 交付 办结 落实 投放 发放 交付使用 竣工 保障 达到 建成",
    "@open": "打通 开通 贯通 新开通 新开 疏通 通车 开行 开辟 建成",
    "@hold": "举办 承办 开展 举行 成功举办 组织 上演",
}

#: May stand before a metric's name: it is still the whole region's figure.
_BEFORE = """
全疆 全市 全省 全区 全州 全县 全地区 全盟 我市 我省 我区 我州 本市 本省 全域 全年 当年 年内 同期 全社会 市域 省域 区域
预计 预期 力争 确保 争取 努力 实现 完成 推动 推进 促进 保持 保证 带动 拉动 使 让 其中 的 是 为 有 将 到 了 使得 着力 稳步 稳定 持续 总体 基本 大幅 显著 明显 逐步 进一步 首次 又 再 也 已 均 都 就 共 共计 总计 总共 累计 率先 成功 统筹 扎实 有序
高质量 高标准 加快 加强 优先 继续 全力 全面 全部 合计 计划 安排 主要 经济 社会 发展 预期 目标 任务 指标 同时 此外 另外 以及 及 和 与 并 要 能 可 建议 拟 按 截至 截止 目前 现有 拥有 现 达到 达 落实 强化 深入 深化 积极 大力 不断 有效 切实 坚持 通过 新 年 每年 平均 年均 经初步核算 初步核算 据初步统计 初步统计 据统计 初步测算 总 以 从 由 在 中 等 一是 二是 三是 四是 五是 六是 七是 八是 ——— —— — “ ” · 严格 严控 合理 稳 地方 全口径 今 五年 提高 提升 扩大 增加 减少 降低 巩固 发挥 提前 如期 圆满 超额 顺利 城市 农村 主城区 :
分别 各 等等 一 个 三 第一 特别是 尤其是 地区 辖区 境内 境 突破 突出 连续 双双 引导 支持 鼓励 严守 守住 筑牢 守牢 牢牢 健全 完善 优化 做好 抓好 办好 抓实 做实 做强 做大 健康 平稳 较快 快速 协调 快 好 质量 效益 今后 未来 当前 时期 期间 以来 末 底 初 前 后 内 年度 全国 人均
"""
_NOT_BEFORE = (
    "人均 全国 农村 城市 主城区 扩大 提高 提升 增加 减少 降低 个 一 三 中 等 总 新 年 快 好 初 前 后 内 区域"
)

#: Harmless before what is counted (新增优质学位 are 学位; a 公办 kindergarten is a kindergarten).
_COUNT_MODIFIERS = """优质 公办 公共 新型 现代 各类 各级 高品质 高水平 普惠 普惠性 城镇 城市 城乡 农村 义务教育 基础教育 中小学 国家 省级 市级 国家级 省市级 主城区 中心城区 社区 嵌入式 标准化 重点 市本级 全市 主干
老旧 省市 一批 各种 多 地上地下 供水 供热 供气 供排水 城区 小 微型 街头 大中型 骨干 基层 优质均衡 公益 便民 智能 特色 惠民 民生 实施 县级以上 中小幼 配套"""

#: May stand between a metric's name and its number.
_BETWEEN = """
总量 总额 规模 总值 总数 数量 人数 总人数 户数 家数 个数 面积 增速 增幅 涨幅 升幅 降幅 幅度 增长率 增长速度 增长幅度 上涨幅度 平均 水平 总水平 指标 累计 总体 整体 总规模 合计 共 共计 共有 总计 数 量 额 率
预计 预期 力争 确保 争取 努力 实现 完成 保持 继续 稳步 持续 同比 同口径 可比口径 按可比口径 按可比价计算 按可比价格计算 按可比价格 按可比价 可比价 比上年 较上年 比去年 较去年 比上一年 名义 实际 年均 年平均 平均每年 每年 全年 分别 均 都 也 再 又 还 首次 历史性 历史性地 成功 稳定 稳定在 控制 控制在 达到 达 达成 为 是 突破 超过 超 逾 近 约 大约 大体 接近 迈上 跨上 跃上 站上 登上 迈入 跨入 跃升至 跃升到 跃升 迈进 达标 安排
增长 增加 提高 提升 上升 上涨 扩大 增 涨 回升 加快 下降 降低 减少 回落 缩小 收窄 压减 下滑 减 降 升 净增 新增 递增 增至 增到 升至 升到 降至 降到 扩至 扩大至 扩大到 提高到 提高至 提升到 提升至 增加到 增加至 增长到 增长至 下降到 下降至 降低到 降低至 减少到 减少至 压减到 压减至 上升到 上升至 扩展至 拓展至 拓展到 扩展到 恢复到 恢复至 回升到 回升至 调整到 调整为 转为 转正为 由负转正 变为 由 从 到 至 了 在 以 有 将 已 要 按 可 能 并 且 的 和 、 不低于 不少于 不超过 不高于 低于 少于 不到 不足 高于 至少 最低 左右 大幅 显著 明显 进一步 连续 总共 实有 拥有 新的 新 台阶 大关 上 负 净 微 微降 微增 微涨 仅 只 就 更 稳居 站稳 跨越 逼近 将近 保持在 维持 维持在 保有 增量 减量 目标 任务 翻 累计完成 累计实现 累计增长 累计下降 总投资 约为 大概 大概为 建成 投入 惠及 为正 全社会 : , 新增加 力保 拓展 增速达 增长达 最高 年增长 年增 压降 压降至 创 历史新高 创历史新高 高达 初步 预估 期末 年末 年底 止 当年 其 该 完成额 落实 到位 总额达 计 等 ( ) 新高 突破性 指数 累 一举 率 全面 提前 如期 合理 年 各 双双 按年 比例 面积达 扩面至 首 整体上 恢复性 恢复 稳 超额 顺利 圆满 预算 历史 最高 最好 水平 由正转负 由降转升 分季度 逐年
"""

BEFORE = re.compile(rf"(?:{alternatives(_BEFORE)})*")
BEFORE_WORD = re.compile(alternatives(_BEFORE))
BETWEEN = re.compile(rf"(?:{alternatives(_BETWEEN)})*")
COUNT_MODIFIER = re.compile(rf"(?:{alternatives(_COUNT_MODIFIERS)}|的)*")
VERB = re.compile(alternatives(" ".join(VERB_GROUPS.values())))

#: The direction of a change, nearest before the number.
UP = alternatives(
    "增长 增加 提高 提升 上升 上涨 扩大 增 涨 增速 增幅 涨幅 升幅 增长率 回升 递增 加快 升 净增 翻 多 快"
)
DOWN = alternatives(
    "下降 降低 减少 回落 缩小 收窄 压减 下滑 减 降 降幅 微降 负增长 压降 下跌 缩减 削减 少 放缓"
)
DIRECTION = re.compile(rf"(?P<up>{UP})|(?P<down>{DOWN})")
#: A change that ends at a level: 提高到, 降至, 扩至, 增加为.
TO_LEVEL = re.compile(
    r"(?:增长|增加|提高|提升|上升|扩大|扩展|拓展|扩面|增|升|涨|回升|恢复|下降|降低|减少|回落|压减|压降|缩小|降|减|调整|改善|发展|转|跃升|收窄|扩|变|控制|优化|跨越|壮大|放大|延长|缩短)(?:到|至|为)"
)
FROM = re.compile(r"(?:由|从|自)")

#: Comparisons: the number is a difference, a rank, a share of another whole; never the metric's own value.
COMPARE = re.compile(
    r"(?:高于|低于|快于|慢于|高出|高过|超出|超过|领先|好于|优于|多于|少于|比|较)(?:于)?[^,。;]{0,16}?(?:高|低|快|慢|多|少|平均|水平|增速|全国|全省|全区|目标|预期|平均水平|均值|中部|西部|东部|地区|计划|进度|序时|任务)"
    r"(?:平均|水平|增速|增幅|高出?|低|快|慢|多|少|出|约|近|了|于|提高|增加|加快|年?均|同期|分别|预期|目标)*"
)
OF_WHOLE = re.compile(
    r"占[^,。;、]{0,10}?(?:全国|全省|全区|全市|全州|我省|同期|世界|全球|总量|半数|的)|(?:相当于|约为|是|为)(?:全国|全省|全区|上年|去年|“?十|20\d\d|19\d\d|五年前|世界|同期|解放|原来|过去|[^,。;]{0,6}年[^,。;]{0,3}的)|对[^,。;]{0,20}贡献率|拉动[^,。;]{0,12}增长|贡献"
)

#: Rank, praise and steps that may stand between two facts of one subject (稳居全国前十强, 连续迈上4个万亿元台阶, 创历史新高).
ASIDE = re.compile(
    r"(?:总量|增速|规模|均|增幅|分别)?(?:稳|位|跃|均|继续|持续|连续\d年)?(?:居|列|排名?|位居|位列|跻身|领跑|名列|保持)(?:于)?(?:全国|全省|全区|全市|中西?部|西部|东部|东北|中部|同类|沿海|副省级|省会|城市|经济)[^,、;。]{0,12}"
    r"|(?:连续|接连)?(?:迈上|迈过|跨过|跨越|突破|跃上|连跨|跨上)(?:\d|[一二两三四五六七八九])个[十百千万]*亿元?(?:台阶|大关|级)?"
    r"|创[^,、;。]{0,8}(?:新高|最好水平|之最)|实现[^,、;。\d]{0,8}(?:连[增丰涨]|跃升|翻番|突破)"
)

IN_STEP = re.compile(
    r"(?:(?:增长|增速|增幅)?(?:与|和|同|跟)(?:全[市省区国]|我[市省区]|地区)?(?:经济(?:社会)?(?:发展)?|GDP|生产总值|地区生产总值|国内生产总值)(?:的)?(?:增长|增速|发展|增幅|增长速度)?(?:的)?(?:保持|实现|能)?(?:基本|大体)?(?:同步|一致|相适应|同频)(?:增长|提高|并略高|或略高)?(?:并略高)?"
    r"|(?:保持|实现)?(?:基本)?(?:与|和|同)(?:经济增长)?(?:基本)?同步(?:增长)?|经济同步增长|同步增长)"
)
FASTER = re.compile(
    r"(?:增速|增长|增幅|增长速度)?(?:略)?(?:高于|快于|跑赢|超过|不低于)(?:于)?(?:全[市省区]|我[市省区]|同期|地区)?(?:经济|GDP|生产总值|地区生产总值)(?:的)?(?:增长|增速|增幅)?(?:速度)?"
)
POSITIVE = re.compile(r"正增长|由负转正|只增不减|稳中有增|实现转正|转正")
FLAT = re.compile(r"(?<![上下])持平")
UNSTATED = re.compile(
    r"保持稳定|总体稳定|基本稳定|保持在?合理(?:区间|水平)|处于合理(?:区间|水平)|合理区间|完成(?:国家|省|上级|省定|省里|省委|国家和省)[^,。;]{0,8}(?:任务|目标)|(?:控制在|达到|低于|符合)(?:国家|省|省级|上级)[^,。;]{0,6}(?:目标|范围|任务|要求|标准|指标|水平)[^,。;]{0,2}|平稳增长|稳步增长|稳步提升|稳定增长|稳步提高|持续下降|进一步下降|稳定在合理|稳中有降|保持平稳"
)
ABSENT = re.compile(
    r"(?:未|没有|不)(?:再)?(?:提出|设定|设置|设|确定|安排)(?:全年|今年|具体|量化|明确)*[^,。;]{0,12}?(?:目标|指标)"
)
#: A rank among others: 居全省第2位, 跃升至全国第三, 位居中部六省首位.
RANK = re.compile(
    r"(?:稳居|跃居|升至|跃升至|跃升到|位居|位列|名列|列|居|排名|排)(?:在|于|名|到)?(?P<among>全国|全省|全区|全市|全州|中部(?:六省|地区)?|西部(?:地区)?|东部(?:地区)?|东北(?:三省)?|沿海|同类城市|省会城市|副省级城市|[^,。;、\d第首前]{0,8})"
    r"(?:第(?P<n>[一二三四五六七八九十]{1,3}|\d{1,3})(?:位|名)?(?![产批届次方季])|(?P<first>首位|榜首|第一))(?!方阵|梯队|集团|档|[、和]?第)"
)

#: Every fact without a number (同步, 正增长 …), every stretch clause and every absence has one of these.
SIGNALS = """同步 一致 相适应 同频 跑赢 高于 快于 超过 正增长 转正 只增不减 稳中有增 持平 稳定 合理 平稳增长 稳步增长 稳步提升 稳步提高 持续下降
进一步下降 稳中有降 完成国家 完成省 完成上级 控制在国家 达到国家 符合国家 控制在省 达到省 更好 更优 更高 最好 未提出 未设 未确定 未安排 没有提出 没有设 不再提出
不设 不提 不再设 不确定 不安排 居 列 排名 升至第 升到第""".split()


@cache
def _signal_automaton() -> Any:
    automaton = ahocorasick.Automaton()
    for word in SIGNALS:
        automaton.add_word(word, len(word))
    automaton.make_automaton()
    return automaton


def find_signals(text: str) -> list[int]:
    """Where in ``text`` words stand that a fact without a number needs: most sentences have none."""
    return [last + 1 - length for last, length in _signal_automaton().iter(text)]


STRETCH = re.compile(
    r"(?:在实际工作中)?(?:努力|力争|奋力|尽力|尽可能|全力)?(?:争取|力争|实现|取得|创造|达到)(?:更好|更优|更高|最好)(?:的)?(?:结果|成绩|水平|效果|成效)|努力争取更(?:好|优|高)|争取更优水平"
)

BASIS = (
    (re.compile(r"同口径|可比口径|剔除|扣除(?:减税|政策|一次性)|自然口径"), "like_for_like"),
    (re.compile(r"实际增长|扣除价格|可比价|不变价"), "real"),
    (re.compile(r"名义增长|现价|名义"), "nominal"),
)

LIST_CONNECTOR = re.compile(
    r"(?:、|和|及|与|以及|、和|,|或|及其)?(?:分别|增长|下降|达到|达|为|约|近|超|突破|超过|提高|增加|年均|提升|力争|到|至|其中)*"
)
PURE_CONNECTOR = re.compile(r"(?:、|和|及|与|以及|、和|并)?")
ITEM_SPLIT = re.compile(r"、|和|及|与|以及|,")
EACH = re.compile(r"分别|均|都|皆|双双|各")
