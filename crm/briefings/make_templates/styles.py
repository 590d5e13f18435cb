"""The styles of all templates, by `layout`."""

from __future__ import annotations

from crm.briefings import layout as L

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def fonts(east: str, latin: str = L.LATIN) -> str:
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
    rpr = fonts(east, latin) + ("" if grid else '<w:snapToGrid w:val="0"/>')
    rpr += f'<w:color w:val="{colour}"/>' if colour else ""
    rpr += ("" if grid else '<w:spacing w:val="0"/>') + f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    return (
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{ident}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{ppr}{outline}</w:pPr><w:rPr>{rpr}</w:rPr></w:style>'
    )


_INDENT_2 = f'<w:ind w:firstLineChars="200" w:firstLine="{round(2 * L.CHAR)}"/>'
# Where the seal goes: the office's name stands centred over the date, and the date, seven characters wide,
# ends four characters from the right (GB/T 9704-2012 7.3.5.1): both in the middle of the last fifteen.
_SEALED = f'<w:ind w:left="{L.TYPE_W - round(15 * L.CHAR)}"/>'
KEEP = "<w:keepNext/>"


def styles(*, letter: bool = False) -> str:
    """The style part; the letter's own styles only where asked, so that the other papers stay as they are."""
    defaults = (
        "<w:docDefaults><w:rPrDefault><w:rPr>"
        + fonts(L.FANGSONG)
        + f'<w:sz w:val="{L.SANHAO}"/><w:szCs w:val="{L.SANHAO}"/>'
        + '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        + "<w:pPrDefault/></w:docDefaults>"
    )
    normal = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/><w:pPr>'
        '<w:widowControl w:val="0"/><w:kinsoku/><w:overflowPunct/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>'
        f'<w:spacing w:before="0" w:after="0" w:line="{L.LINE}" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr>'
        f'<w:rPr>{fonts(L.FANGSONG)}<w:spacing w:val="{L.CONDENSE}"/><w:sz w:val="{L.SANHAO}"/><w:szCs w:val="{L.SANHAO}"/></w:rPr></w:style>'
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
            more=KEEP + '<w:outlineLvl w:val="0"/>',
            latin=L.LATIN,
        ),
        _style(
            "Heading2x", "二级标题", east=L.KAITI, indent=_INDENT_2, more=KEEP + '<w:outlineLvl w:val="1"/>'
        ),
        _style("Caption1", "表题", east=L.HEITI, size=L.SIHAO, line=L.LINE, align="center", more=KEEP),
        _style("Unit", "表内单位", size=L.WUHAO, line=L.TABLE_LINE, align="right", more=KEEP, grid=False),
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
        _style("Endnote", "版记", size=L.SIHAO, line=480, align="left", grid=False),
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
    if letter:
        own += _letter()
    return f"{HEAD}<w:styles {W}>{defaults}{normal}{''.join(own)}</w:styles>"


def _letter() -> list[str]:
    return [
        _style(
            "LetterHead",
            "发文机关标志",
            east=L.BIAOSONG,
            size=L.CHUHAO,
            line=L.HEAD_LINE,
            align="center",
            colour=L.RED,
            before=L.HEAD_BEFORE,
            grid=False,
        ),
        _style(
            "LetterNumber",
            "发文字号",
            align="center",
            before=L.NUMBER_BEFORE,
            more="<w:pBdr>"
            f'<w:bottom w:val="single" w:sz="{L.RED_RULE_EIGHTHS}" w:space="{L.RED_RULE_SPACE}" '
            f'w:color="{L.RED}"/></w:pBdr>',
        ),
        _style("LetterTo", "主送机关", align="left"),
        _style("LetterLead", "表前文字", indent=_INDENT_2, more=KEEP),
        _style("LetterBlank", "署名前空行", more=KEEP),
        _style("LetterSign", "署名", align="center", indent=_SEALED, more=KEEP),
        _style("LetterDate", "成文日期", align="center", indent=_SEALED),
    ]
