"""项目清单: every key project in the reader's reach; search, narrow, sort, open."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb, may, scopes
from crm.core.db import reading
from crm.core.i18n import _
from crm.ledgers.actions import keep_export
from crm.projects.actions.register import create_project
from crm.projects.actions.stages import MoveOutcome, move_many
from crm.projects.inputs import ProjectFields
from crm.projects.queries import ProjectFilter, choices, enterprise_names, light_counts, list_projects
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.project_parts import asking, forms, rows
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, saved, speaking
from crm.ui.words import plain
from models.vocabulary import STAGE_LABELS, Scope, Stage

PER_PAGE = 25

actor = allowed(Verb.PROJECT_VIEW)
day = today()
may_create = Scope.ALL in scopes(actor, Verb.PROJECT_CREATE)
may_move = may(actor, Verb.STAGE_MOVE)

with reading() as session:
    offered = choices(session)


def new_project() -> None:
    """The form of a new project; it starts at the first stage."""
    key = f"new-project-{nonce('new-project')}"
    with reading() as session:
        firms = enterprise_names(session, actor)
    with st.form(key, border=False):
        typed = forms.fields(key, {}, offered, firms)
        pressed = st.form_submit_button(_("建立项目"), type="primary")
    st.caption(plain(_("找不到建设单位？先在“企业”页新建企业，再回到这里选择。")))
    if pressed:
        with speaking(forms.labels()):
            made = create_project(actor, ProjectFields(**typed), today=day)
            renew("new-project")
            close_box()
            saved(_("项目已建立，请接着指派专员。"))
            links.go("project", id=made)


def move_selected(ids: list[int]) -> None:
    """The ticked projects through the same gate as one by one; those that may not stay where they are."""
    form = "bulk-move"
    with st.form(f"{form}-{nonce(form)}"):
        st.markdown(plain(_("已选{n}项", n=len(ids))))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            stage = st.selectbox(
                _("推进到"),
                list(Stage)[1:],
                format_func=lambda s: _(STAGE_LABELS[s]),
                width=220,
                key=f"{form}-stage",
            )
            moved_on = st.date_input(_("进入日期"), day, width=160, key=f"{form}-on")
            note = st.text_input(_("说明"), max_chars=500, key=f"{form}-note")
            pressed = st.form_submit_button(_("推进所选项目"), type="primary")
    if pressed and not ids:
        st.warning(plain(_("请先在表中勾选项目。")))
    elif pressed:
        with speaking():
            st.session_state["_moved"] = move_many(
                actor, ids, stage, moved_on=moved_on, note=note or "", today=day
            )
            renew(form)
            st.rerun()


def tell_moved(outcomes: list[MoveOutcome]) -> None:
    """What the bulk move did, project by project."""
    moved = [o for o in outcomes if o.moved]
    with st.container(border=True):
        st.markdown(plain(_("{n}项已推进，{m}项未推进。", n=len(moved), m=len(outcomes) - len(moved))))
        for outcome in outcomes:
            if not outcome.moved:
                st.markdown(
                    f"**{plain(outcome.name or str(outcome.project_id))}**\n"
                    + "\n".join(f"- {plain(p.message)}" for p in outcome.problems)
                )
        st.button(_("知道了"), on_click=lambda: st.session_state.pop("_moved", None))


def export() -> None:
    """What the filter shows, as a workbook that can be imported again; kept and given out by our own route."""
    asked = ProjectFilter.read(asking.query())
    for_what, kept = st.session_state.get("_exported", (None, ""))
    if kept and for_what == asked:
        st.link_button(_("下载台账"), links.file(kept), icon=":material/download:")
    elif st.button(_("导出台账"), type="tertiary", icon=":material/table_view:"):
        with speaking():
            st.session_state["_exported"] = (asked, keep_export(actor, today=day, asked=asked))
            st.rerun()


right = head(_("项目清单"))
with right, st.container(horizontal=True, horizontal_alignment="right"):
    if may(actor, Verb.EXPORT):
        export()
    if may_create:
        st.button(
            _("新建项目"),
            type="primary",
            icon=":material/add:",
            on_click=open_box,
            args=("new-project",),
        )
box("new-project", _("新建项目"), new_project, width="large")


def count(asked: object) -> dict[str, int]:
    with reading() as session:
        return light_counts(session, actor, asked, today=day)  # type: ignore[arg-type]


asked, sort = asking.filter_bar(actor, offered, counts=count)
with reading() as session:
    found = list_projects(session, actor, asked, sort, asking.page_asked(), today=day, per_page=PER_PAGE)

if st.session_state.get("_moved"):
    tell_moved(st.session_state["_moved"])
if not found.rows:
    if asked.query():
        empty(_("没有符合条件的项目。换个说法搜索，或清除筛选。"))
    elif may(actor, Verb.LEDGER_IMPORT):
        empty(
            _("还没有项目。把区里的台账表格导入进来，项目就都在这里了。"),
            _("导入台账"),
            links.to("import_ledger"),
        )
    else:
        empty(_("您名下还没有项目。请联系督办为您指派项目。"))
else:
    many = False
    if may_move:
        with rows.only_desk("bulk"):
            many = st.toggle(_("批量推进阶段"), key="bulk")
    if many:
        ids = rows.table(found.rows, day, key="project-list-many", many=True)
        move_selected(ids)
    else:
        rows.listing(found.rows, day, key="project-list")
    asking.pages(found.total, PER_PAGE)
