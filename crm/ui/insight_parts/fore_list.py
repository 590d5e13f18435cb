"""The likely dates of many projects: a table on a desk, cards on a phone; a row opens the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.core.i18n import _
from crm.insight.forecast.queries import Dates, ForecastRow
from crm.ui import links
from crm.ui.insight_parts.fore_words import on as likely
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.words import NOTHING, plain
from models.vocabulary import STAGE_LABELS


def listing(rows: Sequence[ForecastRow], towns: Mapping[int, str], today: date) -> None:
    """The page of rows, both ways."""
    with only_desk("forecasts"):
        _table(rows, towns, today)
    with only_phone("forecasts"):
        for row in rows:
            _card(row, towns, today)


def _days(dates: Dates | None, today: date) -> tuple[str, str, str]:
    if dates is None:
        return NOTHING, NOTHING, NOTHING
    a, b, c = (likely(on, today.year) for on in (dates.p50_on, dates.p80_on, dates.p95_on))
    return a, b, c


def _table(rows: Sequence[ForecastRow], towns: Mapping[int, str], today: date) -> None:
    frame = pd.DataFrame(
        {
            "name": [r.name for r in rows],
            "stage": [_(STAGE_LABELS[r.stage]) for r in rows],
            "licence": [_days(r.licence, today)[1] for r in rows],
            "p50": [_days(r.production, today)[0] for r in rows],
            "p80": [_days(r.production, today)[1] for r in rows],
            "p95": [_days(r.production, today)[2] for r in rows],
            "wanted": [
                (("▲ " if r.late else "") + likely(r.wanted_on, today.year)) if r.wanted_on else NOTHING
                for r in rows
            ],
            "mover": [r.mover for r in rows],
            "town": [towns.get(r.town_id or 0, "") for r in rows],
        }
    )
    event = st.dataframe(
        frame,
        key="forecast-table",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("项目预计日期"),
        column_config={
            "name": st.column_config.TextColumn(_("项目"), width=190),
            "stage": st.column_config.TextColumn(_("阶段"), width=92),
            "licence": st.column_config.TextColumn(_("主要许可（八成）"), width=122),
            "p50": st.column_config.TextColumn(_("投产（五成）"), width=105),
            "p80": st.column_config.TextColumn(_("投产（八成）"), width=105),
            "p95": st.column_config.TextColumn(_("投产（九五成）"), width=112),
            "wanted": st.column_config.TextColumn(
                _("要求投产"), width=118, help=_("▲ 表示八成把握的日期晚于要求投产日期。")
            ),
            "mover": st.column_config.TextColumn(_("最能左右日期的节点"), width=140),
            "town": st.column_config.TextColumn(_("镇街"), width=75),
        },
    )
    for cell in event["selection"]["cells"]:  # type: ignore[index]
        if cell[0] < len(rows):
            links.go("project", id=rows[cell[0]].project_id)


def _card(row: ForecastRow, towns: Mapping[int, str], today: date) -> None:
    with st.container(border=True, gap="xsmall"):
        links.link(f"**{plain(row.name)}**", "project", id=row.project_id)
        for name, dates in ((_("主要许可"), row.licence), (_("投产"), row.production)):
            if dates is not None:
                half, most, nearly = _days(dates, today)
                st.markdown(
                    plain(_("{name}：五成 {a}，八成 {b}，九五成 {c}", name=name, a=half, b=most, c=nearly))
                )
        said = [towns.get(row.town_id or 0, ""), _(STAGE_LABELS[row.stage])]
        if row.wanted_on:
            said.append(_("要求投产 {on}", on=likely(row.wanted_on, today.year)))
        if row.late:
            said.append(_("八成把握的日期晚于要求"))
        st.caption(plain(" · ".join(s for s in said if s)))
