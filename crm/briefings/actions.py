"""Issue a paper, check one again, and keep the office's own templates and masthead."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar

import sqlalchemy as sa
from pydantic import Field, field_validator
from sqlmodel import Session

from crm.briefings import queries, render
from crm.briefings.context import (
    HallPaper,
    Imprint,
    Paper,
    ProjectPaper,
    Verdict,
    fingerprint,
    from_plain,
    to_plain,
)
from crm.briefings.sentences import blanks_of, issue, title_of
from crm.core import files
from crm.core.access import Actor, Verb, require, require_all
from crm.core.audit import note_event
from crm.core.db import fetch, reading, unit_of_work
from crm.core.errors import CrmError, Refusal
from crm.core.i18n import _, using
from crm.core.inputs import Input
from crm.core.settings import load_settings
from models import Briefing, Setting, StoredFile
from models.vocabulary import BriefingKind

PAPER_LANGUAGE = "zh_CN"  # a paper is a Chinese document whatever language the screen speaks
MAX_MASTHEAD = 10  # characters of 42 pt on one line of 156 mm
_LOCK_KEY = 440_703_100  # any constant: one issuer at a time on PostgreSQL


class HallAsk(Input):
    """The hall's briefing of a period, both days included."""

    from_on: date
    to_on: date
    labels: ClassVar[Mapping[str, str]] = {"from_on": "开始日期", "to_on": "结束日期"}


class ProjectAsk(Input):
    """The report on one project as of a day."""

    project_id: int
    as_of: date
    labels: ClassVar[Mapping[str, str]] = {"project_id": "项目", "as_of": "截至日期"}


class MastheadForm(Input):
    """The masthead and the 报尾 of both papers."""

    office: str = Field(min_length=1, max_length=30)
    masthead_hall: str = Field(min_length=1, max_length=MAX_MASTHEAD)
    masthead_project: str = Field(min_length=1, max_length=MAX_MASTHEAD)
    report_to: str = Field(default="", max_length=200)
    send_to: str = Field(default="", max_length=200)
    distribute_to: str = Field(default="", max_length=200)
    copies: int = Field(ge=1, le=9999)
    labels: ClassVar[Mapping[str, str]] = {
        "office": "编印单位",
        "masthead_hall": "会客厅简报名",
        "masthead_project": "项目专报名",
        "report_to": "报",
        "send_to": "送",
        "distribute_to": "发",
        "copies": "共印份数",
    }

    @field_validator("office", "masthead_hall", "masthead_project", "report_to", "send_to", "distribute_to")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())


@dataclass(frozen=True)
class Draft:
    """A paper not yet issued: its number is the next one, not a promise. `data` is the .docx."""

    paper: Paper
    title: str
    data: bytes


@dataclass(frozen=True)
class Issued:
    """An issued paper. `new` is False when the same facts had been issued already: same paper, same number."""

    id: int
    kind: BriefingKind
    series_year: int
    number: int
    title: str
    sha256: str
    public_id: str
    file_name: str
    data: bytes
    paper: Paper
    new: bool


# Issuing -------------------------------------------------------------------------------------------------


def draft_hall(actor: Actor, ask: HallAsk, *, today: date) -> Draft:
    """The hall's briefing as it would be issued now. Nothing is written."""
    return _draft(actor, _hall(actor, ask, today), today)


def draft_project(actor: Actor, ask: ProjectAsk, *, today: date) -> Draft:
    """The project's report as it would be issued now. Nothing is written."""
    return _draft(actor, _project(actor, ask, today), today)


def issue_hall(actor: Actor, ask: HallAsk, *, today: date) -> Issued:
    """Issue the hall's briefing: number, snapshot, file, in one transaction.

    Needs the whole district in reach. The same facts on the same day are the same paper.
    """
    return _issue(actor, _hall(actor, ask, today), today)


def issue_project(actor: Actor, ask: ProjectAsk, *, today: date) -> Issued:
    """Issue the report on one project in the actor's reach."""
    return _issue(actor, _project(actor, ask, today), today)


@dataclass(frozen=True)
class _Job:
    """What is to be issued: the facts, and how they become a paper under an imprint."""

    kind: BriefingKind
    paper: Callable[[Imprint], Paper]
    project_id: int | None
    from_on: date | None
    to_on: date


def _hall(actor: Actor, ask: HallAsk, today: date) -> _Job:
    require_all(actor, Verb.BRIEFING_MAKE)
    with reading() as session, using(PAPER_LANGUAGE):
        facts = queries.hall_facts(session, actor, ask.from_on, ask.to_on, today=today)
    return _Job(BriefingKind.HALL, lambda i: HallPaper(i, facts), None, ask.from_on, ask.to_on)


def _project(actor: Actor, ask: ProjectAsk, today: date) -> _Job:
    require(actor, Verb.BRIEFING_MAKE)
    if ask.as_of > today:
        raise Refusal(_("截至日期（{day}）还没有到，专报只能写到今天为止。", day=ask.as_of))
    with reading() as session, using(PAPER_LANGUAGE):
        facts = queries.project_facts(session, actor, ask.project_id, ask.as_of)
    return _Job(BriefingKind.PROJECT, lambda i: ProjectPaper(i, facts), facts.project_id, None, ask.as_of)


def _draft(actor: Actor, job: _Job, today: date) -> Draft:
    with reading() as session:
        number = queries.next_number(session, job.kind, today.year)
        paper = job.paper(queries.imprint(session, job.kind, today, number))
    return Draft(paper, title_of(paper), _rendered(paper, _template(job.kind)))


def _rendered(paper: Paper, template: bytes) -> bytes:
    properties = render.Properties(title_of(paper), paper.imprint.office, paper.imprint.issued_on)
    return render.render(template, blanks_of(paper), properties)


def _template(kind: BriefingKind) -> bytes:
    return render.template_path(kind, load_settings().var).read_bytes()


def _issue(actor: Actor, job: _Job, today: date) -> Issued:
    require(actor, Verb.BRIEFING_MAKE)
    template = _template(job.kind)
    template_sha256 = hashlib.sha256(template).hexdigest()
    with reading() as session:
        guess = job.paper(
            queries.imprint(session, job.kind, today, queries.next_number(session, job.kind, today.year))
        )
    data = _rendered(guess, template)  # outside the transaction: a template that fails costs no lock
    with unit_of_work(actor, "briefings.issue") as session:
        _one_at_a_time(session)
        same = _same(session, job, today, template_sha256)
        if same is not None:
            stored = fetch(session, StoredFile, same.file_id)
            return _issued(same, stored, files.read(stored), new=False)
        number = queries.next_number(session, job.kind, today.year)
        paper = job.paper(queries.imprint(session, job.kind, today, number))
        if paper != guess:
            data = _rendered(paper, template)
        plain = to_plain(paper)
        row = Briefing(
            kind=job.kind,
            series_year=today.year,
            number=number,
            title=title_of(paper)[:200],
            project_id=job.project_id,
            from_on=job.from_on,
            to_on=job.to_on,
            context=plain,
            sha256=fingerprint(plain),
            template=f"{job.kind.value}.docx",
            template_sha256=template_sha256,
            queries_version=queries.QUERIES_VERSION,
            made_by=actor.user_id,
        )
        session.add(row)
        session.flush()
        stored = files.keep(
            session,
            data=data,
            name=f"{paper.imprint.masthead}{issue(paper.imprint)}-{title_of(paper)}.docx",
            mime=render.MIME,
            owner="briefing",
            owner_id=row.id,
            actor=actor,
        )
        row.file_id = stored.id
        session.add(row)
        session.flush()
        return _issued(row, stored, data, new=True)


def _one_at_a_time(session: Session) -> None:
    """Numbers without gaps or doubles: SQLite's writer lock is held already, PostgreSQL is told."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _same(session: Session, job: _Job, today: date, template_sha256: str) -> Briefing | None:
    """A paper already issued from these very facts, imprint, template and definitions."""
    for old in queries.made_before(
        session, job.kind, project_id=job.project_id, from_on=job.from_on, to_on=job.to_on
    ):
        if (old.series_year, old.template_sha256, old.queries_version) != (
            today.year,
            template_sha256,
            queries.QUERIES_VERSION,
        ):
            continue
        again = job.paper(queries.imprint(session, job.kind, today, old.number))
        if fingerprint(to_plain(again)) == old.sha256:
            return old
    return None


def _issued(row: Briefing, stored: StoredFile, data: bytes, *, new: bool) -> Issued:
    return Issued(
        id=row.id or 0,
        kind=row.kind,
        series_year=row.series_year,
        number=row.number,
        title=row.title,
        sha256=row.sha256,
        public_id=stored.public_id,
        file_name=stored.name,
        data=data,
        paper=from_plain(row.context),
        new=new,
    )


# Checking again --------------------------------------------------------------------------------------------


def verify(actor: Actor, briefing_id: int) -> Verdict:
    """Whether a stored paper is still what was issued: its snapshot, its file, and the one from the other."""
    require(actor, Verb.BRIEFING_READ)
    with reading() as session:
        card = queries.one(session, actor, briefing_id)
    intact = fingerprint(card.context) == card.sha256
    try:
        data = files.read(card.file)
    except files.FileDamaged:
        return Verdict(intact, False, None)
    template = render.template_by_hash(card.template_sha256, load_settings().var)
    if template is None or not intact or card.queries_version != queries.QUERIES_VERSION:
        return Verdict(intact, True, None)
    try:
        return Verdict(intact, True, _rendered(from_plain(card.context), template) == data)
    except (CrmError, ValueError):
        return Verdict(intact, True, None)


# The office's own template and masthead -------------------------------------------------------------------


def keep_template(
    actor: Actor, kind: str, data: bytes, *, accept_missing: bool = False
) -> render.TemplateReport:
    """Use the office's own template from now on. Refused when unsafe, broken or asking for unknown blanks,
    and, unless `accept_missing`, when it leaves blanks out."""
    require_all(actor, Verb.SETTING_EDIT)
    report = render.check(data, kind)
    if report.broken:
        raise Refusal(report.broken)
    if report.unknown:
        raise Refusal(
            _("模板里有系统不认识的空格：{names}。请对照说明改正后再上传。", names="、".join(report.unknown))
        )
    if report.missing and not accept_missing:
        raise Refusal(
            _(
                "模板漏了这些空格：{names}。请补上；确实不要的，勾选“确认不用”后再上传。",
                names="、".join(report.missing),
            )
        )
    folder = load_settings().var / "templates_docx"
    digest = hashlib.sha256(data).hexdigest()
    with unit_of_work(actor, "briefings.template") as session:
        note_event(
            session, "briefing_template", None, changes={"kind": [None, str(kind)], "sha256": [None, digest]}
        )
        _write(folder / "history" / f"{digest}.docx", data)
        _write(folder / f"{kind}.docx", data)
    return report


def drop_template(actor: Actor, kind: str) -> None:
    """Go back to the shipped template; the office's own stays in the history."""
    require_all(actor, Verb.SETTING_EDIT)
    own = load_settings().var / "templates_docx" / f"{kind}.docx"
    with unit_of_work(actor, "briefings.template") as session:
        note_event(session, "briefing_template", None, changes={"kind": [str(kind), None]})
        own.unlink(missing_ok=True)


def has_own_template(kind: str) -> bool:
    """Whether the office uses a template of its own."""
    return (load_settings().var / "templates_docx" / f"{kind}.docx").exists()


def _write(path: Path, data: bytes) -> None:
    """The whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save_masthead(actor: Actor, form: MastheadForm) -> None:
    """The office's name, mastheads and distribution, for papers issued from now on."""
    require_all(actor, Verb.SETTING_EDIT)
    with unit_of_work(actor, "briefings.masthead") as session:
        row = session.get(Setting, queries.SETTING_KEY)
        value = form.model_dump()
        if row is None:
            session.add(Setting(key=queries.SETTING_KEY, value=value))
        else:
            row.value = value
            session.add(row)
