"""The top of a project's page: where it stands, what the next gate still asks, and the moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from crm.core.access import Actor, Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.actions.stages import confirm_fact, move_stage, set_status
from crm.projects.facts import still_missing
from crm.projects.gates import Requirement
from crm.projects.inputs import ConfirmFact, MoveStage, SetStatus
from crm.projects.queries import ProjectCard
from crm.projects.rules import NEXT_STATUS, STATUS_STAGES
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.insight_parts.fore_project import forecast_line
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.project_parts.rows import waits_for, why
from crm.ui.show import light, saved, speaking
from crm.ui.words import day, plain, yi
from models.vocabulary import (
    CATEGORY_LABELS,
    LEVEL_LABELS,
    PROJECT_STATUS_LABELS,
    STAGE_LABELS,
    STATUS_REASON_LABELS,
    Light,
    ProjectStatus,
    Stage,
    StatusReason,
)


def header(actor: Actor, card: ProjectCard, today: date) -> None:
    """Name, stage strip, light with its reason, what is missing, and the one primary action."""
    missing = _missing(actor, card)
    links.link(_("项目清单"), "projects", icon=":material/arrow_back:")
    left, right = st.columns([3, 1], vertical_alignment="bottom", wrap=True)
    with left:
        st.title(plain(card.name), anchor=False)
        level, category = card.fields.get("level"), card.fields.get("category")
        facts = (
            _(LEVEL_LABELS[level]) if level else "",
            _(CATEGORY_LABELS[category]) if category else "",
            card.town,
            _("总投资{amount}", amount=yi(card.fields["total_wan"])) if card.fields["total_wan"] else "",
            "" if card.status is ProjectStatus.ACTIVE else _(PROJECT_STATUS_LABELS[card.status]),
        )
        st.caption(plain(" · ".join(f for f in facts if f)))
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        if Verb.STAGE_MOVE in card.may:
            _buttons(card)
    strip(card.stage)
    st.markdown(_standing(card, today))
    _still_missing(actor, card, missing, today)
    forecast_line(actor, card, today)
    box(f"move-stage-{card.id}", _("变更阶段"), lambda: _move(actor, card, today))
    box(f"set-status-{card.id}", _("变更状态"), lambda: _status(actor, card, today))


def _missing(actor: Actor, card: ProjectCard) -> Sequence[Requirement]:
    if card.status is not ProjectStatus.ACTIVE or card.stage is max(Stage):
        return ()
    with reading() as session:
        return still_missing(session, actor, card.id)


def _buttons(card: ProjectCard) -> None:
    if card.status is ProjectStatus.ACTIVE and card.stage is not max(Stage):
        st.button(
            _("推进到下一阶段"),
            type="primary",
            on_click=open_box,
            args=(f"move-stage-{card.id}",),
            key="open-move",
        )
    elif card.status is ProjectStatus.ACTIVE:
        st.button(_("变更阶段"), on_click=open_box, args=(f"move-stage-{card.id}",), key="open-move")
    st.button(
        _("恢复推进") if card.status is not ProjectStatus.ACTIVE else _("暂停/终止"),
        type="primary" if card.status is not ProjectStatus.ACTIVE else "tertiary",
        on_click=open_box,
        args=(f"set-status-{card.id}",),
        key="open-status",
    )


def strip(stage: Stage) -> None:
    """The stages in a row, the present one marked by shape and weight."""
    parts = []
    for each in Stage:
        name = plain(_(STAGE_LABELS[each]))
        if each < stage:
            parts.append(f":gray[:material/check: {name}]")
        elif each == stage:
            parts.append(f":primary-badge[:material/radio_button_checked: {name}]")
        else:
            parts.append(f":gray[{name}]")
    st.markdown(":small[" + " :gray[─] ".join(parts) + "]")


def _standing(card: ProjectCard, today: date) -> str:
    info = card.light
    parts = [f"{light(info.light)} {plain(why(info))}"]
    if card.status is ProjectStatus.ACTIVE:
        parts.append(f"{plain(_('等'))} **{plain(waits_for(info))}**")
        note = str(card.fields.get("ball_note") or "")
        if note:
            parts.append(plain(note))
        if info.next_on is not None and info.light is Light.GREEN:
            parts.append(plain(day(info.next_on, year=today.year)))
        elif info.next_on is not None and info.next_id != info.record_id:
            parts.append(
                plain(_("下一节点：{name}", name=info.next_name) + " " + day(info.next_on, year=today.year))
            )
    return " · ".join(parts)


def _still_missing(actor: Actor, card: ProjectCard, missing: Sequence[Requirement], today: date) -> None:
    if card.status is not ProjectStatus.ACTIVE or card.stage is max(Stage):
        return
    next_stage = Stage(card.stage + 1)
    if not missing:
        st.caption(plain(_("进入“{stage}”的条件已经齐备。", stage=_(STAGE_LABELS[next_stage]))))
        return
    title = _(
        "进入“{stage}”还差{n}项：{what}",
        stage=_(STAGE_LABELS[next_stage]),
        n=len(missing),
        what="、".join(_(r.label) for r in missing),
    )
    with st.expander(plain(title), icon=":material/checklist:"):
        for requirement in missing:
            st.markdown(f"- **{plain(_(requirement.label))}** {plain(_(requirement.supply))}")
        confirmable = [r for r in missing if r.confirmable]
        if confirmable and Verb.PROJECT_EDIT in card.may:
            _confirm(actor, card, confirmable, today)


def _confirm(actor: Actor, card: ProjectCard, confirmable: Sequence[Requirement], today: date) -> None:
    """Vouch for one requirement that no record proves, with its document."""
    form = f"confirm-{card.id}"
    codes = {r.any_of[0]: _(r.label) for r in confirmable}
    with st.form(f"{form}-{nonce(form)}", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            code = st.selectbox(
                _("凭文件确认"), list(codes), format_func=lambda c: codes[c], width=240, key=f"{form}-code"
            )
            on = st.date_input(_("文件日期"), today, width=150, key=f"{form}-on")
            evidence = st.text_input(
                _("文件名称和文号"), max_chars=300, key=f"{form}-evidence-{nonce(form)}", width=280
            )
            pressed = st.form_submit_button(_("确认"))
    if pressed:
        with speaking():
            confirm_fact(
                actor,
                ConfirmFact(project_id=card.id, code=code or "", confirmed_on=on, evidence=evidence or ""),
                today=today,
            )
            renew(form)
            saved(_("已确认。"))
            st.rerun()


def _move(actor: Actor, card: ProjectCard, today: date) -> None:
    """Next stage, a jump, or back; with all that is missing told beforehand."""
    stages = [s for s in Stage if s != card.stage]
    default = stages.index(Stage(card.stage + 1)) if card.stage < max(Stage) else len(stages) - 1
    to_stage: Stage = st.selectbox(
        _("进入阶段"),
        stages,
        index=default,
        format_func=lambda s: _(STAGE_LABELS[s]) + (_("（退回）") if s < card.stage else ""),
        key="move-to",
    )
    with reading() as session:
        missing = still_missing(session, actor, card.id, to_stage)
    back, override = to_stage < card.stage, False
    if back:
        st.info(plain(_("退回阶段不需要补充资料，但要写明原因。")))
    elif missing:
        st.warning(plain(_("还差{n}项，补齐后才能进入：", n=len(missing))))
        st.markdown(
            "\n".join(
                f"- {plain(_(STAGE_LABELS[r.stage]))} · **{plain(_(r.label))}** {plain(_(r.supply))}"
                for r in missing
            )
        )
        if Verb.STAGE_OVERRIDE in card.may:
            override = st.checkbox(_("越过门槛（须写明原因，记入操作日志）"), key="move-override")
    else:
        st.success(plain(_("条件已齐备。")))
    form = f"move-{card.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        moved_on = st.date_input(_("进入日期"), today, key="move-on")
        note = st.text_area(
            _("原因") if back or override else _("说明（可不填）"), max_chars=500, key="move-note"
        )
        pressed = st.form_submit_button(
            _("退回") if back else _("推进到“{stage}”", stage=_(STAGE_LABELS[to_stage])), type="primary"
        )
    if pressed:
        with speaking():
            move_stage(
                actor,
                MoveStage(
                    project_id=card.id,
                    to_stage=to_stage,
                    moved_on=moved_on,
                    note=note or "",
                    override=override,
                    from_stage=card.stage,
                ),
                today=today,
            )
            renew(form)
            close_box()
            saved(_("已进入“{stage}”。", stage=_(STAGE_LABELS[to_stage])), project_id=card.id)
            st.rerun()


def _status(actor: Actor, card: ProjectCard, today: date) -> None:
    """Suspend, end, complete or take up again, each with its reason. The stage stays."""
    offered = [s for s in ProjectStatus if s in NEXT_STATUS[card.status] and card.stage in STATUS_STAGES[s]]
    form = f"status-{card.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        status = st.selectbox(
            _("改为"), offered, format_func=lambda s: _(PROJECT_STATUS_LABELS[s]), key="status-to"
        )
        reason = st.selectbox(
            _("原因"),
            list(StatusReason),
            index=None,
            format_func=lambda r: _(STATUS_REASON_LABELS[r]),
            placeholder=_("请选择"),
            key="status-reason",
        )
        text = st.text_area(_("具体情况"), max_chars=400, key="status-text")
        on = st.date_input(_("日期"), today, key="status-on")
        pressed = st.form_submit_button(_("保存"), type="primary")
    if pressed and status is not None:
        with speaking():
            set_status(
                actor,
                SetStatus(project_id=card.id, status=status, on=on, reason=reason, text=text or ""),
                today=today,
            )
            renew(form)
            close_box()
            saved(
                _("项目状态已改为“{status}”。", status=_(PROJECT_STATUS_LABELS[status])), project_id=card.id
            )
            st.rerun()
