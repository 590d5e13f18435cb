"""The parts of a .docx around its body: settings, footers, relations."""

from __future__ import annotations

import io
import zipfile

from crm.briefings.make_templates.pieces import run
from crm.briefings.make_templates.styles import HEAD, R, W, styles

MIDNIGHT = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest: the same bytes every time


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def footer(*, even: bool) -> str:
    indent = (
        '<w:ind w:leftChars="100" w:left="280"/>' if even else '<w:ind w:rightChars="100" w:right="280"/>'
    )
    align = f'<w:jc w:val="{"left" if even else "right"}"/>'
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    return (
        f'{HEAD}<w:ftr {W} {R}><w:p><w:pPr><w:pStyle w:val="PageNumber"/>{indent}{align}</w:pPr>'
        f"{run('— ')}{field}{run(' —')}</w:p></w:ftr>"
    )


_SETTINGS = (
    f'{HEAD}<w:settings {W}><w:zoom w:percent="100"/>'
    '<w:defaultTabStop w:val="420"/><w:evenAndOddHeaders/><w:drawingGridHorizontalSpacing w:val="158"/>'
    '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:useFELayout/>'
    '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
    "</w:compat></w:settings>"
)


def build(body: list[str], *, letter: bool = False) -> bytes:
    """The .docx of one template; `letter` adds the styles of a letter."""
    document = f"{HEAD}<w:document {W} {R}><w:body>{''.join(body)}</w:body></w:document>"
    types = (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
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
        f'{HEAD}<Relationships xmlns="{packages}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{packages}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>"
    )
    word_rels = f'{HEAD}<Relationships xmlns="{packages}/relationships">' + "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, kind, target in (
            (1, "styles", "styles.xml"),
            (2, "settings", "settings.xml"),
            (3, "footer", "footer1.xml"),
            (4, "footer", "footer2.xml"),
        )
    )
    core = (
        f'{HEAD}<cp:coreProperties xmlns:cp="{packages}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title></dc:title><dc:creator></dc:creator>'
        "</cp:coreProperties>"
    )
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": rels,
        "word/document.xml": document,
        "word/_rels/document.xml.rels": word_rels + "</Relationships>",
        "word/styles.xml": styles(letter=letter),
        "word/settings.xml": _SETTINGS,
        "word/footer1.xml": footer(even=False),
        "word/footer2.xml": footer(even=True),
        "docProps/core.xml": core,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, MIDNIGHT)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())
    return out.getvalue()
