"""改革举措: a finding turned into something to do, with an owner and a date; one transaction each."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from crm.core.access import Actor, Verb, require
from crm.core.db import apply_changes, fetch, unit_of_work
from crm.core.errors import CrmError, Problem, Refusal
from crm.core.i18n import _
from crm.insight.inputs import DropMeasure, EditMeasure, MakeMeasure, MeasureFields, PutInForce
from crm.insight.measure_rules import MEASURE_STEP_LABELS, MEASURE_STEPS, MeasureStep
from crm.insight.queries.bottlenecks import overall, place
from crm.insight.queries.measures import OWNER_ROLES, find_measure
from crm.insight.queries.scope import Asked, By
from crm.insight.rules import Figures, Measure, Months, Share
from models import Department, Item, ReformMeasure, User
from models.vocabulary import MEASURE_STATE_LABELS, MeasureState


def make_measure(actor: Actor, form: MakeMeasure, *, today: date) -> int:
    """转为改革举措. The figures it is made from are counted here and kept with their period. Returns its id;
    the same `request_id` twice is one measure."""
    require(actor, Verb.MEASURE_EDIT)
    with unit_of_work(actor, "insight.make_measure") as session:
        known = session.exec(
            select(ReformMeasure.id).where(ReformMeasure.request_id == form.request_id)
        ).first()
        if known is not None:
            return known
        _check(session, form, today)
        row = ReformMeasure(
            title=form.title,
            item_id=form.item_id,
            department_id=form.department_id,
            facts=_finding(session, actor, form, today) if form.found_in else {},
            text=form.text,
            owner_id=form.owner_id,
            due_on=form.due_on,
            request_id=form.request_id,
        )
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:  # the same form, saved by another click at the same moment
            raise Refusal(_("这份表单已经提交过。")) from error
        return row.id or 0


def edit_measure(actor: Actor, form: EditMeasure, *, today: date) -> None:
    """Change its words, owner or date. A date that stood already may have passed; a new one may not."""
    require(actor, Verb.MEASURE_EDIT)
    with unit_of_work(actor, "insight.edit_measure") as session:
        row = _open(session, actor, form.measure_id, MeasureStep.EDIT)
        _check(session, form.typed, today, stood=row.due_on)
        apply_changes(row, form.opened.model_dump(), form.typed.model_dump(), form.version)


def put_in_force(actor: Actor, form: PutInForce, *, today: date) -> None:
    """登记实施: from that day on its before and after are compared."""
    require(actor, Verb.MEASURE_EDIT)
    with unit_of_work(actor, "insight.put_in_force") as session:
        row = _open(session, actor, form.measure_id, MeasureStep.PUT_IN_FORCE)
        if form.in_force_on > today:
            raise Refusal(
                Problem(
                    "in_force_on",
                    _("日期{day}在今天之后，只能登记已经发生的事。", day=form.in_force_on),
                )
            )
        row.state, row.in_force_on = MeasureState.IN_FORCE, form.in_force_on
        row.note = form.note or row.note


def drop_measure(actor: Actor, form: DropMeasure) -> None:
    """放弃: with a reason, kept in the trail and on the record."""
    require(actor, Verb.MEASURE_EDIT)
    with unit_of_work(actor, "insight.drop_measure", reason=form.reason) as session:
        row = _open(session, actor, form.measure_id, MeasureStep.DROP)
        row.state, row.note = MeasureState.DROPPED, form.reason


def _open(session: Session, actor: Actor, measure_id: int, step: MeasureStep) -> ReformMeasure:
    row = find_measure(session, actor, measure_id)
    if row.state not in MEASURE_STEPS[step]:
        raise Refusal(
            _(
                "举措{state}，不能{step}。",
                state=_(MEASURE_STATE_LABELS[row.state]),
                step=_(MEASURE_STEP_LABELS[step]),
            )
        )
    return row


def _check(session: Session, form: MeasureFields, today: date, *, stood: date | None = None) -> None:
    problems = []
    if form.item_id is None and form.department_id is None:
        problems.append(Problem("item_id", _("请选择事项或部门，至少一项；否则以后无从比较实施前后的办件。")))
    if form.due_on < today and form.due_on != stood:
        problems.append(Problem("due_on", _("“完成期限”不能早于今天。")))
    models: tuple[tuple[str, Any, int | None], ...] = (
        ("item_id", Item, form.item_id),
        ("department_id", Department, form.department_id),
    )
    for name, model, key in models:
        if key is not None and not _there(session, model, key):
            problems.append(Problem(name, _("所选的记录已不存在，请重新选择。")))
    owner = session.get(User, form.owner_id) if 0 < form.owner_id < 2**31 else None
    if owner is None or not owner.active or owner.role not in OWNER_ROLES:
        problems.append(Problem("owner_id", _("“责任人”须是能查看数据研判的在用账号，请重新选择。")))
    if problems:
        raise Refusal(*problems)


def _there(session: Session, model: Any, key: int) -> bool:
    try:
        fetch(session, model, key)
    except CrmError:
        return False
    return True


def _finding(session: Session, actor: Actor, form: MakeMeasure, today: date) -> dict[str, Any]:
    """What was seen, as it is kept: the view, its place, its two periods, and the figures of both."""
    asked = Asked.read(form.found_in)
    seen = place(session, actor, asked, today=today) if asked.key is not None else None
    if seen is None:
        seen = overall(session, actor, asked.but(key=None), today=today)
    held = {By.TOWN: "town", By.STEP: "step"}.get(asked.by)
    where = {"town": asked.town, "step": None} | ({held: asked.key} if held and asked.key else {})
    return {
        "view": asked.query() | {"last": asked.period(today).last.strftime("%Y-%m")},
        "place": {name: value for name, value in where.items() if value is not None},
        "name": seen.name,
        "period": _span(asked.period(today)),
        "compared": _span(asked.before(today)),
        "now": _kept(seen.now, asked),
        "before": _kept(seen.before, asked),
    }


def _span(months: Months) -> list[str]:
    return [months.first.strftime("%Y-%m"), months.last.strftime("%Y-%m")]


def _kept(figures: Figures, asked: Asked) -> dict[str, Any]:
    measure = Measure.STEP_WAIT if asked.by is By.STEP else asked.cost
    days = figures.days(measure)
    late: Share = figures.yes(Measure.LATE)
    return {
        "measure": measure.value,
        "n": days.n,
        "median": days.median,
        "p90": days.p90,
        "days": days.total,
        "late": [late.part, late.whole],
    }
