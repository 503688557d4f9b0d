"""Scans of a printed report: pages drawn with a font of this folder, photographed askew with grain, bound as a PDF that
holds nothing but pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

#: Noto Serif CJK SC with only the characters of ``CHARACTERS``; ``fonts/README.md`` says how it is made.
FONT = Path(__file__).parent / "fonts" / "scan.otf"

#: A4 at 150 dots an inch, a poor office scanner.
WIDTH, HEIGHT = 1240, 1754

TITLE = "政府工作报告"
PARAGRAPHS = (
    "——2024年1月18日在驻马店市第五届人民代表大会第三次会议上",
    "各位代表：现在，我代表市人民政府，向大会报告工作，请予审议。",
    "一、2023年工作回顾",
    "过去一年，全市生产总值增长5.3%，规模以上工业增加值增长6.8%，固定资产投资增长7.1%，"
    "社会消费品零售总额增长8.4%，一般公共预算收入完成203.6亿元、增长9.2%。",
    "粮食总产量达到161.5亿斤，新增城镇就业7.85万人，城镇居民人均可支配收入增长4.6%，"
    "农村居民人均可支配收入增长7.9%。",
    "二、2024年工作安排",
    "今年经济社会发展的主要预期目标是：生产总值增长6%左右，规模以上工业增加值增长7.5%，"
    "固定资产投资增长8%，社会消费品零售总额增长9%，一般公共预算收入增长6.5%，"
    "城镇新增就业6.9万人，城镇调查失业率5.5%左右，粮食总产量稳定在160亿斤以上。",
    "新建改造农村公路310公里，建成高标准农田45万亩，改造老旧小区127个，新增学位2.4万个。",
    "三、加强政府自身建设",
    "大力推进项目建设，全年实施重点项目286个，年度计划投资完成1240亿元，新增规模以上工业企业120家，高新技术企业达到415家。",
    "扎实办好民生实事，新增机动车停车位8600个，改造农村户厕2.75万户，建成15分钟健身圈36个，完成造林19.3万亩。",
)
HEAD = "驻马店市人民政府工作报告"
CHARACTERS = "".join(sorted({*"".join((TITLE, HEAD, *PARAGRAPHS)), *"-—0123456789第页共/ "}))


@cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONT), size)


def page(
    paragraphs: Sequence[str],
    *,
    columns: int = 1,
    size: int = 28,
    title: str = "",
    head: str = "",
    number: int | None = None,
) -> Any:
    """A printed page as a grey picture: paragraphs indented by two characters and set in columns."""
    from PIL import Image, ImageDraw

    sheet = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(sheet)
    if head:
        draw.text((WIDTH - 120, 70), head, font=_font(22), fill=30, anchor="ra")
    if number is not None:
        draw.text((WIDTH / 2, HEIGHT - 90), f"— {number} —", font=_font(22), fill=30, anchor="ma")
    top = 150
    if title:
        draw.text((WIDTH / 2, top), title, font=_font(48), fill=20, anchor="ma")
        top += 120
    font = _font(size)
    gap = 60
    width = (WIDTH - 240 - gap * (columns - 1)) / columns
    lines = [line for paragraph in paragraphs for line in _set(paragraph, font, width, 2 * size)]
    height = -(-len(lines) // columns)
    for index, (indent, line) in enumerate(lines):
        column, row = divmod(index, height)
        draw.text((120 + column * (width + gap) + indent, top + row * 1.7 * size), line, font=font, fill=25)
    return sheet


def _set(paragraph: str, font: Any, width: float, indent: int) -> list[tuple[int, str]]:
    """Lines of a paragraph and how far each is indented. No line begins with a mark that ends something."""
    lines: list[tuple[int, str]] = []
    line, left = "", indent
    for char in paragraph:
        room = width - font.size  # a mark may hang over
        if left + font.getlength(line + char) > room and char not in "，。、：；%":
            lines.append((left, line))
            line, left = "", 0
        line += char
    return [*lines, (left, line)]


def photographed(sheet: Any, *, angle: float = 0.7, grain: int = 24) -> Any:
    """The page as a scanner sees it: turned by ``angle`` degrees, grey paper, grain, a little out of focus."""
    import numpy as np
    from PIL import Image, ImageFilter

    turned = sheet.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
    soft = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.7)), dtype=float) * 0.9 + 12
    noise = np.random.default_rng(7).normal(0, grain, soft.shape)
    return Image.fromarray(np.clip(soft + noise, 0, 255).astype("uint8"))


def bound(pictures: Sequence[Any]) -> bytes:
    """A PDF with one picture a page, and no text."""
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, "PDF", save_all=True, append_images=list(pictures[1:]), resolution=150, quality=70
    )
    return buffer.getvalue()
