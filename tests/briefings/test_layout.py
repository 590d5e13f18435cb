"""The official layout (GB/T 9704-2012), read back from the file clause by clause and from its printed pages."""

from __future__ import annotations

import ctypes
import io
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from lxml import etree

from crm.briefings import layout as L
from crm.briefings import preview, render, sentences
from crm.briefings.context import HallPaper, Paper
from models.vocabulary import BriefingKind
from tests.briefings import papers

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NS = {"w": W.strip("{}")}
KINDS = list(BriefingKind)
MM = 72 / 25.4  # points


def made(paper: Paper) -> bytes:
    template = (render.SHIPPED_FOLDER / f"{paper.kind.value}.docx").read_bytes()
    properties = render.Properties(sentences.title_of(paper), paper.imprint.office, paper.imprint.issued_on)
    return render.render(template, sentences.blanks_of(paper), properties)


def big_hall() -> HallPaper:
    """Forty projects, so that the annex runs over pages; two long problems without a stop, for whole lines."""
    facts = papers.hall_facts()
    lines = facts.projects
    many = tuple(
        replace(x, project_id=100 * n + x.project_id, name=f"{x.name}{n}号地块", total_wan=Decimal(1000 * n))
        for n in range(1, 4)
        for x in lines
    )
    long = replace(
        facts.problems[0], text="征地拆迁管线迁改施工许可办理进度协调" * 12, next_step="继续推进" * 30
    )
    return replace(papers.hall_paper(), facts=replace(facts, projects=many, problems=(long, *facts.problems)))


@cache
def docx_of(kind: BriefingKind) -> bytes:
    return made(papers.hall_paper() if kind is BriefingKind.HALL else papers.project_paper())


def xml_of(kind: BriefingKind, part: str) -> Any:
    with zipfile.ZipFile(io.BytesIO(docx_of(kind))) as archive:
        return etree.fromstring(archive.read(part))


def style(kind: BriefingKind, name: str) -> Any:
    (found,) = xml_of(kind, "word/styles.xml").xpath(f"//w:style[w:name/@w:val='{name}']", namespaces=NS)
    return found


def value(node: Any, path: str) -> str:
    (found,) = node.xpath(path, namespaces=NS)
    return str(found)


# From the file -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a4_with_margins_of_37_35_28_26_mm_and_a_grid_of_22_by_28(kind: BriefingKind) -> None:
    section = xml_of(kind, "word/document.xml").xpath("(//w:sectPr)[1]", namespaces=NS)[0]
    assert (value(section, "w:pgSz/@w:w"), value(section, "w:pgSz/@w:h")) == ("11906", "16838")
    margins = [value(section, f"w:pgMar/@w:{side}") for side in ("top", "bottom", "left", "right")]
    assert margins == ["2098", "1984", "1588", "1474"]
    grid = [value(section, f"w:docGrid/@w:{name}") for name in ("type", "linePitch", "charSpace")]
    assert grid == ["linesAndChars", "579", "-848"]


@pytest.mark.parametrize(
    ("name", "east", "half_points", "line"),
    [
        ("简报名", "方正小标宋简体", "84", "1160"),
        ("公文标题", "方正小标宋简体", "44", "700"),
        ("期号", "仿宋_GB2312", "32", "579"),
        ("公文正文", "仿宋_GB2312", "32", "579"),
        ("一级标题", "黑体", "32", "579"),
        ("二级标题", "楷体_GB2312", "32", "579"),
        ("附件序号", "黑体", "32", "579"),
        ("版记", "仿宋_GB2312", "28", "480"),
        ("页码", "宋体", "28", "320"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_faces_and_sizes(kind: BriefingKind, name: str, east: str, half_points: str, line: str) -> None:
    it = style(kind, name)
    assert value(it, "w:rPr/w:rFonts/@w:eastAsia") == east
    assert value(it, "w:rPr/w:sz/@w:val") == half_points
    assert (value(it, "w:pPr/w:spacing/@w:line"), value(it, "w:pPr/w:spacing/@w:lineRule")) == (line, "exact")


def test_normal_is_16_point_because_the_grid_is_reckoned_from_it() -> None:
    assert value(style(BriefingKind.HALL, "Normal"), "w:rPr/w:sz/@w:val") == "32"


def test_masthead_red_titles_off_the_grid_text_indented_by_two() -> None:
    assert value(style(BriefingKind.HALL, "简报名"), "w:rPr/w:color/@w:val") == "FF0000"
    for name in ("简报名", "公文标题"):
        assert value(style(BriefingKind.HALL, name), "w:pPr/w:snapToGrid/@w:val") == "0"
        assert value(style(BriefingKind.HALL, name), "w:pPr/w:jc/@w:val") == "center"
    for name in ("公文正文", "一级标题", "二级标题"):
        assert value(style(BriefingKind.HALL, name), "w:pPr/w:ind/@w:firstLineChars") == "200"


def test_the_red_rule_is_as_wide_as_the_type_area_and_08_mm_thick() -> None:
    it = style(BriefingKind.HALL, "编印单位行")
    assert value(it, "w:pPr/w:pBdr/w:bottom/@w:color") == "FF0000"
    assert 0.7 <= int(value(it, "w:pPr/w:pBdr/w:bottom/@w:sz")) / 8 / MM <= 1.5
    assert value(it, "w:pPr/w:tabs/w:tab/@w:pos") == str(L.TYPE_W) == "8844"
    assert it.find("w:pPr/w:ind", NS) is None


@pytest.mark.parametrize("kind", KINDS)
def test_headings_are_typed_in_the_official_order(kind: BriefingKind) -> None:
    document = xml_of(kind, "word/document.xml")

    def texts(ident: str) -> list[str]:
        return [
            "".join(p.itertext())
            for p in document.xpath(f"//w:p[w:pPr/w:pStyle/@w:val='{ident}']", namespaces=NS)
        ]

    first = texts("Heading1x")
    assert [t[:2] for t in first] == [f"{n}、" for n in "一二三四五六"[: len(first)]]
    assert all(re.match("（[一二三四五]）[^、]", t) for t in texts("Heading2x"))
    assert not any(t.endswith("。") for t in [*first, *texts("Heading2x")])
    assert not document.xpath("//w:numPr", namespaces=NS)
    assert not re.search(r"(?m)^\d+、", render.text_of(docx_of(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_page_numbers_stand_right_on_odd_and_left_on_even_pages(kind: BriefingKind) -> None:
    assert xml_of(kind, "word/settings.xml").find("w:evenAndOddHeaders", NS) is not None
    odd, even = xml_of(kind, "word/footer1.xml"), xml_of(kind, "word/footer2.xml")
    assert (value(odd, "//w:jc/@w:val"), value(odd, "//w:ind/@w:rightChars")) == ("right", "100")
    assert (value(even, "//w:jc/@w:val"), value(even, "//w:ind/@w:leftChars")) == ("left", "100")
    for footer in (odd, even):
        assert "".join(footer.itertext("{*}t")) == "— 1 —"
        assert "PAGE" in "".join(footer.itertext("{*}instrText"))


@pytest.mark.parametrize("kind", KINDS)
def test_tables_repeat_their_head_and_never_cut_a_row(kind: BriefingKind) -> None:
    document = xml_of(kind, "word/document.xml")
    for row in document.xpath("//w:tr", namespaces=NS):
        assert row.find("w:trPr/w:cantSplit", NS) is not None
    for table in document.xpath("//w:tbl[position() < last()]", namespaces=NS):
        assert table.find("w:tr/w:trPr/w:tblHeader", NS) is not None


def test_amounts_in_tables_stand_right() -> None:
    document = xml_of(BriefingKind.HALL, "word/document.xml")
    cells = document.xpath(
        "//w:p[w:pPr/w:pStyle/@w:val='CellNum' or w:pPr/w:pStyle/@w:val='ANum']", namespaces=NS
    )
    assert len(cells) > 100
    for name in ("表内数字", "附表数字"):
        assert value(style(BriefingKind.HALL, name), "w:pPr/w:jc/@w:val") == "right"


def test_the_annex_lies_on_its_side_in_a_section_of_its_own() -> None:
    first, last = xml_of(BriefingKind.HALL, "word/document.xml").xpath("//w:sectPr", namespaces=NS)
    assert first.find("w:pgSz", NS).get(f"{W}orient") is None
    assert last.find("w:pgSz", NS).get(f"{W}orient") == "landscape"
    assert [value(last, f"w:pgMar/@w:{s}") for s in ("left", "right")] == ["2098", "1984"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_endnote_lies_between_thick_rules_with_thin_ones_inside(kind: BriefingKind) -> None:
    table = xml_of(kind, "word/document.xml").xpath("(//w:tbl)[last()]", namespaces=NS)[0]
    if kind is BriefingKind.PROJECT:
        assert value(table, "w:tblPr/w:tblpPr/@w:tblpYSpec") == "bottom"
    rules = [value(table, f"w:tblPr/w:tblBorders/w:{s}/@w:sz") for s in ("top", "insideH", "bottom")]
    assert rules == ["8", "6", "8"]  # 1 pt = 0.35 mm, 0.75 pt = 0.25 mm
    rows = ["".join(r.itertext()) for r in table.findall("w:tr", NS)]
    assert [r[:2] for r in rows] == ["报：", "送：", "发："]
    assert rows[-1].endswith("共印40份")


# From the printed pages -----------------------------------------------------------------------------------

printed = pytest.mark.skipif(preview.office() is None, reason="LibreOffice is not installed")


@cache
def pages_of(which: str) -> list[list[tuple[float, list[tuple[float, str, float]]]]]:
    """Each page's lines from the top: (baseline in points from the paper's top, [(x, character, size)])."""
    paper = {"hall": papers.hall_paper, "project": papers.project_paper, "big": big_hall}[which]()
    data = preview.pdf(made(paper))
    assert data is not None
    document = pypdfium2.PdfDocument(data)
    pages = []
    for page in document:
        text = page.get_textpage()
        rows: dict[int, list[tuple[float, str, float]]] = {}
        x, y = ctypes.c_double(), ctypes.c_double()
        for i in range(text.count_chars()):
            character = chr(pdfium.FPDFText_GetUnicode(text.raw, i))
            if character.strip():
                pdfium.FPDFText_GetCharOrigin(text.raw, i, x, y)
                size = round(pdfium.FPDFText_GetFontSize(text.raw, i), 1)
                rows.setdefault(round(y.value), []).append((x.value, character, size))
        pages.append([(page.get_height() - y, sorted(row)) for y, row in sorted(rows.items(), reverse=True)])
    document.close()
    return pages


def body_lines(page: list[tuple[float, list[tuple[float, str, float]]]]) -> list[tuple[float, str]]:
    return [(y, "".join(c for _x, c, _s in row)) for y, row in page if row[0][2] == 16.0]


def text_of_page(page: list[tuple[float, list[tuple[float, str, float]]]]) -> str:
    return "".join(c for _y, row in page for _x, c, _s in row)


@printed
@pytest.mark.parametrize("which", ["hall", "project", "big"])
def test_every_page_lies_inside_its_margins(which: str) -> None:
    paper = preview.pdf(
        made({"hall": papers.hall_paper, "project": papers.project_paper, "big": big_hall}[which]())
    )
    assert paper is not None
    for page in pages_of(which):
        number = page[-1]
        for y, row in page:
            if row is number[1]:
                continue
            xs = [x for x, c, _s in row if c not in "，。；：、）"]  # a stop may hang over the edge
            assert min(xs) >= 28 * MM - 1
            assert y >= 28 * MM


@printed
def test_a_full_page_has_22_lines() -> None:
    full = [body_lines(page) for page in pages_of("big")]
    best = max(full, key=len)
    assert len(best) == 22
    pitch = (best[-1][0] - best[0][0]) / 21
    assert abs(pitch - 28.95) < 0.1
    assert abs(best[0][0] - 37 * MM) < 28.95
    assert best[-1][0] <= (297 - 35) * MM


@printed
def test_a_full_line_has_28_characters_and_the_first_is_indented_by_two() -> None:
    lines = [text for page in pages_of("big") for _y, text in body_lines(page)]
    whole = [text for text in lines if re.fullmatch("[一-龥]+", text)]
    assert max(len(text) for text in whole) == 28
    assert sum(len(text) == 28 for text in whole) >= 5
    starts = [
        row[0][0]
        for page in pages_of("big")
        for _y, row in page
        if row[0][2] == 16.0 and "".join(c for _x, c, _s in row).startswith(("一、", "（一）"))
    ]
    assert starts
    assert all(abs(x - (28 * MM + 2 * L.CHAR / 20)) < 1.5 for x in starts)


@printed
@pytest.mark.parametrize("which", ["hall", "project", "big"])
def test_page_numbers_run_from_1_right_then_left_7_mm_under_the_text(which: str) -> None:
    for n, page in enumerate(pages_of(which), 1):
        y, row = page[-1]
        assert "".join(c for _x, c, _s in row) == f"—{n}—"
        left = row[0][0] < 300
        assert left == (n % 2 == 0)
        wide = which != "project" and max(y for y, _row in page) < 700
        edge = (210 - 26) * MM if wide else (297 - 35) * MM
        assert 5 * MM <= y - edge <= 11 * MM  # the baseline of a 14 pt line whose dash begins at 7 mm


@printed
@pytest.mark.parametrize("which", ["hall", "project", "big"])
def test_no_page_is_blank_and_the_last_carries_the_endnote(which: str) -> None:
    pages = pages_of(which)
    assert all(len(page) >= 2 for page in pages)  # the page number and something more
    last = pages[-1]
    assert "共印40份" in text_of_page(last)
    assert text_of_page(last).count("报：") == 1
    if which == "project":
        foot = next(y for y, row in last if "共印40份" in "".join(c for _x, c, _s in row))
        assert 0 <= (297 - 35) * MM - foot <= 16


@printed
@pytest.mark.parametrize("which", ["hall", "project", "big"])
def test_nothing_written_is_lost_in_print(which: str) -> None:
    paper = {"hall": papers.hall_paper, "project": papers.project_paper, "big": big_hall}[which]()
    written = re.sub(r"\s", "", render.text_of(made(paper)))
    shown = "".join(text_of_page(page) for page in pages_of(which))
    for character in set(written):
        assert shown.count(character) >= written.count(character), character


@printed
def test_the_annexs_head_is_repeated_on_each_of_its_pages() -> None:
    annex = [
        page for page in pages_of("big") if "专员" in text_of_page(page) and "责任单位" in text_of_page(page)
    ]
    annex = [page for page in annex if max(y for y, _row in page) < 600]
    assert len(annex) >= 3
    assert all("项目名称" in text_of_page(page) for page in annex)


@printed
def test_pages_become_pictures() -> None:
    pictures = preview.pictures(docx_of(BriefingKind.PROJECT))
    assert len(pictures) == len(pages_of("project"))
    assert all(p.startswith(b"\x89PNG") for p in pictures)
