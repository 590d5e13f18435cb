"""The Word side: the contract of blanks, exact text, the same bytes, and hostile templates."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from crm.briefings import make_templates, preview, render, sentences
from crm.briefings.blanks import BLANKS
from crm.briefings.context import Paper, fingerprint, from_plain, to_plain
from crm.core.errors import Refusal
from models.vocabulary import BriefingKind
from tests.briefings import papers

KINDS = list(BriefingKind)
PROPERTIES = render.Properties("题名", "蓬江区行政服务中心", date(2026, 11, 22))
GOLDEN = Path(__file__).parent / "golden"


def shipped(kind: BriefingKind) -> bytes:
    return (render.SHIPPED_FOLDER / f"{kind.value}.docx").read_bytes()


def paper(kind: BriefingKind) -> Paper:
    return papers.hall_paper() if kind is BriefingKind.HALL else papers.project_paper()


def made(kind: BriefingKind) -> bytes:
    it = paper(kind)
    properties = render.Properties(sentences.title_of(it), it.imprint.office, it.imprint.issued_on)
    return render.render(shipped(kind), sentences.blanks_of(it), properties)


def edited(kind: BriefingKind, old: str, new: str, part: str = "word/document.xml") -> bytes:
    """The shipped template with one text changed, as an office would."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(shipped(kind))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == part:
                assert old in text
                text = text.replace(old, new, 1)
            target.writestr(name, text)
    return out.getvalue()


def with_part(kind: BriefingKind, name: str, data: bytes) -> bytes:
    out = io.BytesIO(shipped(kind))
    with zipfile.ZipFile(out, "a") as target:
        target.writestr(name, data)
    return out.getvalue()


# The contract ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_template_uses_every_blank_and_no_other(kind: BriefingKind) -> None:
    report = render.check(shipped(kind), kind)
    assert (report.missing, report.unknown, report.broken) == ((), (), "")


@pytest.mark.parametrize("kind", KINDS)
def test_the_wording_fills_every_blank_and_no_other(kind: BriefingKind) -> None:
    filled: set[str] = set()
    for name, value in sentences.blanks_of(paper(kind)).items():
        if isinstance(value, str):
            filled.add(name)
        elif isinstance(value[0], str):
            filled.add(f"{name}[]")
        else:
            for row in value:
                assert set(row) == set(value[0])
            filled |= {f"{name}[].{column}" for column in value[0]}
    assert filled == set(BLANKS[kind])


def test_a_left_out_blank_is_named() -> None:
    report = render.check(edited(BriefingKind.HALL, "{{ copies }}", "30"), BriefingKind.HALL)
    assert report.missing == ("copies",)
    assert report.usable


def test_a_left_out_column_is_named() -> None:
    report = render.check(edited(BriefingKind.HALL, "{{ row.cause }}", ""), BriefingKind.HALL)
    assert report.missing == ("red_rows[].cause",)


@pytest.mark.parametrize(
    ("old", "new", "unknown"),
    [
        ("{{ issue }}", "{{ isue }}", "isue"),
        ("{{ row.cause }}", "{{ row.why }}", "red_rows[].why"),
        ("{{ issue }}", "{{ issue }}{{ secret }}", "secret"),
    ],
)
def test_an_unknown_blank_is_named(old: str, new: str, unknown: str) -> None:
    report = render.check(edited(BriefingKind.HALL, old, new), BriefingKind.HALL)
    assert report.unknown == (unknown,)
    assert not report.usable


def test_a_blank_of_the_other_paper_is_unknown() -> None:
    assert "node_rows[].planned" in render.check(shipped(BriefingKind.PROJECT), BriefingKind.HALL).unknown


def test_the_templates_can_be_built_again_as_they_were(tmp_path: Path) -> None:
    make_templates.write(tmp_path)
    for kind in KINDS:
        assert (tmp_path / f"{kind.value}.docx").read_bytes() == shipped(kind)


def test_the_readme_beside_the_templates_lists_every_blank() -> None:
    text = (render.SHIPPED_FOLDER / "README.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z_\[\].]+)` \|", text, re.MULTILINE))
    listed -= {f"{kind}.docx" for kind in BLANKS}
    assert listed == {blank for blanks in BLANKS.values() for blank in blanks}


# Text, bytes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_golden_text(kind: BriefingKind) -> None:
    """The whole text of the paper. After a wanted change: write the new text over the golden file and read it."""
    text = render.text_of(made(kind))
    assert text + "\n" == (GOLDEN / f"{kind.value}.txt").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_snapshot_gives_the_same_bytes(kind: BriefingKind) -> None:
    plain = to_plain(paper(kind))
    again = from_plain(plain)
    assert again == paper(kind)
    assert fingerprint(to_plain(again)) == fingerprint(plain)
    properties = render.Properties(sentences.title_of(again), again.imprint.office, again.imprint.issued_on)
    assert render.render(shipped(kind), sentences.blanks_of(again), properties) == made(kind)


def test_equal_amounts_have_equal_fingerprints() -> None:
    facts = papers.hall_facts()
    from decimal import Decimal

    first = replace(facts.projects[0], total_wan=Decimal("86000.00"))
    same = replace(papers.hall_paper(), facts=replace(facts, projects=(first, *facts.projects[1:])))
    assert fingerprint(to_plain(same)) == fingerprint(to_plain(papers.hall_paper()))


def test_word_shows_the_title_the_office_and_the_papers_own_day() -> None:
    from docx import Document

    core = Document(io.BytesIO(made(BriefingKind.HALL))).core_properties
    assert core.title == "关于2026年11月16日至22日会客厅服务工作情况的简报"
    assert (core.author, core.last_modified_by) == ("蓬江区行政服务中心", "蓬江区行政服务中心")
    assert core.created is not None
    assert core.created.date() == date(2026, 11, 22)


MARKUP = (
    "R&D<园>",
    "{{7*7}}",
    "{% for x in y %}",
    "{_{ 1 }_}",
    "</w:t></w:r></w:p><w:p><w:r><w:t>新段",
    "a ]]> b <!-- c -->",
    "𬭚 㙍 𠮷 🏭",
    "“引号”‘单’",
    "&amp;",
    "  两端空格  ",
    "A\tB",
)


@pytest.mark.parametrize("value", MARKUP)
def test_a_value_appears_exactly_as_it_is(value: str) -> None:
    sample = render.sample_blanks(BriefingKind.PROJECT) | {"office": value, "lead": [value]}
    text = render.text_of(render.render(shipped(BriefingKind.PROJECT), sample, PROPERTIES))
    assert f"{value}\t" in text
    assert f"\n{value}\n" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("甲\n乙", "甲\n乙"),
        ("甲\r\n乙", "甲\n乙"),
        ("甲\x0b乙", "甲\n乙"),
        ("甲\x0c乙", "甲\n乙"),
        ("甲\x07\x00\ufffe乙", "甲乙"),
    ],
)
def test_line_ends_become_line_breaks_and_nothing_else_is_lost(value: str, shown: str) -> None:
    sample = render.sample_blanks(BriefingKind.PROJECT) | {"lead": [value]}
    text = render.text_of(render.render(shipped(BriefingKind.PROJECT), sample, PROPERTIES))
    assert f"\n{shown}\n" in text


def test_only_texts_lists_and_rows_reach_a_template() -> None:
    with pytest.raises(TypeError):
        render.writable({"x": object()})


# Hostile templates ---------------------------------------------------------------------------------------

CODE = (
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ office.__class__ }}",
    "{{ office|attr('__class__') }}",
    "{{ lipsum.__globals__ }}",
    "{{ self.__init__ }}",
    "{{ '{0.__class__}'.format(office) }}",
    "{{ office.upper() }}",
    "{{ 'A' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ range(1000000000)|length }}",
    "{{ office|safe }}",
    "{{ office|tojson }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% for a in issue %}",
)


@pytest.mark.parametrize("payload", CODE)
def test_a_template_that_runs_code_is_refused(payload: str) -> None:
    template = edited(BriefingKind.PROJECT, "{{ issue }}", payload.replace("<", "&lt;"))
    with pytest.raises(Refusal):
        render._fill(template, render.sample_blanks(BriefingKind.PROJECT), PROPERTIES)


@pytest.mark.parametrize("payload", CODE[:2])
def test_such_a_template_fails_the_check_and_the_child(payload: str) -> None:
    template = edited(BriefingKind.PROJECT, "{{ issue }}", payload.replace("<", "&lt;"))
    with pytest.raises(Refusal):
        render.render(template, render.sample_blanks(BriefingKind.PROJECT), PROPERTIES)
    report = render.check(template, BriefingKind.PROJECT)
    assert report.broken or report.unknown


def test_a_template_that_never_ends_is_stopped() -> None:
    loops = "".join(f"{{% for a{n} in lead[0] %}}" for n in range(9))
    ends = "{% endfor %}" * 9
    template = edited(BriefingKind.PROJECT, "{{ issue }}", f"{loops}x{ends}")
    sample = render.sample_blanks(BriefingKind.PROJECT) | {"lead": ["很长的导语" * 40]}
    with pytest.raises(Refusal, match="内存或时间"):
        render.render(template, sample, PROPERTIES)


@pytest.mark.parametrize("part", ["word/footer1.xml", "word/styles.xml", "docProps/core.xml"])
def test_code_outside_the_body_is_refused_or_left_as_text(part: str) -> None:
    old = {"word/footer1.xml": "— ", "word/styles.xml": "简报名", "docProps/core.xml": "<dc:title>"}[part]
    template = edited(BriefingKind.PROJECT, old, old + "{{ 7 * 7 }}", part)
    try:
        data = render._fill(template, render.sample_blanks(BriefingKind.PROJECT), PROPERTIES)
    except Refusal:
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "49" not in archive.read(part).decode().replace("1490", "")


UNSAFE: dict[str, bytes] = {
    "not a zip": b"hello",
    "nothing": b"",
    "an old .doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "half a zip": shipped(BriefingKind.HALL)[:3000],
    "macros": with_part(BriefingKind.HALL, "word/vbaProject.bin", b"x"),
    "a macro type": edited(
        BriefingKind.HALL,
        "wordprocessingml.document.main+xml",
        "wordprocessingml.document.macroEnabled.main+xml",
        "[Content_Types].xml",
    ),
    "an embedded file": with_part(BriefingKind.HALL, "word/embeddings/oleObject1.bin", b"x"),
    "a remote template": edited(
        BriefingKind.HALL,
        "</Relationships>",
        '<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        'Target="http://example.com/x.dotm" TargetMode="External"/></Relationships>',
        "word/_rels/document.xml.rels",
    ),
    "a remote picture": edited(
        BriefingKind.HALL,
        "</Relationships>",
        '<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        'Target="http://example.com/x.png" TargetMode="External"/></Relationships>',
        "word/_rels/document.xml.rels",
    ),
    "DDE": edited(
        BriefingKind.HALL,
        " PAGE ",
        ' DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc" ',
        "word/footer1.xml",
    ),
    "an entity": edited(
        BriefingKind.HALL,
        "<w:styles",
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><w:styles',
        "word/styles.xml",
    ),
}


@pytest.mark.parametrize("what", list(UNSAFE))
def test_an_unsafe_file_is_refused_with_one_sentence(what: str) -> None:
    with pytest.raises(Refusal) as refused:
        render.refuse_unsafe(UNSAFE[what])
    assert re.search("[一-龥]", str(refused.value))
    assert render.check(UNSAFE[what], BriefingKind.HALL).broken == str(refused.value)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO(shipped(BriefingKind.HALL))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr("word/media/big.png", b"\0" * (render.MAX_UNPACKED_BYTES + 1))
    with pytest.raises(Refusal, match="过大"):
        render.refuse_unsafe(out.getvalue())


def test_an_offices_own_template_gives_the_same_text_through_the_child() -> None:
    own = edited(BriefingKind.PROJECT, "一、项目基本情况", "一、基本情况")
    assert hashlib.sha256(own).hexdigest() not in render.shipped_hashes()
    text = render.text_of(render.render(own, sentences.blanks_of(papers.project_paper()), PROPERTIES))
    assert text == render.text_of(made(BriefingKind.PROJECT)).replace("一、项目基本情况", "一、基本情况", 1)


def test_a_blank_split_over_runs_by_word_is_still_one_blank() -> None:
    split = edited(
        BriefingKind.PROJECT,
        "{{ issue }}",
        '{{ is</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">sue }}',
    )
    assert render.check(split, BriefingKind.PROJECT) == render.TemplateReport()


def test_the_preview_without_an_office_shows_the_tables_and_lets_no_markup_through() -> None:
    from dataclasses import replace

    facts = papers.project_facts()
    evil = replace(facts.line, name='<script>alert(1)</script><img src=x onerror="x">项目')
    paper = replace(papers.project_paper(), facts=replace(facts, line=evil))
    template = (render.SHIPPED_FOLDER / "project.docx").read_bytes()
    properties = render.Properties("", "", paper.imprint.issued_on)
    shown = preview.html(render.render(template, sentences.blanks_of(paper), properties))
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown
    assert shown.count("<table>") == 3
    assert '<h2 class="masthead">重点项目服务专报</h2>' in shown
