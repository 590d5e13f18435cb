"""预警阈值: from which number on something is warned of, and on what ground that number stands."""

from __future__ import annotations

import streamlit as st

from crm.alerts import actions, rules
from crm.alerts.queries.lists import ThresholdRow, list_thresholds
from crm.core.access import Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.forms import nonce, renew
from crm.ui.home_parts import alert_lines
from crm.ui.session import allowed, today
from crm.ui.show import head, saved, speaking
from crm.ui.words import plain
from models.vocabulary import STAGE_LABELS, Stage

actor = allowed(Verb.THRESHOLD_EDIT)

THRESHOLD_LABELS: dict[str, str] = {
    rules.MILESTONE_SOON_WD: "节点临期",
    rules.NO_CONTACT_DAYS: "久未联系",
    rules.EXPIRY_WARN_DAYS: "证照到期",
    rules.COMMITMENT_SOON_WD: "承诺临期",
    rules.PROMISE_HAND_IN_WD: "容缺补交期限",
    rules.PROMISE_VERIFY_DAYS: "承诺核查期限",
    rules.PROGRESS_DUE_DAY_WD: "月报期限",
    rules.PROGRESS_YELLOW_POINTS: "进度黄灯",
    rules.PROGRESS_RED_POINTS: "进度红灯",
    rules.PROCEDURE_RED_WD: "特殊环节红灯",
    rules.CORRECTION_WARN_WD: "补正告知临期",
    rules.LETTER_REPLY_WD: "督办函回复",
}
EXPLAIN_LABELS: dict[str, str] = {
    rules.MILESTONE_SOON_WD: "节点计划完成前这么多个工作日起亮黄灯。",
    rules.NO_CONTACT_DAYS: "超过这么多天没有走访或联系企业就提醒，超过两倍亮红灯；0 表示不提醒。",
    rules.EXPIRY_WARN_DAYS: "证照到期、须开工、须备案的最后一天前这么多天起提醒。",
    rules.COMMITMENT_SOON_WD: "承诺、补交、改正、核查到期前这么多个工作日起提醒。",
    rules.PROMISE_HAND_IN_WD: "登记容缺时，补交日期先按这么多个工作日填好，每一项都可以改。",
    rules.PROMISE_VERIFY_DAYS: "登记承诺时，最迟核查日期先按这么多天填好，每一项都可以改。",
    rules.PROGRESS_DUE_DAY_WD: "每月第这么多个工作日前要报上月进度，过了就提醒。",
    rules.PROGRESS_YELLOW_POINTS: "慢于序时进度这么多个百分点起亮黄灯。",
    rules.PROGRESS_RED_POINTS: "慢于序时进度超过这么多个百分点亮红灯。",
    rules.PROCEDURE_RED_WD: "未书面告知、该启动未启动、超期的特殊环节，过了这么多个工作日仍未改正就亮红灯。",
    rules.CORRECTION_WARN_WD: "受理或一次告知补正的最后一天前这么多个工作日起提醒。",
    rules.LETTER_REPLY_WD: "督办函默认要求部门在这么多个工作日内回复。",
}
UNIT_LABELS = {"wd": "个工作日", "days": "天", "points": "个百分点"}

right = head(_("预警阈值"), _("改了之后，下一次扫描就按新的数判断"))
with right, st.container(horizontal=True, horizontal_alignment="right"):
    alert_lines.scan_button(actor, today())

with reading() as session:
    rows = {(row.code, row.stage): row for row in list_thresholds(session)}


def edit(code: str, stage: Stage | None, row: ThresholdRow | None, label: str) -> None:
    """One number with its ground and its save button."""
    rule = rules.THRESHOLD_RULES[code]
    slot = f"threshold-{code}-{'' if stage is None else int(stage)}"
    with st.form(f"{slot}-{nonce(slot)}", border=False, enter_to_submit=False):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            value = st.number_input(
                f"{label}（{_(UNIT_LABELS[rule.unit])}）",
                min_value=rule.least,
                max_value=rule.most,
                value=row.value if row else rule.default,
                step=1,
                width=200,
            )
            basis = st.text_input(_("依据"), row.basis if row else "", max_chars=200)
            pressed = st.form_submit_button(_("保存"))
            dropped = stage is not None and st.form_submit_button(
                _("改用通用的数"), type="tertiary", key=f"{slot}-drop-{nonce(slot)}"
            )
    if pressed:
        with speaking({"value": label, "basis": _("依据")}):
            actions.edit_threshold(
                actor,
                actions.ThresholdForm(
                    code=code,
                    stage=stage,
                    value=value,
                    basis=basis or "",
                    version=row.version if row else None,
                ),
            )
            renew(slot)
            saved(_("已保存：{name}改为{n}{unit}。", name=label, n=value, unit=_(UNIT_LABELS[rule.unit])))
            st.rerun()
    if dropped and stage is not None:
        with speaking():
            actions.drop_stage_threshold(actor, code, stage)
            renew(slot)
            saved(_("“{stage}”阶段改用通用的数。", stage=_(STAGE_LABELS[stage])))
            st.rerun()


for code, name in THRESHOLD_LABELS.items():
    with st.container(border=True):
        st.markdown(f"**{plain(_(name))}**  \n{plain(_(EXPLAIN_LABELS[code]))}")
        per_stage = rules.THRESHOLD_RULES[code].per_stage
        edit(code, None, rows.get((code, None)), _("所有阶段") if per_stage else _("数值"))
        if not per_stage:
            continue
        own = [stage for stage in Stage if (code, int(stage)) in rows]
        for stage in own:
            edit(code, stage, rows[code, int(stage)], _(STAGE_LABELS[stage]))
        others = [stage for stage in Stage if stage not in own]
        added = st.selectbox(
            _("给某个阶段单独定一个数"),
            others,
            index=None,
            format_func=lambda stage: _(STAGE_LABELS[stage]),
            placeholder=_("选择阶段"),
            width=300,
            key=f"add-stage-{code}",
        )
        if added is not None:
            edit(code, added, None, _(STAGE_LABELS[added]))
