"""What people do about alerts. Closing is not among it: only the scan closes, when the ground is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import ClassVar

from pydantic import Field
from sqlmodel import Session

from crm.alerts import rules
from crm.alerts.queries import lists
from crm.alerts.scan import ScanResult, scan
from crm.core.access import Actor, Verb, require, require_all
from crm.core.db import unit_of_work
from crm.core.errors import Conflict, FieldClash, NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.core.inputs import Input
from crm.core.today import now
from models import Alert, Threshold
from models.vocabulary import AlertState, Stage

MOST_SNOOZE_DAYS = 90  # house rule: longer is not a pause but forgetting


class Acknowledge(Input):
    """Taking an alert up. `version` is the alert's as it was shown."""

    labels: ClassVar[Mapping[str, str]] = {"note": "打算怎么办"}

    alert_id: int
    version: int
    note: str = Field(min_length=1, max_length=500)


class Snooze(Input):
    """Putting an alert off until a day, with the reason."""

    labels: ClassVar[Mapping[str, str]] = {"reason": "暂缓原因", "until": "暂缓到"}

    alert_id: int
    version: int
    reason: str = Field(min_length=1, max_length=500)
    until: date


class ThresholdForm(Input):
    """One number. `stage` None: for all stages without their own; `version` None: a new row."""

    labels: ClassVar[Mapping[str, str]] = {"value": "数值", "basis": "依据", "stage": "阶段", "code": "阈值"}

    code: str = Field(min_length=1, max_length=40)
    stage: Stage | None = None
    value: int
    basis: str = Field(default="", max_length=200)
    version: int | None = None


def acknowledge(actor: Actor, form: Acknowledge) -> None:
    """Take the alert up; it stays in the list until its ground is gone, and opens again if it turns red.

    Raises `NotFound`, `Refusal` (closed), `Conflict` (somebody handled it since it was shown).
    """
    require(actor, Verb.ALERT_HANDLE)
    with unit_of_work(actor, "alerts.acknowledge", reason=form.note) as session:
        alert = _mine(session, actor, form.alert_id)
        if _already(alert, actor, AlertState.ACKNOWLEDGED, form.note):
            return
        _fresh(alert, form.version)
        alert.state, alert.snoozed_until = AlertState.ACKNOWLEDGED, None
        _signed(alert, actor, form.note)


def snooze(actor: Actor, form: Snooze, *, today: date) -> None:
    """Put the alert off until `form.until`, when the scan opens it again; sooner if it turns red.

    Raises `Refusal` unless the day lies after today and within `MOST_SNOOZE_DAYS`.
    """
    require(actor, Verb.ALERT_HANDLE)
    if form.until <= today:
        raise Refusal(Problem("until", _("暂缓到的日期要晚于今天。")))
    if form.until > today + timedelta(days=MOST_SNOOZE_DAYS):
        raise Refusal(Problem("until", _("最多暂缓{n}天，请选更早的日期。", n=MOST_SNOOZE_DAYS)))
    with unit_of_work(actor, "alerts.snooze", reason=form.reason) as session:
        alert = _mine(session, actor, form.alert_id)
        if _already(alert, actor, AlertState.SNOOZED, form.reason) and alert.snoozed_until == form.until:
            return
        _fresh(alert, form.version)
        alert.state, alert.snoozed_until = AlertState.SNOOZED, form.until
        _signed(alert, actor, form.reason)


def reopen(actor: Actor, alert_id: int, version: int) -> None:
    """Take back an acknowledgement or a snooze. Idempotent."""
    require(actor, Verb.ALERT_HANDLE)
    with unit_of_work(actor, "alerts.reopen") as session:
        alert = _mine(session, actor, alert_id)
        if alert.state is AlertState.OPEN:
            return
        _fresh(alert, version)
        alert.state, alert.snoozed_until = AlertState.OPEN, None


def run_scan(actor: Actor, today: date) -> ScanResult:
    """The scan, by hand."""
    require_all(actor, Verb.SCAN_RUN)
    return scan(today, actor=actor)


def edit_threshold(actor: Actor, form: ThresholdForm) -> None:
    """Set one number; the next scan judges by it. Raises `Refusal` outside the range `rules` gives."""
    require_all(actor, Verb.THRESHOLD_EDIT)
    rule = rules.THRESHOLD_RULES.get(form.code)
    if rule is None or (form.stage is not None and not rule.per_stage):
        raise NotFound(_("没有这个阈值。"))
    if not rule.least <= form.value <= rule.most:
        raise Refusal(
            Problem("value", _("请填{least}至{most}之间的整数。", least=rule.least, most=rule.most))
        )
    stage = None if form.stage is None else int(form.stage)
    with unit_of_work(actor, "alerts.edit_threshold") as session:
        row = lists.threshold(session, form.code, stage)
        _yellow_before_red(session, form)
        if row is None:
            session.add(
                Threshold(code=form.code, stage=stage, value=form.value, unit=rule.unit, basis=form.basis)
            )
            return
        if row.version != form.version and (row.value, row.basis) != (form.value, form.basis):
            raise Conflict(
                _("有人先改了这个阈值，请核对后再保存。"),
                [FieldClash("value", None, row.value, form.value)],
                row.version,
            )
        row.value, row.basis = form.value, form.basis


def drop_stage_threshold(actor: Actor, code: str, stage: Stage) -> None:
    """Give up a stage's own number: the general one applies again. Idempotent."""
    require_all(actor, Verb.THRESHOLD_EDIT)
    with unit_of_work(actor, "alerts.drop_threshold") as session:
        row = lists.threshold(session, code, int(stage))
        if row is not None:
            session.delete(row)


def _mine(session: Session, actor: Actor, alert_id: int) -> Alert:
    alert = lists.to_handle(session, actor, alert_id)
    if alert is None:
        raise NotFound(_("没有找到这条预警，或您无权处理。"))
    if alert.state is AlertState.CLOSED:
        raise Refusal(_("这条预警的原因已经消除，无需再处理。"))
    return alert


def _already(alert: Alert, actor: Actor, state: AlertState, note: str) -> bool:
    """The same thing done by the same person: a second click, not a second decision."""
    return alert.state is state and alert.handled_by == actor.user_id and alert.handled_note == note


def _fresh(alert: Alert, version: int) -> None:
    if alert.version != version:
        raise Conflict(_("这条预警刚被处理或更新过，请看一眼最新情况再操作。"), [], alert.version)


def _signed(alert: Alert, actor: Actor, note: str) -> None:
    alert.handled_by, alert.handled_at, alert.handled_note = actor.user_id, now(), note


def _yellow_before_red(session: Session, form: ThresholdForm) -> None:
    other_code = {
        rules.PROGRESS_YELLOW_POINTS: rules.PROGRESS_RED_POINTS,
        rules.PROGRESS_RED_POINTS: rules.PROGRESS_YELLOW_POINTS,
    }.get(form.code)
    if other_code is None:
        return
    row = lists.threshold(session, other_code, None)
    other = row.value if row else rules.THRESHOLD_RULES[other_code].default
    yellow, red = (form.value, other) if form.code == rules.PROGRESS_YELLOW_POINTS else (other, form.value)
    if yellow >= red:
        raise Refusal(
            Problem("value", _("黄灯的百分点（{yellow}）要小于红灯的（{red}）。", yellow=yellow, red=red))
        )
