"""Reads of supervision letters: the facts of a new one, the archive, what waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.alerts.queries.facts import thresholds
from crm.alerts.rules import LETTER_REPLY_WD
from crm.approvals.queries.cases import clocks_of, find_case, procedures_of
from crm.approvals.queries.signs import watched_of
from crm.approvals.rules import CaseClocks, Clock
from crm.approvals.supervision_rules import ARTICLE_32, found
from crm.briefings.letters.context import Earlier, Head, LetterFacts, Limit, Step, Wrong
from crm.briefings.letters.sentences import PROMISE_BASIS, basis_words, clock_wrong
from crm.core.access import Actor, Verb, project_condition, require, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.today import day_of
from crm.workdays.queries import calendar as read_calendar
from crm.workdays.rules import Calendar
from models import (
    Case,
    CaseEvent,
    CaseStep,
    Department,
    Enterprise,
    Item,
    Project,
    Setting,
    SpecialProcedure,
    StoredFile,
    SupervisionLetter,
    User,
)
from models.vocabulary import PROCEDURE_KIND_LABELS, CaseSource, CaseState, LetterState, Scope

SETTING_KEY = "letter"
DEFAULT_HEAD: dict[str, str] = {
    "head": "蓬江区行政服务中心",
    "office": "蓬江区行政服务中心",
    "mark": "江蓬政服督",
}
EVENTS_TOLD = 40  # of the hall's log on one case; the oldest and the newest are what matters


def head_words(session: Session) -> dict[str, str]:
    """The red head, the signing office and the 机关代字, as set, else as shipped."""
    row = session.get(Setting, SETTING_KEY)
    return DEFAULT_HEAD | {k: v for k, v in (row.value if row else {}).items() if k in DEFAULT_HEAD}


def head(session: Session, issued_on: date, serial: int) -> Head:
    return Head(**head_words(session), series_year=issued_on.year, serial=serial, issued_on=issued_on)


def next_serial(session: Session, year: int) -> int:
    """The next of the year; inside the transaction that will use it (`actions` holds the lock)."""
    last = session.execute(
        sa.select(sa.func.max(col(SupervisionLetter.serial))).where(
            col(SupervisionLetter.series_year) == year
        )
    ).scalar_one()
    return int(last or 0) + 1


# --- the facts of a new letter ---------------------------------------------------------------------------


def letter_facts(
    session: Session, actor: Actor, case_id: int, today: date, *, words: str, reply_wd: int | None
) -> LetterFacts:
    """Everything a letter on this case tells today. `reply_wd` None takes the house's.

    Raises `NotFound` for a case not in reach. `wrongs` is empty where nothing presses.
    """
    case = find_case(session, actor, case_id, Verb.PROJECT_VIEW)
    calendar = read_calendar(session)
    item = session.get_one(Item, case.item_id)
    department = session.get(Department, case.department_id) if case.department_id else None
    project = session.get(Project, case.project_id) if case.project_id else None
    firm = session.get(Enterprise, case.enterprise_id) if case.enterprise_id else None
    rows = procedures_of(session, [int(case.id or 0)])[int(case.id or 0)]
    clocks = clocks_of(case, [p for p in rows if p.stops_clock], today, calendar)
    days = reply_wd or thresholds(session).of(LETTER_REPLY_WD)
    basis = basis_words(item.legal_basis)
    return LetterFacts(
        case_id=int(case.id or 0),
        case_no=case.case_no,
        item=item.name,
        item_basis=basis,
        applicant=firm.name if firm else case.applicant,
        project=project.name if project else "",
        department=department.name if department else "",
        received_on=case.received_on,
        accepted_on=case.accepted_on,
        deemed=case.deemed,
        starts_on=case.starts_on,
        decided_on=case.decided_on,
        legal=_limit(clocks.legal, today, case.decided_on, calendar),
        promised=_limit(clocks.promised, today, case.decided_on, calendar),
        light=clocks.light,
        provisional=clocks.provisional,
        wrongs=_wrongs(session, case, clocks, basis, today, calendar),
        steps=tuple(_steps(session, case, rows, today, calendar)),
        earlier=tuple(
            Earlier(e.number, e.issued_on, e.replied_on) for e in _earlier(session, int(case.id or 0))
        ),
        reply_by_on=calendar.add_workdays(today, days),
        reply_wd=days,
        words=words,
    )


def _limit(clock: Clock | None, today: date, decided_on: date | None, calendar: Calendar) -> Limit | None:
    if clock is None:
        return None
    as_of = decided_on or today
    late = calendar.count_workdays(clock.due_on, as_of) if as_of > clock.due_on else 0
    return Limit(clock.limit, clock.unit, clock.due_on, clock.used, clock.left, late, clock.stopped)


def _wrongs(
    session: Session, case: Case, clocks: CaseClocks, basis: str, today: date, calendar: Calendar
) -> tuple[Wrong, ...]:
    wrongs: list[Wrong] = []
    if case.decided_on is None:
        legal = _limit(clocks.legal, today, None, calendar)
        promised = _limit(clocks.promised, today, None, calendar)
        judged = [
            clock_wrong(limit, legal=is_legal, basis=basis if is_legal else PROMISE_BASIS, light=clocks.light)
            for limit, is_legal in ((legal, True), (promised, False))
            if limit is not None
        ]
        late = [w for w in judged if w is not None and w.late_wd]
        # Not yet late: the clock the case is watched by speaks alone.
        wrongs += late or [w for w in judged[-1:] if w is not None]
    for f in found(watched_of(session, [case], calendar)[int(case.id or 0)], today, calendar):
        wrongs.append(
            Wrong(
                f.sign.value,
                basis_words(f.basis) if f.procedure else f.basis,
                f.due_on,
                f.done_on,
                f.late_wd,
                f.procedure,
            )
        )
    return tuple(wrongs)


def _steps(
    session: Session, case: Case, procedures: list[SpecialProcedure], today: date, calendar: Calendar
) -> list[Step]:
    """The case's history, oldest first: from its own dates, or from the hall's event log."""
    if case.source is CaseSource.HALL and (told := _from_log(session, int(case.id or 0))):
        return told
    steps: list[tuple[date, int, Step]] = []

    def add(on: date | None, what: str, *details: str) -> None:
        if on is not None:
            steps.append((on, len(steps), Step(on, what, "；".join(d for d in details if d))))

    add(case.received_on, "收件", "收到申请材料")
    add(
        case.correction_told_on,
        "一次性告知补正",
        case.correction_text,
        f"要求{_day(case.correction_due_on)}前补正" if case.correction_due_on else "",
    )
    add(case.corrected_on, "补正", "申请单位已补正")
    add(
        case.accepted_on,
        "受理",
        f"逾期未告知补正，视为受理（{ARTICLE_32}）" if case.deemed else "",
        f"自{_day(case.starts_on)}起算" if case.starts_on else "",
    )
    for p in procedures:
        name = PROCEDURE_KIND_LABELS[p.kind]
        add(
            p.from_on,
            f"{name}启动",
            p.ground,
            _told(p),
            f"最迟应于{_day(p.start_by_on)}启动，晚{calendar.count_workdays(p.start_by_on, p.from_on)}个工作日"
            if p.start_by_on is not None and p.from_on > p.start_by_on
            else "",
            f"计划{p.planned_wd}个工作日",
            f"至今未结束，已{calendar.count_workdays(p.from_on, today)}个工作日" if p.to_on is None else "",
        )
        if p.stops_clock and p.told_on is not None and p.told_on > p.from_on:
            add(p.told_on, f"{name}补发书面告知", f"文号：{p.notice_no}" if p.notice_no else "")
        add(p.to_on, f"{name}结束", p.result)
    add(
        case.extended_on,
        "延长办理期限",
        f"延长{case.extension}{'个工作日' if case.unit.value == 'wd' else '日'}",
        f"批准人：{case.extension_approver}" if case.extension_approver else "",
        case.extension_reason,
        "" if case.extension_told_on else "未告知申请人",
    )
    add(case.extension_told_on, "告知延期", "已将延长期限的理由告知申请人")
    closing = {
        CaseState.DECIDED: "作出决定",
        CaseState.DELIVERED: "作出决定",
        CaseState.WITHDRAWN: "撤回申请",
        CaseState.NOT_ACCEPTED: "不予受理",
        CaseState.TERMINATED: "终止办理",
    }
    add(case.decided_on, closing.get(case.state, "办结"), case.result)
    add(case.delivered_on, "送达", "")
    return [step for _on, _n, step in sorted(steps, key=lambda s: (s[0], s[1]))]


def _told(p: SpecialProcedure) -> str:
    if not p.stops_clock:
        return "不停表"
    if p.told_on is None:
        return "未书面告知申请人，时限照算"
    notice = f"（{p.notice_no}）" if p.notice_no else ""
    return f"{'当日' if p.told_on <= p.from_on else _day(p.told_on)}书面告知{notice}，停表"


def _day(value: date | None) -> str:
    return f"{value.month}月{value.day}日" if value else "—"


def _from_log(session: Session, case_id: int) -> list[Step]:
    rows = session.execute(
        sa.select(CaseEvent.at, CaseStep.name, CaseEvent.unit)
        .join(CaseStep, col(CaseStep.id) == col(CaseEvent.step_id))
        .where(col(CaseEvent.case_id) == case_id)
        .order_by(col(CaseEvent.at).desc(), col(CaseEvent.id).desc())
        .limit(EVENTS_TOLD)
    ).all()
    return [Step(day_of(at), name, unit) for at, name, unit in reversed(rows)]


def _earlier(session: Session, case_id: int) -> list[SupervisionLetter]:
    return list(
        session.exec(
            select(SupervisionLetter)
            .where(
                col(SupervisionLetter.case_id) == case_id,
                col(SupervisionLetter.state) != LetterState.WITHDRAWN,
            )
            .order_by(col(SupervisionLetter.id))
        )
    )


def waiting_for_reply(session: Session, case_id: int, today: date) -> SupervisionLetter | None:
    """A letter on the case that is unanswered and whose day for the answer is not over."""
    return next(
        (e for e in _earlier(session, case_id) if e.state is LetterState.ISSUED and e.reply_by_on >= today),
        None,
    )


# --- the archive -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LetterRow:
    """One letter. `overdue_wd`: working days past the day for the answer, None when answered or not yet due."""

    id: int
    number: str
    state: LetterState
    case_id: int
    case_no: str
    item: str
    project_id: int | None
    subject: str
    department_id: int | None
    department: str
    issued_on: date
    reply_by_on: date
    overdue_wd: int | None
    replied_on: date | None
    issued_by: str
    public_id: str
    file_name: str


@dataclass(frozen=True)
class LetterCard:
    """One letter with its snapshot, answer and file."""

    row: LetterRow
    version: int
    facts: dict[str, Any]
    sha256: str
    template_sha256: str
    reply: str
    withdrawn_on: date | None
    withdraw_reason: str
    file: StoredFile


@dataclass(frozen=True)
class LetterAsk:
    """What the list of letters is narrowed to. `overdue`: unanswered past the day for the answer."""

    state: LetterState | None = None
    overdue: bool = False
    department_id: int | None = None
    text: str = ""

    def query(self) -> dict[str, str]:
        """As URL parameters: what `read` reads back."""
        asked = {
            "state": self.state.value if self.state else "",
            "overdue": "1" if self.overdue else "",
            "department_id": "" if self.department_id is None else str(self.department_id),
            "text": self.text,
        }
        return {k: v for k, v in asked.items() if v}

    @classmethod
    def read(cls, query: dict[str, str]) -> LetterAsk:
        """From URL parameters; what makes no sense asks nothing."""
        state, department = query.get("state", ""), query.get("department_id", "")
        return cls(
            LetterState(state) if state in set(LetterState) else None,
            query.get("overdue") == "1",
            int(department) if department.isascii() and department.isdigit() else None,
            query.get("text", ""),
        )


def letter_condition(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL condition on `SupervisionLetter`: supervisors, leaders and administrators read all, a department
    those it must answer, an officer those on his projects (house rule: a letter is between offices)."""
    reach = scopes(actor, Verb.INSIGHT_VIEW)
    if Scope.ALL in reach:
        return sa.true()
    either: list[sa.ColumnElement[bool]] = []
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        either.append(col(SupervisionLetter.department_id) == actor.department_id)
    if scopes(actor, Verb.BRIEFING_READ):
        either.append(
            col(SupervisionLetter.project_id).in_(
                select(Project.id).where(project_condition(actor, Verb.BRIEFING_READ))
            )
        )
    return sa.or_(*either) if either else sa.false()


def _rows() -> Any:
    return (
        sa.select(
            SupervisionLetter,
            Case.case_no,
            Item.name,
            Department,
            Project.name,
            Enterprise.name,
            User.name,
            StoredFile,
        )
        .select_from(SupervisionLetter)
        .join(Case, col(Case.id) == col(SupervisionLetter.case_id))
        .join(Item, col(Item.id) == col(Case.item_id))
        .join(StoredFile, col(StoredFile.id) == col(SupervisionLetter.file_id))
        .outerjoin(Department, col(Department.id) == col(SupervisionLetter.department_id))
        .outerjoin(Project, col(Project.id) == col(SupervisionLetter.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
        .outerjoin(User, col(User.id) == col(SupervisionLetter.issued_by))
    )


def _row(found_row: Any, today: date, calendar: Calendar) -> LetterRow:
    letter_, case_no, item, department, project, firm, issuer, file = found_row
    overdue = letter_.state is LetterState.ISSUED and letter_.reply_by_on < today
    return LetterRow(
        id=int(letter_.id or 0),
        number=letter_.number,
        state=letter_.state,
        case_id=letter_.case_id,
        case_no=case_no,
        item=item,
        project_id=letter_.project_id,
        subject=project or firm or letter_.facts.get("facts", {}).get("applicant", ""),
        department_id=letter_.department_id,
        department=department.short or department.name if department else "",
        issued_on=letter_.issued_on,
        reply_by_on=letter_.reply_by_on,
        overdue_wd=calendar.count_workdays(letter_.reply_by_on, today) if overdue else None,
        replied_on=letter_.replied_on,
        issued_by=issuer or _("系统"),
        public_id=file.public_id,
        file_name=file.name,
    )


def _asked(actor: Actor, asked: LetterAsk, today: date) -> list[sa.ColumnElement[bool]]:
    where = [letter_condition(actor)]
    if asked.state is not None:
        where.append(col(SupervisionLetter.state) == asked.state)
    if asked.overdue:
        where += [
            col(SupervisionLetter.state) == LetterState.ISSUED,
            col(SupervisionLetter.reply_by_on) < today,
        ]
    if asked.department_id is not None:
        where.append(col(SupervisionLetter.department_id) == asked.department_id)
    if text := asked.text.strip():
        where.append(
            sa.or_(
                col(SupervisionLetter.number).contains(text, autoescape=True),
                col(Case.case_no).startswith(text, autoescape=True),
                col(Item.name).contains(text, autoescape=True),
                col(Project.name).contains(text, autoescape=True),
                col(Enterprise.name).contains(text, autoescape=True),
            )
        )
    return where


def letters(
    session: Session, actor: Actor, today: date, asked: LetterAsk, *, page: int = 1, per_page: int = 25
) -> tuple[list[LetterRow], int]:
    """(one page of letters, how many there are): unanswered first, the first due first, then the newest."""
    require(actor, Verb.PROJECT_VIEW)
    base = _rows().where(*_asked(actor, asked, today))
    total = int(
        session.execute(
            base.with_only_columns(sa.func.count(col(SupervisionLetter.id)), maintain_column_froms=True)
        ).scalar_one()
    )
    page = max(1, min(page, -(-total // per_page)))
    unanswered = col(SupervisionLetter.state) == LetterState.ISSUED
    rows = session.execute(
        base.order_by(
            sa.case((unanswered, 0), else_=1),
            sa.case((unanswered, col(SupervisionLetter.reply_by_on)), else_=None),
            col(SupervisionLetter.id).desc(),
        )
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    calendar = read_calendar(session)
    return [_row(r, today, calendar) for r in rows], total


def letter(session: Session, actor: Actor, letter_id: int, today: date) -> LetterCard:
    """One letter. Raises `NotFound` for one that is not there and for one not in reach alike."""
    require(actor, Verb.PROJECT_VIEW)
    row = session.execute(
        _rows().where(col(SupervisionLetter.id) == int(letter_id), letter_condition(actor))
    ).first()
    if row is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    it: SupervisionLetter = row[0]
    return LetterCard(
        row=_row(row, today, read_calendar(session)),
        version=it.version,
        facts=it.facts,
        sha256=it.sha256,
        template_sha256=it.template_sha256,
        reply=it.reply,
        withdrawn_on=it.withdrawn_on,
        withdraw_reason=it.withdraw_reason,
        file=row[-1],
    )


def letters_of_case(session: Session, actor: Actor, case_id: int, today: date) -> list[LetterRow]:
    """The letters on one case that the actor may read, oldest first: for the case's own screen."""
    rows = session.execute(
        _rows()
        .where(col(SupervisionLetter.case_id) == int(case_id), letter_condition(actor))
        .order_by(col(SupervisionLetter.id))
    ).all()
    calendar = read_calendar(session)
    return [_row(r, today, calendar) for r in rows]


@dataclass(frozen=True)
class Waiting:
    """Unanswered letters, and how many of them are past their day."""

    waiting: int
    overdue: int


def waiting_by_department(session: Session, actor: Actor, today: date) -> dict[int | None, Waiting]:
    """Unanswered letters in reach by department id."""
    past = col(SupervisionLetter.reply_by_on) < today
    rows = session.execute(
        sa.select(SupervisionLetter.department_id, sa.func.count(), sa.func.count(sa.case((past, 1))))
        .where(letter_condition(actor), col(SupervisionLetter.state) == LetterState.ISSUED)
        .group_by(col(SupervisionLetter.department_id))
    )
    return {department_id: Waiting(int(n), int(late)) for department_id, n, late in rows}


def unanswered_of(session: Session, actor: Actor, case_ids: list[int]) -> dict[int, LetterRow]:
    """Case id -> its unanswered letter, for the lines of the board."""
    rows = session.execute(
        _rows()
        .where(
            col(SupervisionLetter.case_id).in_(case_ids),
            col(SupervisionLetter.state) == LetterState.ISSUED,
            letter_condition(actor),
        )
        .order_by(col(SupervisionLetter.id))
    ).all()
    calendar = read_calendar(session)
    return {r[0].case_id: _row(r, r[0].issued_on, calendar) for r in rows}
