"""The letter on paper: its words, its contract with the template, its places on the printed page."""

from __future__ import annotations

import ctypes
import io
import re
import zipfile
from dataclasses import replace
from functools import cache

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from crm.briefings import layout as L
from crm.briefings import make_templates, preview, render
from crm.briefings.blanks import BLANKS, LETTER
from crm.briefings.context import fingerprint
from crm.briefings.letters.context import from_plain, to_plain
from crm.briefings.letters.sentences import (
    basis_words,
    blanks_of,
    chinese,
    ourselves,
    title,
    title_of,
)
from crm.briefings.sentences.words import TITLE_CHARS
from crm.core.i18n import using
from tests.briefings import letters

MM = 72 / 25.4
TEMPLATE = (render.SHIPPED_FOLDER / f"{LETTER}.docx").read_bytes()


# --- words -------------------------------------------------------------------------------------------------


def test_the_letter_word_for_word() -> None:
    lines = [line for line in render.text_of(letters.made(letters.letter())).split("\n") if line.strip()]
    assert lines == [
        "蓬江区行政服务中心",
        "江蓬政服督〔2026〕12号",
        "关于督促办理“恒岳新能源电池项目",
        "（一期）建筑工程施工许可证核发”的函",
        "区住房和城乡建设局：",
        "江门市恒岳科技有限公司就恒岳新能源电池项目（一期）申请的建筑工程施工许可证核发（办件编号：4407032611020007），"
        "由你单位办理，2026年11月2日收件，2026年11月3日受理。",
        "法定时限7日，最迟应于2026年11月10日办结，已用20日，已逾期9个工作日；"
        "承诺时限3个工作日，最迟应于2026年11月6日办结，已用14个工作日，已逾期11个工作日。",
        "一、督办事项",
        "1.超过法定办结时限。最迟应于2026年11月10日办结，至今未办结，已逾期9个工作日，不符合建筑法第八条关于办理期限的规定。",
        "2.停表未书面告知。专家评审自2026年11月5日起开展，未将所需时间书面告知申请人，不符合"
        "《中华人民共和国行政许可法》第四十五条的规定，该期间不得从办理期限中扣除，时限照算。",
        "3.特殊环节启动晚。现场核查最迟应于2026年11月5日启动，实际于2026年11月9日启动，晚2个工作日，"
        "不符合行政许可法第三十四条的规定。",
        "二、办理经过",
        "该办件自收件以来的办理经过如下：",
        "序号",
        "日期",
        "环节",
        "情况",
        *("1", "2026-11-02", "收件", "收到申请材料"),
        *("2", "2026-11-03", "受理", "自11月3日起算"),
        *("3", "2026-11-05", "专家评审启动", "未书面告知申请人，时限照算；计划10个工作日"),
        *("4", "2026-11-09", "现场核查启动", "最迟应于11月5日启动，晚2个工作日"),
        "三、有关要求",
        "请你单位按以下要求办理：",
        "1.立即办结，并说明逾期原因；确因特殊情况一时不能办结的，明确办结日期和责任人。",
        "2.立即将专家评审所需时间书面告知申请人，并补录告知文书文号。",
        "3.说明现场核查启动晚的原因，压缩后续环节时间。",
        "请在3个工作日内（最迟2026年11月26日）将办理情况、存在问题的原因和整改措施书面回复我中心。",
        "蓬江区行政服务中心",
        "2026年11月23日",
    ]


def test_one_request_stands_unnumbered_and_nothing_late_is_not_called_late() -> None:
    text = render.text_of(letters.made(letters.bare()))
    assert "江门市恒岳科技有限公司申请的建筑工程施工许可证核发" in text
    assert "还剩2个工作日" in text
    assert "请你单位抓紧办理，确保按期办结。" in text
    assert "逾期" not in text


def test_an_earlier_letter_and_the_supervisors_words_are_told() -> None:
    text = render.text_of(letters.made(letters.long()))
    assert "我中心已于2026年11月12日以江蓬政服督〔2026〕3号文（未回复）督办" in text
    assert "4.请分管领导牵头会商，一次性解决。" in text


@pytest.mark.parametrize(
    ("note", "cited"),
    [
        ("建筑法8条", "建筑法第八条"),
        ("城乡规划法40条;行政许可法42条", "城乡规划法第四十条、《中华人民共和国行政许可法》第四十二条"),
        (
            "土地管理法实施条例24条(合并);时限按行政许可法42条",
            "土地管理法实施条例第二十四条、《中华人民共和国行政许可法》第四十二条",
        ),
        ("《中华人民共和国行政许可法》第四十五条", "《中华人民共和国行政许可法》第四十五条"),
        ("", ""),
    ],
)
def test_a_short_note_of_a_law_is_cited_in_full(note: str, cited: str) -> None:
    assert basis_words(note) == cited


@pytest.mark.parametrize(
    ("n", "words"),
    [(8, "八"), (10, "十"), (16, "十六"), (20, "二十"), (42, "四十二"), (103, "一百零三"), (110, "一百一十")],
)
def test_articles_are_counted_in_chinese(n: int, words: str) -> None:
    assert chinese(n) == words


def test_the_sender_calls_itself_by_its_kind() -> None:
    assert [ourselves(o) for o in ("区政务服务和数据管理局", "区行政服务中心", "蓬江区")] == [
        "我局",
        "我中心",
        "我单位",
    ]


@pytest.mark.parametrize(
    "it", [letters.letter(), letters.bare(), letters.long()], ids=["three", "bare", "long"]
)
def test_no_line_of_a_title_is_too_long_or_a_scrap(it: letters.Letter) -> None:
    lines = title(it.facts)
    assert "".join(lines) == title_of(it)
    assert all(4 <= len(line) <= TITLE_CHARS for line in lines)
    assert max(map(len, lines)) - min(map(len, lines)) <= 6


# --- the contract ----------------------------------------------------------------------------------------------


def test_the_template_uses_every_blank_and_no_other_and_the_readme_lists_them() -> None:
    report = render.check(TEMPLATE, LETTER)
    assert (report.missing, report.unknown, report.broken) == ((), (), "")
    readme = (render.SHIPPED_FOLDER / "README.md").read_text("utf-8")
    own = readme[readme.index("## letter.docx") :]
    assert re.findall(r"^\| `([^`]+)` \|", own, re.MULTILINE) == list(BLANKS[LETTER])


def test_the_template_is_what_the_builder_builds() -> None:
    assert make_templates.build(make_templates.letter(), letter=True) == TEMPLATE


def test_the_same_letter_makes_the_same_bytes_whatever_language_the_screen_speaks() -> None:
    it = letters.letter()
    frozen = to_plain(it)
    again = from_plain(frozen)
    assert again == it
    assert fingerprint(to_plain(again)) == fingerprint(frozen)
    first = letters.made(it)
    with using("en"):
        assert letters.made(again) == first
    assert letters.made(replace(it, head=replace(it.head, serial=13))) != first


def test_what_people_typed_cannot_break_out_of_the_paper() -> None:
    it = letters.letter(words="{{ office }} <w:p/> & \x07 “引号”", applicant="甲<乙&丙>有限公司")
    text = render.text_of(letters.made(it))
    assert "{{ office }} <w:p/> &  “引号”" in text
    assert "甲<乙&丙>有限公司" in text


def test_no_blank_is_left_in_any_part() -> None:
    with zipfile.ZipFile(io.BytesIO(letters.made(letters.long()))) as parts:
        for name in parts.namelist():
            if name.endswith(".xml"):
                assert b"{{" not in parts.read(name)
                assert b"{%" not in parts.read(name)
    assert set(blanks_of(letters.letter())) == {path.split("[]")[0] for path in BLANKS[LETTER]}


def test_the_requests_stay_with_the_signature() -> None:
    with zipfile.ZipFile(io.BytesIO(TEMPLATE)) as package:
        document = package.read("word/document.xml").decode()
    requests = document[document.index("for text in requests") : document.index("{{ office }}")]
    text = next(each for each in requests.split("<w:p>") if "{{ text }}" in each)
    assert "<w:keepNext/>" in text


# --- the printed page -------------------------------------------------------------------------------------------

printed = pytest.mark.skipif(preview.office() is None, reason="LibreOffice is not installed")
PAPERS = {"three": letters.letter, "bare": letters.bare, "long": letters.long}
Line = tuple[float, list[tuple[float, str, float]]]


@cache
def pages_of(which: str) -> list[list[Line]]:
    """Each page's lines from the top: (baseline in points from the paper's top, [(x, character, size)])."""
    data = preview.pdf(letters.made(PAPERS[which]()))
    assert data is not None
    document = pypdfium2.PdfDocument(data)
    pages = []
    x, y = ctypes.c_double(), ctypes.c_double()
    for page in document:
        text = page.get_textpage()
        rows: dict[int, list[tuple[float, str, float]]] = {}
        for i in range(text.count_chars()):
            character = chr(pdfium.FPDFText_GetUnicode(text.raw, i))
            if character.strip():
                pdfium.FPDFText_GetCharOrigin(text.raw, i, x, y)
                size = round(pdfium.FPDFText_GetFontSize(text.raw, i), 1)
                rows.setdefault(round(y.value), []).append((x.value, character, size))
        pages.append(
            [(page.get_height() - top, sorted(row)) for top, row in sorted(rows.items(), reverse=True)]
        )
    document.close()
    return pages


def words(line: Line) -> str:
    return "".join(c for _x, c, _s in line[1])


def line_of(page: list[Line], text: str) -> Line:
    return next(line for line in page if text in words(line))


@printed
@pytest.mark.parametrize("which", list(PAPERS))
def test_the_head_stands_where_the_standard_puts_it(which: str) -> None:
    page = pages_of(which)[0]
    head, number = page[0], page[1]
    assert words(head) == "蓬江区行政服务中心"
    assert {size for _x, _c, size in head[1]} == {42.0}
    # The upper edge of the characters 35 mm under the type area's; a character's foot lies 0.12 of it under
    # its baseline, so that its top is 0.88 of it above.
    assert abs(head[0] - 0.88 * 42 - (37 + 35) * MM) < 2 * MM
    middle = (head[1][0][0] + head[1][-1][0] + 42) / 2
    assert abs(middle - (28 + 156 / 2) * MM) < 3
    assert words(number).startswith("江蓬政服督〔2026〕")
    # Two empty lines between them.
    assert 2 * L.LINE / 20 < number[0] - 16 - head[0] < 3.2 * L.LINE / 20


@printed
@pytest.mark.parametrize("which", list(PAPERS))
def test_title_addressee_and_text_follow_and_the_first_page_shows_text(which: str) -> None:
    page = pages_of(which)[0]
    number = page[1][0]
    lines = [line for line in page[2:] if line[1][0][2] == 22.0]
    assert [words(line) for line in lines] == title(PAPERS[which]().facts)
    assert 2 * L.LINE / 20 < lines[0][0] - 0.88 * 22 - number < 3 * L.LINE / 20  # two empty lines
    to = line_of(page, "区住房和城乡建设局：")
    assert abs(to[1][0][0] - 28 * MM) < 1  # flush left
    assert abs(to[0] - lines[-1][0] - (2 * L.LINE + 60) / 20) < 8  # one empty line
    text = [line for line in page if line[0] > to[0] and line[1][0][2] == 16.0]
    assert len(text) >= 2
    assert abs(text[0][1][0][0] - (28 * MM + 2 * L.CHAR / 20)) < 1.5  # indented by two


@printed
@pytest.mark.parametrize("which", list(PAPERS))
def test_the_signature_leaves_room_for_the_seal(which: str) -> None:
    last = pages_of(which)[-1]
    date_line = line_of(last, "2026年11月23日")
    office = next(line for line in last if words(line) == "蓬江区行政服务中心")
    assert abs(date_line[0] - office[0] - L.LINE / 20) < 1
    right = date_line[1][-1][0] + 16
    assert abs((210 - 26) * MM - right - 4 * 16) < 16  # four characters from the right edge
    centre = (date_line[1][0][0] + right) / 2
    assert abs(centre - (office[1][0][0] + office[1][-1][0] + 16) / 2) < 3  # the name over the date
    above = max(line[0] for line in last if line[0] < office[0])
    assert office[0] - above < 3 * L.LINE / 20, "the signature stands with the text's end, never alone"


@printed
@pytest.mark.parametrize("which", list(PAPERS))
def test_nothing_leaves_the_type_area_and_pages_are_numbered_right_then_left(which: str) -> None:
    for n, page in enumerate(pages_of(which), 1):
        foot = page[-1]
        assert words(foot) == f"—{n}—"
        assert (foot[1][0][0] < 300) == (n % 2 == 0)
        assert 5 * MM <= foot[0] - (297 - 35) * MM <= 11 * MM
        for y, row in page[:-1]:
            xs = [x for x, c, _s in row if c not in "，。；：、）”"]
            assert min(xs) >= 28 * MM - 1
            assert max(xs) <= (210 - 26) * MM
            assert 37 * MM - 5 <= y <= (297 - 35) * MM


@printed
@pytest.mark.parametrize("which", list(PAPERS))
def test_nothing_written_is_lost_in_print(which: str) -> None:
    written = re.sub(r"\s", "", render.text_of(letters.made(PAPERS[which]())))
    shown = "".join(words(line) for page in pages_of(which) for line in page)
    for character in set(written):
        assert shown.count(character) >= written.count(character), character
