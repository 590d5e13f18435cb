"""走访与诉求, 文件: what was said at the enterprise, what it asks for, what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from crm.core.access import Actor, Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.queries import (
    DemandLine,
    FileLine,
    ProjectCard,
    VisitLine,
    project_demands,
    project_files,
    project_visits,
)
from crm.ui import links
from crm.ui.show import empty
from crm.ui.words import day, moment, plain
from models.vocabulary import (
    DEMAND_CLASS_LABELS,
    DEMAND_GRADE_LABELS,
    VISIT_MODE_LABELS,
    DemandState,
    VisitState,
)

PER_PAGE = 20


def visits_and_demands(actor: Actor, card: ProjectCard, today: date) -> None:
    """The tab."""
    if Verb.VISIT_LOG in card.may:
        links.button(
            _("记一次走访"),
            links.to("visit_log", project=card.id, enterprise=card.enterprise_id),
            icon=":material/edit_note:",
            key="log-visit",
        )
    with reading() as session:
        visits, total = project_visits(session, actor, card.id, per_page=PER_PAGE)
        demands = project_demands(session, actor, card.id)
    left, right = st.columns(2, gap="large", wrap=True)
    with left:
        st.subheader(_("走访（{n}）", n=total), anchor=False)
        visit_list(visits, today)
        if total > len(visits):
            links.link(_("查看全部走访"), "visits", project=card.id)
    with right:
        st.subheader(_("诉求（{n}）", n=len(demands)), anchor=False)
        demand_list(demands, today)


def visit_list(visits: Sequence[VisitLine], today: date) -> None:
    """Visits, newest first, each opening its record."""
    if not visits:
        empty(_("还没有走访记录。"))
    for v in visits:
        with st.container(border=True, gap="xsmall"):
            head = f"**{plain(day(v.visited_on, year=today.year))}** {plain(_(VISIT_MODE_LABELS[v.mode]))}"
            if v.state is VisitState.DRAFT:
                head += f" :gray-badge[{_('草稿')}]"
            links.link(head, "visit", id=v.id)
            people = _("{ours} 见 {theirs}", ours="、".join(v.ours) or "—", theirs="、".join(v.theirs) or "—")
            st.caption(plain(people))
            if v.note:
                st.markdown(plain(" ".join(v.note.split())[:160]))


def demand_list(demands: Sequence[DemandLine], today: date) -> None:
    """Demands, open ones first."""
    if not demands:
        empty(_("还没有诉求。"))
    for d in demands:
        with st.container(border=True, gap="xsmall"):
            state = (
                f":orange-badge[:material/pending: {_('办理中')}]"
                if d.state is DemandState.OPEN
                else f":gray-badge[:material/check: {_('已办结')}]"
            )
            st.markdown(
                f"{state} {plain(_(DEMAND_CLASS_LABELS[d.demand_class]))} · {plain(_(DEMAND_GRADE_LABELS[d.grade]))}"
            )
            st.markdown(plain(" ".join(d.content.split())))
            st.caption(
                plain(
                    _("{on}提出", on=day(d.raised_on, year=today.year))
                    + (f" · {d.result}" if d.result else "")
                )
            )


def files(actor: Actor, card: ProjectCard) -> None:
    """The tab of kept files; each through the permission-checked route."""
    with reading() as session:
        found: Sequence[FileLine] = project_files(session, actor, card.id)
    if not found:
        empty(_("还没有文件。走访照片等附件会列在这里。"))
    for f in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.link_button(
                plain(f.name), links.file(f.public_id), type="tertiary", icon=":material/attach_file:"
            )
            st.caption(plain(f"{max(1, f.size // 1000)} KB · {moment(f.made_at)}"))
