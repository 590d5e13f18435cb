"""简报: make a service briefing, see it as it will print, issue it; and every one issued before."""

from __future__ import annotations

import streamlit as st

from crm.briefings import actions, queries
from crm.briefings.actions import Draft
from crm.core.access import Verb, may, scopes
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links, paging
from crm.ui.briefing_parts import office, sheet, sources
from crm.ui.briefing_parts.ask import Asked, ask
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, saved, speaking
from crm.ui.words import moment, plain
from models.vocabulary import BRIEFING_KIND_LABELS, BriefingKind, Scope

PER_PAGE = 20
DRAFT = "_briefing_draft"

actor = allowed(Verb.BRIEFING_READ)
day = today()
makes = may(actor, Verb.BRIEFING_MAKE)
whole_district = Scope.ALL in scopes(actor, Verb.BRIEFING_MAKE)


def draft_of(asked: Asked) -> Draft | None:
    if asked.hall is not None:
        return actions.draft_hall(actor, asked.hall, today=day)
    if asked.project is not None:
        return actions.draft_project(actor, asked.project, today=day)
    return None


def issue(asked: Asked) -> None:
    """Number it, store it with its snapshot, and open it."""
    with speaking():
        if asked.hall is not None:
            made = actions.issue_hall(actor, asked.hall, today=day)
        elif asked.project is not None:
            made = actions.issue_project(actor, asked.project, today=day)
        else:
            return
        st.session_state.pop(DRAFT, None)
        saved(
            _("已生成{year}年第{n}期并存档。", year=made.series_year, n=made.number)
            if made.new
            else _("内容与{year}年第{n}期相同，没有另编期号。", year=made.series_year, n=made.number)
        )
        links.go("briefing", id=made.id)


def workshop() -> None:
    """Choose, preview, issue."""
    with speaking():
        asked = ask(actor, day, whole_district=whole_district)
        missing = asked == Asked()
        kept = st.session_state.get(DRAFT)
        ready = kept is not None and kept[0] == asked
        if st.button(
            _("预览"),
            type="secondary" if ready else "primary",
            icon=":material/visibility:",
            disabled=missing,
            key="draft",
        ):
            st.session_state[DRAFT] = (asked, draft_of(asked))
            st.rerun()
        kept = st.session_state.get(DRAFT)
        if kept is None or kept[1] is None or kept[0] != asked:
            st.caption(plain(_("先预览，核对无误后再生成；生成时编号并连同数据快照一起存档。")))
            return
        draft: Draft = kept[1]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(draft.title), anchor=False)
            if st.button(_("生成并存档"), type="primary", icon=":material/task:", key="issue"):
                issue(asked)
        imprint = draft.paper.imprint
        st.caption(plain(_("将编为{year}年第{n}期。", year=imprint.series_year, n=imprint.number)))
        with st.expander(_("数字从哪里来"), icon=":material/fact_check:"):
            sources.show(actor, draft.paper)
        sheet.show(draft.data)


def archive() -> None:
    """Every issued paper in reach, newest first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            _("种类"),
            [None, *BriefingKind],
            format_func=lambda k: _(BRIEFING_KIND_LABELS[k]) if k else _("全部"),
            key="archive-kind",
            width=220,
        )
        text = st.text_input(_("搜索"), key="archive-text", placeholder=_("题名里的字"), width=300)
    with reading() as session:
        found = queries.listed(
            session, actor, kind=kind, text=text, page=paging.page_number("archive-page"), per_page=PER_PAGE
        )
    if not found.rows:
        empty(_("还没有存档的简报。") + (_("在上面选好种类和期间，预览后生成第一期。") if makes else ""))
        return
    chosen = st.dataframe(
        [
            {
                "issue": _("{year}年第{n}期", year=r.series_year, n=r.number),
                "title": r.title,
                "kind": _(BRIEFING_KIND_LABELS[r.kind]),
                "made_at": moment(r.made_at),
                "made_by": r.made_by,
            }
            for r in found.rows
        ],
        column_config={
            "issue": st.column_config.TextColumn(_("期号"), width=110),
            "title": st.column_config.TextColumn(_("题名"), width="large"),
            "kind": st.column_config.TextColumn(_("种类")),
            "made_at": st.column_config.TextColumn(_("生成时间")),
            "made_by": st.column_config.TextColumn(_("编制人")),
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="archive",
    )
    rows = chosen["selection"]["rows"]
    if rows:
        links.go("briefing", id=found.rows[rows[0]].id)
    paging.pager(found.total, key="archive-page", per_page=PER_PAGE)


head(_("简报"), _("服务简报和项目专报：按公文版式生成 Word，连同数据快照存档。"))
if makes:
    with st.container(border=True):
        st.subheader(_("新建"), anchor=False)
        workshop()
st.subheader(_("存档"), anchor=False)
archive()
if may(actor, Verb.SETTING_EDIT):
    with st.expander(_("报头和模板"), icon=":material/settings:"):
        office.masthead(actor)
        for each in BriefingKind:
            st.divider()
            office.template(actor, each)
