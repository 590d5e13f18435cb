"""Paragraphs, loops, tables and the endnote, as WordprocessingML."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from crm.briefings import layout as L
from crm.briefings.make_templates.styles import KEEP


def run(text: str) -> str:
    lines = (f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return f"<w:r>{'<w:br/>'.join(lines)}</w:r>"


def p(style: str, *texts: str, more: str = "") -> str:
    """One paragraph; a text "\\t" is a tab."""
    runs = "".join("<w:r><w:tab/></w:r>" if t == "\t" else run(t) for t in texts if t)
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{runs}</w:p>'


def each(style: str, name: str) -> str:
    """One paragraph for each text of a list blank."""
    return p("Body", f"{{%p for text in {name} %}}") + p(style, "{{ text }}") + p("Body", "{%p endfor %}")


def only_if(name: str, *inside: str) -> str:
    return p("Body", f"{{%p if {name} %}}") + "".join(inside) + p("Body", "{%p endif %}")


@dataclass(frozen=True)
class Column:
    """One column of a table: its head, its blank, its width in twips, how it is aligned (l, c, r)."""

    head: str
    blank: str
    width: int
    align: str = "c"


def table(rows: str, columns: list[Column], *, annex: bool = False) -> str:
    """A closed grid whose head repeats on every page and whose rows are never cut."""
    head, styles = (
        ("AHead", {"l": "ACell", "c": "AMid", "r": "ANum"})
        if annex
        else ("Head", {"l": "Cell", "c": "CellMid", "r": "CellNum"})
    )
    width = sum(c.width for c in columns)
    assert width == (L.ANNEX_W if annex else L.TYPE_W), width

    def border(side: str, eighths: int) -> str:
        return f'<w:{side} w:val="single" w:sz="{eighths}" w:space="0" w:color="000000"/>'

    borders = "".join(border(s, L.THICK_EIGHTHS) for s in ("top", "left", "bottom", "right"))
    borders += "".join(border(s, 4) for s in ("insideH", "insideV"))
    properties = (
        f'<w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{borders}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/>'
        "</w:tblCellMar></w:tblPr>"
    )
    grid = "<w:tblGrid>" + "".join(f'<w:gridCol w:w="{c.width}"/>' for c in columns) + "</w:tblGrid>"

    def cell(c: Column, style: str, text: str) -> str:
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{c.width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            f"{p(style, text)}</w:tc>"
        )

    def loop(tag: str) -> str:
        span = (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:gridSpan w:val="{len(columns)}"/></w:tcPr>'
            f"{p('Cell', tag)}</w:tc>"
        )
        return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{span}</w:tr>"

    high = 400 if annex else 480
    row_height = f'<w:trHeight w:val="{high}" w:hRule="atLeast"/>'
    first = (
        f"<w:tr><w:trPr><w:cantSplit/>{row_height}<w:tblHeader/></w:trPr>"
        + "".join(cell(c, head, c.head) for c in columns)
        + "</w:tr>"
    )
    row = (
        f"<w:tr><w:trPr><w:cantSplit/>{row_height}</w:trPr>"
        + "".join(cell(c, styles[c.align], f"{{{{ row.{c.blank} }}}}") for c in columns)
        + "</w:tr>"
    )
    return (
        f"<w:tbl>{properties}{grid}{first}{loop('{%tr for row in ' + rows + ' %}')}"
        f"{row}{loop('{%tr endfor %}')}</w:tbl>"
    )


def endnote(width: int, *, floating: bool) -> str:
    """报尾: at the bottom edge of the last page's type area, or straight after a table that ends the paper.

    A floating table, its left edge told from the page's: LibreOffice lets no table as wide as the type
    area float that is told from the margin. After another table it may not float at all: where the two
    meet at the foot of a page, LibreOffice leaves a page empty.
    """
    edge = L.LEFT if width == L.TYPE_W else L.ANNEX_LEFT
    place = (
        '<w:tblpPr w:leftFromText="0" w:rightFromText="0" w:vertAnchor="margin" w:horzAnchor="page" '
        f'w:tblpX="{edge}" w:tblpYSpec="bottom"/><w:tblOverlap w:val="never"/>'
        if floating
        else ""
    )

    left, right = width * 3 // 4, width - width * 3 // 4

    def rule(side: str, eighths: int) -> str:
        return f'<w:{side} w:val="single" w:sz="{eighths}" w:space="0" w:color="000000"/>'

    middle = "" if floating else '<w:jc w:val="center"/>'
    properties = (
        f"<w:tblPr>{place}"
        f'<w:tblW w:w="{width}" w:type="dxa"/>{middle}'
        f"<w:tblBorders>{rule('top', L.THICK_EIGHTHS)}"
        f"{rule('bottom', L.THICK_EIGHTHS)}{rule('insideH', L.THIN_EIGHTHS)}</w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        '<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )
    grid = f'<w:tblGrid><w:gridCol w:w="{left}"/><w:gridCol w:w="{right}"/></w:tblGrid>'

    def row(*cells: tuple[int, int, str, str]) -> str:
        return (
            "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
            + "".join(
                f'<w:tc><w:tcPr><w:tcW w:w="{w}" w:type="dxa"/>'
                + (f'<w:gridSpan w:val="{span}"/>' if span > 1 else "")
                + f"</w:tcPr>{p('Endnote', text, more=more)}</w:tc>"
                for w, span, text, more in cells
            )
            + "</w:tr>"
        )

    # Indented by a character on both sides, wrapped lines under the first name.
    hang = '<w:ind w:left="840" w:right="280" w:hanging="560"/>'
    return (
        f"<w:tbl>{properties}{grid}"
        + row((width, 2, "报：{{ report_to }}", KEEP + hang))
        + row((width, 2, "送：{{ send_to }}", KEEP + hang))
        + row(
            (left, 1, "发：{{ distribute_to }}", hang),
            (right, 1, "共印{{ copies }}份", '<w:ind w:right="280"/><w:jc w:val="right"/>'),
        )
        + "</w:tbl>"
        + p("Anchor")
    )


def section(*, wide: bool) -> str:
    if wide:
        size = f'<w:pgSz w:w="{L.PAGE_H}" w:h="{L.PAGE_W}" w:orient="landscape"/>'
        margins = (L.ANNEX_TOP, L.ANNEX_RIGHT, L.ANNEX_BOTTOM, L.ANNEX_LEFT, L.ANNEX_FOOTER)
    else:
        size = f'<w:pgSz w:w="{L.PAGE_W}" w:h="{L.PAGE_H}"/>'
        margins = (L.TOP, L.RIGHT, L.BOTTOM, L.LEFT, L.FOOTER)
    top, right, bottom, left, footer = margins
    return (
        '<w:sectPr><w:footerReference w:type="default" r:id="rId3"/><w:footerReference w:type="even" r:id="rId4"/>'
        f'<w:type w:val="nextPage"/>{size}<w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" '
        f'w:left="{left}" w:header="851" w:footer="{footer}" w:gutter="0"/>'
        f'<w:docGrid w:type="linesAndChars" w:linePitch="{L.LINE}" w:charSpace="{L.CHAR_SPACE}"/></w:sectPr>'
    )


def h1(text: str) -> str:
    return p("Heading1x", text)


def h2(text: str) -> str:
    return p("Heading2x", text)
