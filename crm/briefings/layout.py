"""The paper's measures, in twips (1/1440 inch; 56.7 to the millimetre) unless a name says otherwise.

Source: GB/T 9704-2012 5.1-5.2 (page, type area, 22 lines of 28 characters), 7.2-7.5 (elements, page
number); the masthead of a 简报 is office practice, the standard gives none. The arithmetic is worked
out beside each number, because Word rounds where the standard measures.
"""

from __future__ import annotations

PAGE_W, PAGE_H = 11906, 16838  # A4, 210 x 297 mm
TOP, BOTTOM, LEFT, RIGHT = 2098, 1984, 1588, 1474  # 37, 35, 28, 26 mm
TYPE_W, TYPE_H = PAGE_W - LEFT - RIGHT, PAGE_H - TOP - BOTTOM  # 8844 x 12756 = 156 x 225 mm

LINES, CHARS = 22, 28
LINE = 579  # 28.95 pt, exact. 580 fits only 21 lines
CHAR_SPACE = -848  # in 4096ths of a point: 16 pt - 0.207 pt; without it only 27 characters fit
# Twips taken from each character of the text. A paragraph is set off the grid (`w:snapToGrid` 0), because
# LibreOffice gives a 16 pt character two of its narrower cells; 16 pt - 0.3 pt puts the same 28 on a line
# in Word and there, and the exact pitch the same 22 on a page. Measured: at -5 most lines hold 27.
CONDENSE = -6
CHAR = TYPE_W / CHARS  # 315.86: one character of the grid

# Half-points, as w:sz counts.
CHUHAO, ERHAO, SANHAO, SIHAO, XIAOSI, WUHAO = 84, 44, 32, 28, 24, 21

# The head of a letter (GB/T 9704-2012 7.2.4-7.2.7): its upper edge 35 mm (1984) under the type area's top; two
# lines to the number; 4 mm (227) from the number to the rule. A 42 pt character stands in the middle of its
# line, so that the paragraph begins higher; a 16 pt one ends higher than its line.
HEAD_LINE = 1160
HEAD_BEFORE = 1984 - (HEAD_LINE - 840) // 2
NUMBER_BEFORE = 2 * LINE
RED_RULE_SPACE = 5  # points under the line: the rest of the 4 mm is the line's own

TITLE_LINE = 700  # 35 pt exact, off the grid: on it a 22 pt line may take two cells
TABLE_LINE = 360  # 18 pt
ANNEX_LINE = 340  # 17 pt

# The annex lies on its side: the head of the table towards the binding edge.
ANNEX_TOP, ANNEX_BOTTOM, ANNEX_LEFT, ANNEX_RIGHT = LEFT, RIGHT, TOP, BOTTOM
ANNEX_W, ANNEX_H = TYPE_H, TYPE_W

# The dash of the page number begins 7 mm (397) under the type area. It lies in the middle of its
# 16 pt (320) line, so that the line itself begins 160 higher, and ends 160 lower.
FOOTER_LINE = 320
FOOTER = BOTTOM - 397 - FOOTER_LINE // 2
ANNEX_FOOTER = ANNEX_BOTTOM - 397 - FOOTER_LINE // 2

RED_RULE_EIGHTHS = 18  # 2.25 pt = 0.8 mm; practice 0.7-1.5 mm
THICK_EIGHTHS, THIN_EIGHTHS = 8, 6  # 1 pt = 0.35 mm, 0.75 pt = 0.25 mm (GB/T 9704 7.4)

FANGSONG, KAITI, HEITI, BIAOSONG, SONGTI = "仿宋_GB2312", "楷体_GB2312", "黑体", "方正小标宋简体", "宋体"
LATIN = "Times New Roman"
RED = "FF0000"

# What may stand in for a face that a machine lacks, best first; used for the preview, never written
# into a paper: the office's machine supplies its own.
STAND_INS: dict[str, tuple[str, ...]] = {
    FANGSONG: ("仿宋", "FangSong", "STFangsong", "FandolFang", "Noto Serif CJK SC", "cwTeXFangSong"),
    KAITI: ("楷体", "KaiTi", "STKaiti", "FandolKai", "AR PL KaitiM GB", "Noto Serif CJK SC"),
    HEITI: ("SimHei", "STHeiti", "Noto Sans CJK SC", "WenQuanYi Zen Hei"),
    BIAOSONG: ("FZXiaoBiaoSong-B05S", "小标宋", "STZhongsong", "Noto Serif CJK SC:bold", "SimSun"),
    SONGTI: ("SimSun", "STSong", "Noto Serif CJK SC"),
    LATIN: ("Liberation Serif", "Tinos", "Noto Serif CJK SC", "Noto Serif"),
}
