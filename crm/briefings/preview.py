"""A paper as pictures of its pages, the way Word would print it, when LibreOffice is installed.

LibreOffice turns the document into PDF and pypdfium2 the PDF into pictures. Without it the caller
shows headings, text and tables alone (`html`). Faces that this machine lacks are stood in for by the nearest it has
(`layout.STAND_INS`), through a fontconfig file of our own that only this child process sees; the
paper itself is not touched.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import threading
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from crm.briefings import layout

SECONDS = 60
_AT_ONCE = threading.Semaphore(2)  # LibreOffice takes 300 MB and a core; who comes third waits
SCALE = 1.5  # 108 dots per inch


@cache
def office() -> str | None:
    """The LibreOffice command of this machine, or None."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def font_map() -> str:
    """A fontconfig file: the machine's own, and what stands in for each face of the papers."""
    rules = []
    for face, others in layout.STAND_INS.items():
        prefer = ""
        for other in others:
            family = other.removesuffix(":bold")
            prefer += f"<family>{escape(family)}</family>"
        rules.append(
            f'<alias binding="same"><family>{escape(face)}</family><prefer>{prefer}</prefer></alias>'
        )
        if any(o.endswith(":bold") for o in others):
            rules.append(
                f'<match target="pattern"><test name="family"><string>{escape(face)}</string></test>'
                '<edit name="weight" mode="assign" binding="strong"><const>bold</const></edit></match>'
            )
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>' + "".join(rules) + "</fontconfig>"
    )


def pdf(paper: bytes) -> bytes | None:
    """The document as PDF; None without LibreOffice or when it fails."""
    command = office()
    if command is None:
        return None
    with _AT_ONCE, tempfile.TemporaryDirectory(prefix="paper-") as folder:
        home = Path(folder)
        (home / "paper.docx").write_bytes(paper)
        (home / "fonts.conf").write_text(font_map(), "utf-8")
        try:
            subprocess.run(
                [
                    command,
                    f"-env:UserInstallation=file://{home}/profile",
                    "--headless",
                    "--norestore",
                    "--convert-to",
                    "pdf",
                    "--outdir",
                    str(home),
                    str(home / "paper.docx"),
                ],
                env={
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "HOME": str(home),
                    "LANG": "C.UTF-8",
                    "FONTCONFIG_FILE": str(home / "fonts.conf"),
                },
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
            return (home / "paper.pdf").read_bytes()
        except (subprocess.TimeoutExpired, OSError):
            return None


def pictures(paper: bytes) -> list[bytes]:
    """The pages as PNG; empty when they cannot be made here."""
    made = pdf(paper)
    if made is None:
        return []
    try:
        import pypdfium2  # type: ignore[import-untyped]
    except ImportError:
        return []
    pages = []
    document = pypdfium2.PdfDocument(made)
    try:
        for page in document:
            out = io.BytesIO()
            page.render(scale=SCALE).to_pil().save(out, "PNG", optimize=True)
            pages.append(out.getvalue())
    finally:
        document.close()
    return pages


_STYLES = "\n".join(
    f"p[style-name='{style}'] => {tag}:fresh"
    for style, tag in (
        ("简报名", "h2.masthead"),
        ("期号", "p.middle"),
        ("编印单位行", "p.imprint"),
        ("公文标题", "h3.middle"),
        ("一级标题", "h4"),
        ("二级标题", "h5"),
        ("表题", "p.middle"),
        ("表内单位", "p.right"),
        ("表内数字", "p.right"),
        ("附表数字", "p.right"),
        ("附件序号", "h4"),
    )
)
_TAGS = {"h2", "h3", "h4", "h5", "p", "br", "table", "thead", "tbody", "tr", "th", "td", "strong", "em"}
_LOOK = """<style>
.paper{line-height:1.8;overflow-x:auto}.paper p{margin:0 0 .4em;text-indent:2em}
.paper h2.masthead{color:#c00;text-align:center}.paper h3{text-align:center}
.paper p.middle{text-align:center;text-indent:0}.paper p.right{text-align:right;text-indent:0}
.paper p.imprint{text-indent:0;border-bottom:2px solid #c00}
.paper table{border-collapse:collapse;width:100%;font-size:.85em;margin-bottom:.8em}
.paper td,.paper th{border:1px solid #999;padding:.15em .4em}.paper td p,.paper th p{margin:0;text-indent:0}
</style>"""


def html(paper: bytes) -> str:
    """Headings, text and tables without the page: for machines without LibreOffice.

    The paper holds what people typed, so what comes out is cleaned: no link, picture, script or style of its own.
    """
    import mammoth
    import nh3

    made = mammoth.convert_to_html(io.BytesIO(paper), style_map=_STYLES, include_default_style_map=False)
    body = nh3.clean(
        made.value,
        tags=_TAGS,
        attributes={tag: {"colspan", "rowspan"} for tag in ("td", "th")},
        allowed_classes={
            "h2": {"masthead"},
            "h3": {"middle"},
            "p": {"middle", "right", "imprint"},
        },
        link_rel=None,
    )
    return f'{_LOOK}<div class="paper">{body}</div>'
