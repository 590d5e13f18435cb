"""Builds the two shipped Word templates once: `python -m crm.briefings.make_templates`.

From then on they are ordinary Word files that the office edits in Word; this script only says how
they began and lets a test rebuild them. Plain WordprocessingML, no library: every measure is in `layout`.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from crm.briefings import layout as L
from crm.core.settings import ROOT

FOLDER = ROOT / "templates_docx"
MIDNIGHT = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest: the same bytes every time

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def _fonts(east: str, latin: str = L.LATIN) -> str:
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{east}" w:cs="{L.LATIN}"/>'


def _style(
    ident: str,
    name: str,
    *,
    east: str = L.FANGSONG,
    size: int = L.SANHAO,
    line: int = L.LINE,
    align: str = "both",
    indent: str = "",
    colour: str = "",
    grid: bool = True,
    more: str = "",
    before: int = 0,
    after: int = 0,
    latin: str = L.LATIN,
) -> str:
    ppr = (
        more
        + ('<w:snapToGrid w:val="0"/>' if not grid else "")
        + f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="exact"/>'
        + indent
        + f'<w:jc w:val="{align}"/>'
    )
    # Schema order inside pPr: keepNext … snapToGrid spacing ind jc outlineLvl
    outline = ""
    if "<w:outlineLvl" in ppr:
        start = ppr.index("<w:outlineLvl")
        end = ppr.index("/>", start) + 2
        outline, ppr = ppr[start:end], ppr[:start] + ppr[end:]
    rpr = _fonts(east, latin) + ("" if grid else '<w:snapToGrid w:val="0"/>')
    rpr += f'<w:color w:val="{colour}"/>' if colour else ""
    rpr += ("" if grid else '<w:spacing w:val="0"/>') + f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    return (
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{ident}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{ppr}{outline}</w:pPr><w:rPr>{rpr}</w:rPr></w:style>'
    )


_INDENT_2 = f'<w:ind w:firstLineChars="200" w:firstLine="{round(2 * L.CHAR)}"/>'
_KEEP = "<w:keepNext/>"


def _styles() -> str:
    defaults = (
        "<w:docDefaults><w:rPrDefault><w:rPr>"
        + _fonts(L.FANGSONG)
        + f'<w:sz w:val="{L.SANHAO}"/><w:szCs w:val="{L.SANHAO}"/>'
        + '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        + "<w:pPrDefault/></w:docDefaults>"
    )
    normal = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/><w:pPr>'
        '<w:widowControl w:val="0"/><w:kinsoku/><w:overflowPunct/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>'
        f'<w:spacing w:before="0" w:after="0" w:line="{L.LINE}" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr>'
        f'<w:rPr>{_fonts(L.FANGSONG)}<w:spacing w:val="{L.CONDENSE}"/><w:sz w:val="{L.SANHAO}"/><w:szCs w:val="{L.SANHAO}"/></w:rPr></w:style>'
        # The grid is reckoned from this style's size: without it 28 characters do not come out.
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr>'
        '<w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="85" w:type="dxa"/>'
        '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    )
    own = [
        _style(
            "Masthead",
            "简报名",
            east=L.BIAOSONG,
            size=L.CHUHAO,
            line=1160,
            align="center",
            colour=L.RED,
            before=240,
            grid=False,
        ),
        _style("Issue", "期号", align="center", before=120),
        _style(
            "Imprint",
            "编印单位行",
            more="<w:pBdr>"
            f'<w:bottom w:val="single" w:sz="{L.RED_RULE_EIGHTHS}" w:space="4" w:color="{L.RED}"/></w:pBdr>'
            f'<w:tabs><w:tab w:val="right" w:pos="{L.TYPE_W}"/></w:tabs>',
            align="left",
        ),
        _style(
            "PaperTitle",
            "公文标题",
            east=L.BIAOSONG,
            size=L.ERHAO,
            line=L.TITLE_LINE,
            align="center",
            grid=False,
        ),
        _style("Body", "公文正文", indent=_INDENT_2),
        _style(
            "Heading1x",
            "一级标题",
            east=L.HEITI,
            indent=_INDENT_2,
            more=_KEEP + '<w:outlineLvl w:val="0"/>',
            latin=L.LATIN,
        ),
        _style(
            "Heading2x", "二级标题", east=L.KAITI, indent=_INDENT_2, more=_KEEP + '<w:outlineLvl w:val="1"/>'
        ),
        _style("Caption1", "表题", east=L.HEITI, size=L.SIHAO, line=L.LINE, align="center", more=_KEEP),
        _style("Unit", "表内单位", size=L.WUHAO, line=L.TABLE_LINE, align="right", more=_KEEP, grid=False),
        _style("Head", "表头", east=L.HEITI, size=L.WUHAO, line=L.TABLE_LINE, align="center", grid=False),
        _style("Cell", "表内文字", size=L.WUHAO, line=L.TABLE_LINE, align="left", grid=False),
        _style("CellMid", "表内居中", size=L.WUHAO, line=L.TABLE_LINE, align="center", grid=False),
        _style("CellNum", "表内数字", size=L.WUHAO, line=L.TABLE_LINE, align="right", grid=False),
        _style(
            "AHead", "附表表头", east=L.HEITI, size=L.WUHAO, line=L.ANNEX_LINE, align="center", grid=False
        ),
        _style("ACell", "附表文字", size=L.WUHAO, line=L.ANNEX_LINE, align="left", grid=False),
        _style("AMid", "附表居中", size=L.WUHAO, line=L.ANNEX_LINE, align="center", grid=False),
        _style("ANum", "附表数字", size=L.WUHAO, line=L.ANNEX_LINE, align="right", grid=False),
        _style("AnnexNote", "附件说明", indent=_INDENT_2),
        _style("AnnexMark", "附件序号", east=L.HEITI, align="left"),
        _style("Gap", "表后间隔", size=2, line=160, align="left", grid=False),
        _style("Anchor", "版记锚点", size=2, line=20, align="left", grid=False),
        _style(
            "Endnote",
            "版记",
            size=L.SIHAO,
            line=480,
            align="left",
            grid=False,
        ),
        _style(
            "PageNumber",
            "页码",
            east=L.SONGTI,
            latin=L.SONGTI,
            size=L.SIHAO,
            line=L.FOOTER_LINE,
            align="right",
            grid=False,
        ),
    ]
    return f"{_HEAD}<w:styles {_W}>{defaults}{normal}{''.join(own)}</w:styles>"


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def p(style: str, *texts: str, more: str = "") -> str:
    """One paragraph; a text "\\t" is a tab."""
    runs = "".join("<w:r><w:tab/></w:r>" if t == "\t" else _run(t) for t in texts if t)
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

    properties = (
        f"<w:tblPr>{place}"
        f'<w:tblW w:w="{width}" w:type="dxa"/><w:tblBorders>{rule("top", L.THICK_EIGHTHS)}'
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
        + row((width, 2, "报：{{ report_to }}", _KEEP + hang))
        + row((width, 2, "送：{{ send_to }}", _KEEP + hang))
        + row(
            (left, 1, "发：{{ distribute_to }}", hang),
            (right, 1, "共印{{ copies }}份", '<w:ind w:right="280"/><w:jc w:val="right"/>'),
        )
        + "</w:tbl>"
        + p("Anchor")
    )


def _section(*, wide: bool) -> str:
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


def _masthead() -> list[str]:
    return [
        p("Masthead", "{{ masthead }}"),
        p("Issue", "{{ issue }}"),
        p("Imprint", "{{ office }}", "\t", "{{ issued_on }}"),
        p("Body"),
        each("PaperTitle", "title_lines"),
        p("Body"),
        each("Body", "lead"),
    ]


def h1(text: str) -> str:
    return p("Heading1x", text)


def h2(text: str) -> str:
    return p("Heading2x", text)


def _group_columns(first: str) -> list[Column]:
    return [
        Column(first, "name", 1844, "l"),
        Column("项目数", "count", 900, "r"),
        Column("总投资", "total", 1400, "r"),
        Column("年度计划", "plan", 1300, "r"),
        Column("累计完成", "done", 1300, "r"),
        Column("完成率（%）", "rate", 1000, "r"),
        Column("快慢（百分点）", "diff", 1100, "r"),
    ]


def hall() -> list[str]:
    """会客厅服务简报: what the hall did in a period, and where the key projects stand."""
    return [
        *_masthead(),
        h1("一、会客厅服务情况"),
        h2("（一）走访接待"),
        each("Body", "visits"),
        h2("（二）企业诉求"),
        each("Body", "demands"),
        h2("（三）承诺兑现"),
        each("Body", "promises"),
        h2("（四）审批办理"),
        each("Body", "approvals"),
        h1("二、重点项目推进情况"),
        h2("（一）总体情况"),
        each("Body", "progress"),
        h2("（二）分类别情况"),
        each("Body", "by_class"),
        only_if(
            "class_rows",
            p("Caption1", "表1  各类别重点项目投资完成情况"),
            p("Unit", "单位：个、万元"),
            table("class_rows", _group_columns("类别")),
            p("Gap"),
        ),
        h2("（三）分镇街情况"),
        each("Body", "by_town"),
        only_if(
            "town_rows",
            p("Caption1", "表2  各镇街重点项目投资完成情况"),
            p("Unit", "单位：个、万元"),
            table("town_rows", _group_columns("镇街")),
            p("Gap"),
        ),
        h1("三、红灯项目"),
        each("Body", "reds"),
        only_if(
            "red_rows",
            p("Caption1", "表3  红灯项目清单"),
            table(
                "red_rows",
                [
                    Column("序号", "no", 600),
                    Column("项目", "name", 1900, "l"),
                    Column("镇街", "town", 1130),
                    Column("原因", "cause", 2254, "l"),
                    Column("责任人", "who", 1400, "l"),
                    Column("时限", "by", 1560),
                ],
            ),
            p("Gap"),
        ),
        h1("四、存在问题"),
        each("Body", "problems"),
        h1("五、需领导协调事项"),
        each("Body", "decisions"),
        h1("六、下一步工作"),
        each("Body", "next_steps"),
        p("Body"),
        p("AnnexNote", "附件：重点项目进展情况表", more=_section(wide=False)),
        p("AnnexMark", "附件"),
        each("PaperTitle", "annex_title_lines"),
        p("Unit", "单位：万元"),
        table(
            "annex_rows",
            [
                Column("序号", "no", 500),
                Column("项目名称", "name", 2640, "l"),
                Column("镇街", "town", 960),
                Column("阶段", "stage", 1380),
                Column("灯", "light", 560),
                Column("总投资", "total", 1120, "r"),
                Column("年度计划", "plan", 900, "r"),
                Column("累计完成", "done", 900, "r"),
                Column("完成率（%）", "rate", 760, "r"),
                Column("快慢（百分点）", "diff", 900, "r"),
                Column("责任单位", "unit", 1376, "l"),
                Column("牵头专员", "officer", 760),
            ],
            annex=True,
        ),
        p("Gap"),
        each("ACell", "annex_notes"),
        endnote(L.ANNEX_W, floating=False),
        _section(wide=True),
    ]


def project() -> list[str]:
    """重点项目服务专报: one project, whole."""
    return [
        *_masthead(),
        h1("一、项目基本情况"),
        each("Body", "basics"),
        h1("二、服务推进情况"),
        each("Body", "service"),
        only_if(
            "node_rows",
            p("Caption1", "表1  审批与建设节点"),
            table(
                "node_rows",
                [
                    Column("序号", "no", 600),
                    Column("节点", "name", 2324, "l"),
                    Column("责任方", "party", 1600, "l"),
                    Column("计划完成", "planned", 1470),
                    Column("实际完成", "done", 1470),
                    Column("状态", "state", 1380),
                ],
            ),
            p("Gap"),
        ),
        each("Body", "cases"),
        only_if(
            "case_rows",
            p("Caption1", "表2  审批办件"),
            table(
                "case_rows",
                [
                    Column("序号", "no", 600),
                    Column("事项", "name", 2324, "l"),
                    Column("受理", "accepted", 1560),
                    Column("时限", "limit", 1340),
                    Column("应办结", "due", 1620),
                    Column("状态", "state", 1400),
                ],
            ),
            p("Gap"),
        ),
        h1("三、企业诉求及办理"),
        each("Body", "contact"),
        h1("四、存在问题及原因"),
        each("Body", "problems"),
        h1("五、下一步计划和需协调事项"),
        h2("（一）下一步计划"),
        each("Body", "next_steps"),
        h2("（二）需领导协调事项"),
        each("Body", "decisions"),
        endnote(L.TYPE_W, floating=True),
        _section(wide=False),
    ]


def _footer(*, even: bool) -> str:
    indent = (
        '<w:ind w:leftChars="100" w:left="280"/>' if even else '<w:ind w:rightChars="100" w:right="280"/>'
    )
    align = f'<w:jc w:val="{"left" if even else "right"}"/>'
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    return (
        f'{_HEAD}<w:ftr {_W} {_R}><w:p><w:pPr><w:pStyle w:val="PageNumber"/>{indent}{align}</w:pPr>'
        f"{_run('— ')}{field}{_run(' —')}</w:p></w:ftr>"
    )


_SETTINGS = (
    f'{_HEAD}<w:settings {_W}><w:zoom w:percent="100"/>'
    '<w:defaultTabStop w:val="420"/><w:evenAndOddHeaders/><w:drawingGridHorizontalSpacing w:val="158"/>'
    '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:useFELayout/>'
    '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
    "</w:compat></w:settings>"
)


def build(body: list[str]) -> bytes:
    """The .docx of one template."""
    document = f"{_HEAD}<w:document {_W} {_R}><w:body>{''.join(body)}</w:body></w:document>"
    types = (
        f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(
            f'<Override PartName="/{name}" ContentType="{kind}"/>'
            for name, kind in (
                ("word/document.xml", f"{_PARTS}.document.main+xml"),
                ("word/styles.xml", f"{_PARTS}.styles+xml"),
                ("word/settings.xml", f"{_PARTS}.settings+xml"),
                ("word/footer1.xml", f"{_PARTS}.footer+xml"),
                ("word/footer2.xml", f"{_PARTS}.footer+xml"),
                ("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
            )
        )
        + "</Types>"
    )
    packages = "http://schemas.openxmlformats.org/package/2006"
    rels = (
        f'{_HEAD}<Relationships xmlns="{packages}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{packages}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>"
    )
    word_rels = f'{_HEAD}<Relationships xmlns="{packages}/relationships">' + "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, kind, target in (
            (1, "styles", "styles.xml"),
            (2, "settings", "settings.xml"),
            (3, "footer", "footer1.xml"),
            (4, "footer", "footer2.xml"),
        )
    )
    core = (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{packages}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title></dc:title><dc:creator></dc:creator>'
        "</cp:coreProperties>"
    )
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": rels,
        "word/document.xml": document,
        "word/_rels/document.xml.rels": word_rels + "</Relationships>",
        "word/styles.xml": _styles(),
        "word/settings.xml": _SETTINGS,
        "word/footer1.xml": _footer(even=False),
        "word/footer2.xml": _footer(even=True),
        "docProps/core.xml": core,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, MIDNIGHT)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())
    return out.getvalue()


def write(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hall.docx").write_bytes(build(hall()))
    (folder / "project.docx").write_bytes(build(project()))


if __name__ == "__main__":
    write()
