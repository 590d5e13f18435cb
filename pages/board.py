"""阶段看板: the projects by stage; a card moves through the same gate as everywhere."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.errors import CrmError, Refusal
from crm.core.i18n import _
from crm.projects.actions.stages import move_stage
from crm.projects.inputs import MoveStage
from crm.projects.queries import (
    ProjectFilter,
    ProjectRow,
    choices,
    light_counts,
    projects_by_stage,
    stage_counts,
)
from crm.ui import links
from crm.ui.project_parts import asking, rows
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, saved
from crm.ui.words import plain
from models.vocabulary import STAGE_LABELS, ProjectStatus, Stage

PER_COLUMN = 8
COLUMN_PX = 240

actor = allowed(Verb.PROJECT_VIEW)
day = today()
may_move = may(actor, Verb.STAGE_MOVE)

with reading() as session:
    offered = choices(session)


def move(row: ProjectRow, to_stage: Stage) -> None:
    """One card to another column; a refusal stays on the card until the next move."""
    st.session_state.pop("_refused", None)
    try:
        move_stage(
            actor,
            MoveStage(project_id=row.id, to_stage=to_stage, moved_on=day, from_stage=row.stage),
            today=day,
        )
        saved(
            _("“{name}”已进入“{stage}”。", name=row.name, stage=_(STAGE_LABELS[to_stage])), project_id=row.id
        )
    except Refusal as refusal:
        st.session_state["_refused"] = (row.id, tuple(p.message for p in refusal.problems))
    except CrmError as error:
        st.session_state["_refused"] = (row.id, (str(error),))


def column(stage: Stage, asked: ProjectFilter, number: int, key: str) -> None:
    """One stage: its cards, the soonest due first, and the rest behind a link."""
    found = first.get(stage, ())
    for row in found:
        with rows.card(row, day, stage=False):
            if may_move and row.status is ProjectStatus.ACTIVE:
                to_stage = st.menu_button(
                    _("移到…"),
                    [s for s in Stage if s != stage],
                    format_func=lambda s: _(STAGE_LABELS[s]),
                    type="tertiary",
                    key=f"{key}-move-{row.id}",
                )
                if to_stage is not None:
                    move(row, to_stage)
                    st.rerun()
            refused = st.session_state.get("_refused")
            if refused and refused[0] == row.id:
                st.error("\n".join(f"- {plain(message)}" for message in refused[1]))
    if number > len(found):
        links.button(
            _("其余{n}项", n=number - len(found)),
            links.to("projects", **asked.but(stage=stage).query()),
            type="tertiary",
            key=f"{key}-rest-{int(stage)}",
        )


def count(asked: ProjectFilter) -> dict[str, int]:
    with reading() as session:
        return light_counts(session, actor, asked, today=day)


head(_("阶段看板"))
asked, _sort = asking.filter_bar(actor, offered, counts=count, stages=False)
with reading() as session:
    counts = stage_counts(session, actor, asked, today=day)
    first = projects_by_stage(session, actor, asked, today=day, each=PER_COLUMN)

if not sum(counts.values()):
    empty(_("没有符合条件的项目。换个说法搜索，或清除筛选。") if asked.query() else _("您名下还没有项目。"))
    st.stop()

stages = [s for s in Stage if counts[s]]
# One stage at a time: the way a phone shows the board, and a desk when one stage is asked for.
names = {str(int(s)): f"{_(STAGE_LABELS[s])} {counts[s]}" for s in Stage if counts[s]}
with rows.only_phone("board"):
    chosen = asking.choose(_("阶段"), "stage", names, anything=names[str(int(stages[0]))], bare=True)
    one = Stage(int(chosen)) if chosen else stages[0]
    column(one, asked, counts[one], "phone")
with rows.only_desk("board"), st.container(horizontal=True, wrap=False, gap="small", key="board-columns"):
    for stage in stages:
        with st.container(width=COLUMN_PX, gap="small"):
            st.markdown(f"**{plain(_(STAGE_LABELS[stage]))}** :gray[{counts[stage]}]")
            column(stage, asked, counts[stage], "desk")
