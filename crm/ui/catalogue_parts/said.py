"""How the catalogue's rules, documents and register entries are said on its screens."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from crm.approvals.catalogue_rules import Entry, ItemRule
from crm.approvals.words import days
from crm.core.i18n import _
from crm.ui.words import NOTHING, plain
from models.vocabulary import DAY_UNIT_LABELS, PROCEDURE_KIND_LABELS, DayUnit, DocumentStanding

DOUBT_BADGE = ":orange-badge[:material/rule: {word}]"
# A word and a shape for each standing.
STANDING_BADGES: dict[DocumentStanding, str] = {
    DocumentStanding.NEEDED: ":blue-badge[:material/description: {word}]",
    DocumentStanding.MAY_FOLLOW: ":green-badge[:material/schedule_send: {word}]",
    DocumentStanding.PROMISE: ":green-badge[:material/handshake: {word}]",
    DocumentStanding.DROPPED: ":gray-badge[:material/remove_circle_outline: {word}]",
}


def rule_labels() -> dict[str, str]:
    """The rule's fields as people call them, in the order they are read."""
    return {
        "legal_limit": _("法定期限"),
        "unit": _("法定期限单位"),
        "legal_limit_text": _("法定期限说明"),
        "promised_limit": _("承诺期限（工作日）"),
        "promised_limit_text": _("承诺期限说明"),
        "clock_start": _("从何时起算"),
        "correction_limit": _("补正告知（工作日）"),
        "extension_limit": _("最多可延长"),
        "legal_basis": _("法律依据"),
        "prerequisite_text": _("前置"),
        "promise_route": _("告知承诺/容缺"),
        "special_steps": _("特殊环节"),
        "follow_up": _("有效期与后续"),
        "valid_months": _("证照有效（月）"),
        "renew_before": _("提前多久申请延续"),
        "renew_unit": _("提前期的单位"),
        "certainty": _("依据可靠程度"),
    }


def field(name: str) -> str:
    """A rule's field where its value stands beside it with its unit."""
    return re.sub(r"（.*?）| \(.*?\)", "", rule_labels()[name])


def limit(value: int | None, unit: DayUnit, text: str) -> str:
    """15日 / 5个工作日 / 即办, or what the catalogue says where it gives no number."""
    if value is None:
        return text or NOTHING
    return _("即办") if value == 0 else days(value, unit)


def rule_value(name: str, value: Any, rule: ItemRule) -> str:
    """One value of a rule as a person reads it."""
    if value is None or value == "":
        return NOTHING
    if name in ("unit", "renew_unit"):
        return _(DAY_UNIT_LABELS[value])
    if name == "legal_limit":
        return limit(value, rule.unit, "")
    if name in ("promised_limit", "correction_limit"):
        return limit(value, DayUnit.WORKING, "")
    if name == "extension_limit":
        return days(value, rule.unit) if value else _("不可延长")
    if name == "renew_before":
        return days(value, rule.renew_unit)
    return str(value)


def doubt() -> str:
    """The badge of what nobody confirmed."""
    return DOUBT_BADGE.format(word=_("待核"))


def lines(pairs: list[tuple[str, str]]) -> None:
    """Label and value, one a line; values are plain text. Empty ones are not shown."""
    st.markdown(
        "  \n".join(
            f":gray[{plain(name)}]\u2003{plain(' '.join(value.split()))}"
            for name, value in pairs
            if value and value != NOTHING
        )
        or plain(_("尚未填写。"))
    )


def stop_word(entry: Entry) -> str:
    return _("停表") if entry.stops_clock else _("不停表")


def wd(value: int | None) -> str:
    """3个工作日, or that nobody set it."""
    return NOTHING if value is None else days(value, DayUnit.WORKING)


def kind(entry: Entry) -> str:
    return _(PROCEDURE_KIND_LABELS[entry.kind])


def entry_head(entry: Entry) -> str:
    """Markdown: the step's name, whether it stops the clock, what is doubtful."""
    badge = (
        f":blue-badge[:material/pause_circle: {_('停表')}]"
        if entry.stops_clock
        else f":gray-badge[:material/play_circle: {_('不停表')}]"
    )
    parts = [f"**{plain(entry.name)}**", badge]
    if "待核" in entry.certainty:
        parts.append(doubt())
    if not entry.active:
        parts.append(f":gray-badge[{_('已停用')}]")
    return " ".join(parts)


def entry_lines(entry: Entry) -> list[tuple[str, str]]:
    """Everything the register says of a step."""
    yes = {True: _("是"), False: _("否")}
    return [
        (_("类别"), kind(entry)),
        (_("停表依据"), entry.stop_basis),
        (_("环节依据"), entry.basis),
        (_("启动条件"), entry.conditions),
        (
            _("启动时限"),
            _("受理后{n}", n=wd(entry.start_limit_wd)) if entry.start_limit_wd is not None else "",
        ),
        (_("最长时限"), wd(entry.longest_wd)),
        (_("次数上限"), _("每件{n}次", n=entry.times)),
        (_("须书面告知"), yes[entry.notice_needed]),
        (_("收费"), entry.charge_basis if entry.charged else _("不收费")),
        (_("核对情况"), entry.certainty),
    ]
