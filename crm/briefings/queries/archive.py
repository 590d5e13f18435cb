"""The masthead, the numbers and the archive of issued papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.briefings.context import Imprint
from crm.core.access import Actor, Verb, project_condition, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from models import Briefing, Project, Setting, StoredFile, User
from models.vocabulary import BriefingKind, Scope

QUERIES_VERSION = "2"  # raised whenever a number of a paper changes its meaning


SETTING_KEY = "briefing"
DEFAULT_SETTING: dict[str, Any] = {
    "office": "蓬江区行政服务中心",
    "masthead_hall": "会客厅服务简报",
    "masthead_project": "重点项目服务专报",
    "report_to": "区委、区政府主要领导，分管领导",
    "send_to": "区各有关部门",
    "distribute_to": "各镇街，联络专员",
    "copies": 30,
}


def setting(session: Session) -> dict[str, Any]:
    """The office's name, mastheads and distribution, as set, else as shipped."""
    row = session.get(Setting, SETTING_KEY)
    return DEFAULT_SETTING | {k: v for k, v in (row.value if row else {}).items() if k in DEFAULT_SETTING}


def imprint(session: Session, kind: BriefingKind, issued_on: date, number: int) -> Imprint:
    values = setting(session)
    return Imprint(
        masthead=values[f"masthead_{kind.value}"],
        office=values["office"],
        series_year=issued_on.year,
        number=number,
        issued_on=issued_on,
        report_to=values["report_to"],
        send_to=values["send_to"],
        distribute_to=values["distribute_to"],
        copies=int(values["copies"]),
    )


def next_number(session: Session, kind: BriefingKind, year: int) -> int:
    """The next of the series; inside the transaction that will use it (`actions` holds the lock)."""
    last = session.execute(
        sa.select(sa.func.max(col(Briefing.number))).where(
            col(Briefing.kind) == kind, col(Briefing.series_year) == year
        )
    ).scalar_one()
    return int(last or 0) + 1


@dataclass(frozen=True)
class PaperRow:
    """One paper of the archive. `public_id` names its file's URL."""

    id: int
    kind: BriefingKind
    series_year: int
    number: int
    title: str
    project_id: int | None
    from_on: date | None
    to_on: date | None
    made_at: datetime
    made_by: str
    public_id: str
    file_name: str


@dataclass(frozen=True)
class PaperPage:
    rows: tuple[PaperRow, ...]
    total: int


@dataclass(frozen=True)
class PaperCard:
    """One paper with the snapshot it was made from."""

    row: PaperRow
    context: dict[str, Any]
    sha256: str
    template: str
    template_sha256: str
    queries_version: str
    file: StoredFile


def readable(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL condition on `Briefing`: a project's paper by its project, the hall's for the whole district's
    readers and for who made it."""
    if Scope.ALL in scopes(actor, Verb.BRIEFING_READ):
        return sa.true()
    if not scopes(actor, Verb.BRIEFING_READ):
        return sa.false()
    return col(Briefing.project_id).in_(
        select(Project.id).where(project_condition(actor, Verb.BRIEFING_READ))
    )


def _paper_rows() -> Any:
    return (
        sa.select(Briefing, User.name, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(Briefing.file_id))
        .outerjoin(User, col(User.id) == col(Briefing.made_by))
    )


def _paper_row(paper: Briefing, maker: str | None, file: StoredFile) -> PaperRow:
    return PaperRow(
        id=paper.id or 0,
        kind=paper.kind,
        series_year=paper.series_year,
        number=paper.number,
        title=paper.title,
        project_id=paper.project_id,
        from_on=paper.from_on,
        to_on=paper.to_on,
        made_at=paper.made_at,
        made_by=maker or _("系统"),
        public_id=file.public_id,
        file_name=file.name,
    )


def listed(
    session: Session,
    actor: Actor,
    *,
    kind: BriefingKind | None = None,
    text: str = "",
    project_id: int | None = None,
    page: int = 1,
    per_page: int = 25,
) -> PaperPage:
    """The archive, newest first. A page past the end is the last page."""
    where = [readable(actor)]
    if kind is not None:
        where.append(col(Briefing.kind) == kind)
    if project_id is not None:
        where.append(col(Briefing.project_id) == int(project_id))
    if text.strip():
        where.append(col(Briefing.title).contains(text.strip(), autoescape=True))
    total = int(session.execute(sa.select(sa.func.count()).select_from(Briefing).where(*where)).scalar_one())
    page = max(1, min(page, -(-total // per_page)))
    rows = session.execute(
        _paper_rows()
        .where(*where)
        .order_by(col(Briefing.made_at).desc(), col(Briefing.id).desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    return PaperPage(tuple(_paper_row(*r) for r in rows), total)


def one(session: Session, actor: Actor, briefing_id: int) -> PaperCard:
    """One paper. Raises `NotFound` for one that is not there and for one not in reach alike."""
    found = session.execute(
        _paper_rows().where(col(Briefing.id) == int(briefing_id), readable(actor))
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    paper, maker, file = found
    return PaperCard(
        row=_paper_row(paper, maker, file),
        context=paper.context,
        sha256=paper.sha256,
        template=paper.template,
        template_sha256=paper.template_sha256,
        queries_version=paper.queries_version,
        file=file,
    )


def made_before(
    session: Session, kind: BriefingKind, *, project_id: int | None, from_on: date | None, to_on: date | None
) -> list[Briefing]:
    """Papers on the same subject and period, newest first: one of them may be this very paper."""
    return list(
        session.exec(
            select(Briefing)
            .where(
                col(Briefing.kind) == kind,
                col(Briefing.project_id) == project_id
                if project_id is not None
                else col(Briefing.project_id).is_(None),
                col(Briefing.from_on) == from_on if from_on else col(Briefing.from_on).is_(None),
                col(Briefing.to_on) == to_on,
            )
            .order_by(col(Briefing.id).desc())
            .limit(20)
        )
    )


@dataclass(frozen=True)
class ProjectChoice:
    id: int
    name: str
    project_code: str


def choices(session: Session, actor: Actor, text: str = "", *, limit: int = 50) -> list[ProjectChoice]:
    """Projects the actor may make a report on, by name, pinyin, initials or code."""
    asked = text.strip()
    where = [project_condition(actor, Verb.BRIEFING_MAKE)]
    if asked:
        letters = asked.lower()
        either = [
            col(Project.name).contains(asked, autoescape=True),
            col(Project.project_code).contains(asked, autoescape=True),
        ]
        if letters.isascii() and letters.isalnum():
            either += [
                col(Project.pinyin).contains(letters, autoescape=True),
                col(Project.initials).contains(letters, autoescape=True),
            ]
        where.append(sa.or_(*either))
    rows = session.exec(
        select(Project.id, Project.name, Project.project_code)
        .where(*where)
        .order_by(col(Project.pinyin))
        .limit(limit)
    )
    return [ProjectChoice(int(i or 0), n, c or "") for i, n, c in rows]
