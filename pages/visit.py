"""走访: one visit with everything on it; promises are ticked off here, and its author mends it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.errors import Conflict, NotFound
from crm.core.i18n import _
from crm.ui import conflict, links
from crm.ui.forms import nonce, renew
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty, head, saved, speaking
from crm.ui.timeline import timeline
from crm.ui.visit_parts import typing
from crm.ui.visit_parts.due import promise_state
from crm.ui.words import NOTHING, day, moment, plain
from crm.visits import actions, queries
from crm.visits.queries import PromiseRow, VisitCard
from crm.visits.rules import TOPIC_LABELS
from models.vocabulary import (
    DEMAND_CLASS_LABELS,
    DEMAND_GRADE_LABELS,
    VISIT_MODE_LABELS,
    DemandClass,
    DemandGrade,
    DemandState,
    VisitMode,
    VisitState,
)

actor = allowed(Verb.VISIT_VIEW)
now = today()
visit_id = record_id()
EDIT = f"visit:{visit_id}"


def opened() -> VisitCard | None:
    if visit_id is None:
        return None
    with reading() as session:
        try:
            return queries.visit_card(session, actor, visit_id)
        except NotFound:
            return None


def facts(card: VisitCard) -> None:
    """Who, when, how, what about."""
    with st.container(horizontal=True):
        if card.enterprise_id is not None:
            links.link(f":material/apartment: {plain(card.enterprise)}", "enterprise", id=card.enterprise_id)
        if card.project_id is not None:
            links.link(f":material/construction: {plain(card.project)}", "project", id=card.project_id)
    lines = [
        (_("时间"), day(card.visited_on, year=now.year)),
        (_("方式"), _(VISIT_MODE_LABELS[card.mode]) + (f" · {card.place}" if card.place else "")),
        (_("走访人"), "、".join(p.name for p in card.ours) or NOTHING),
        (_("接待人"), "、".join(f"{p.name} {p.title}".strip() for p in card.theirs) or NOTHING),
    ]
    if card.topics:
        lines.append((_("议题"), "、".join(_(t) for t in card.topics)))
    if card.next_visit_on:
        lines.append((_("下次走访"), day(card.next_visit_on, year=now.year)))
    st.markdown("  \n".join(f"**{plain(label)}**　{plain(text)}" for label, text in lines))
    with st.container(border=True):
        st.markdown(plain(card.note).replace("\n", "  \n") or NOTHING)
        if card.answered_on_spot:
            st.markdown(f"**{plain(_('现场答复'))}**　{plain(card.answered_on_spot)}")
    st.caption(plain(_("{who} 登记于 {when}", who=card.author or NOTHING, when=moment(card.created_at))))


def promises(card: VisitCard) -> None:
    """What was promised; one tap ticks it off."""
    if card.promises:
        st.subheader(_("承诺"), anchor=False)
    for promise in card.promises:
        with st.container(border=True):
            st.markdown(f"{promise_state(promise, now)} {plain(promise.text)}")
            st.caption(
                plain(
                    _(
                        "{owner}　{due}前",
                        owner=promise.owner or NOTHING,
                        due=day(promise.due_on, year=now.year),
                    )
                    if promise.due_on
                    else promise.owner or NOTHING
                )
            )
            if promise.result:
                st.markdown(plain(promise.result))
            if promise.done_on is None and may(actor, Verb.VISIT_LOG):
                tick(card, promise)


def tick(card: VisitCard, promise: PromiseRow) -> None:
    form = f"tick:{promise.id}"
    with st.popover(_("办好了"), icon=":material/task_alt:"), st.form(f"{form}:{nonce(form)}", border=False):
        done_on = st.date_input(_("完成日期"), now, format="YYYY-MM-DD")
        result = st.text_input(_("结果"), max_chars=actions.LENGTHS["result"])
        pressed = st.form_submit_button(_("记下结果"), type="primary")
    if pressed:
        with speaking():
            actions.keep_promise(actor, promise.id, done_on=done_on, result=result or "", today=now)
            renew(form)
            saved(_("承诺已办结。"), project_id=card.project_id)
            st.rerun()


def demands(card: VisitCard) -> None:
    if card.demands:
        st.subheader(_("诉求"), anchor=False)
    for demand in card.demands:
        with st.container(border=True):
            colour = "gray" if demand.state is DemandState.CLOSED else "blue"
            word = _("已办结") if demand.state is DemandState.CLOSED else _("办理中")
            st.markdown(
                f":{colour}-badge[{plain(word)}] {plain(_(DEMAND_CLASS_LABELS[demand.demand_class]))} · "
                f"{plain(_(DEMAND_GRADE_LABELS[demand.grade]))}"
            )
            st.markdown(plain(demand.content))
            if demand.result:
                st.caption(plain(demand.result))


def photos(card: VisitCard) -> None:
    if card.photos:
        st.subheader(_("照片"), anchor=False)
    typing.gallery([p.public_id for p in card.photos], take_away if card.editable else None)


def take_away(photo: str) -> None:
    actions.remove_photo(actor, photo)
    saved(_("照片已移除。"))


def add(card: VisitCard) -> None:
    """A forgotten demand, promise or photo."""
    with st.popover(_("补充"), icon=":material/add:"):
        kind = st.segmented_control(
            _("补充什么"),
            ["demand", "promise", "photo"],
            default="demand",
            format_func=lambda k: {"demand": _("诉求"), "promise": _("承诺"), "photo": _("照片")}[k],
            required=True,
            label_visibility="collapsed",
        )
        {"demand": add_demand, "promise": add_promise, "photo": add_photo}[kind or "demand"](card)


def add_demand(card: VisitCard) -> None:
    form = f"demand:{card.id}"
    with st.form(f"{form}:{nonce(form)}", border=False):
        kind = st.selectbox(_("诉求类别"), list(DemandClass), format_func=lambda c: _(DEMAND_CLASS_LABELS[c]))
        grade = st.selectbox(
            _("轻重缓急"), list(DemandGrade), index=1, format_func=lambda g: _(DEMAND_GRADE_LABELS[g])
        )
        content = st.text_area(_("企业的原话"), max_chars=actions.LENGTHS["content"], height=80)
        pressed = st.form_submit_button(_("登记诉求"), type="primary")
    if pressed:
        with speaking(typing.labels()):
            actions.add_demand(
                actor,
                card.id,
                actions.DemandIn(demand_class=kind, grade=grade, content=content or ""),
                today=now,
            )
            renew(form)
            saved(_("诉求已登记。"))
            st.rerun()


def add_promise(card: VisitCard) -> None:
    form = f"promise:{card.id}"
    with reading() as session:
        names = {p.id: p.name for p in queries.colleagues(session, actor)}
    with st.form(f"{form}:{nonce(form)}", border=False):
        text = st.text_input(_("答应的事"), max_chars=actions.LENGTHS["text"])
        owner = st.selectbox(_("谁来办"), list(names), format_func=lambda i: names[i])
        due = st.date_input(_("何时前"), None, format="YYYY-MM-DD")
        pressed = st.form_submit_button(_("登记承诺"), type="primary")
    if pressed:
        with speaking(typing.labels()):
            actions.add_promise(
                actor, card.id, actions.PromiseIn(text=text or "", owner_id=owner, due_on=due), today=now
            )
            renew(form)
            saved(_("承诺已登记。"))
            st.rerun()


def add_photo(card: VisitCard) -> None:
    form = f"photo:{card.id}"
    arrived = st.file_uploader(
        _("照片（可直接拍照）"),
        type=["jpg", "jpeg", "png", "webp"],
        max_upload_size=20,
        key=f"{form}:{nonce(form)}",
    )
    if arrived is not None:
        with speaking(typing.labels()):
            actions.add_photos(actor, card.id, [actions.keep_photo(actor, arrived.getvalue(), arrived.name)])
            renew(form)
            saved(_("照片已添加。"))
            st.rerun()


def edit(card: VisitCard) -> None:
    """The editable part. The form keeps the version it was opened with."""
    base: VisitCard = st.session_state.setdefault(f"opened:{EDIT}:{nonce(EDIT)}", card)
    waiting = conflict.pending(EDIT)
    chosen: dict[str, Any] | None = None
    if waiting is not None:
        chosen = conflict.resolve(waiting, typing.labels(), record="visit", key=EDIT)
    slot = f"enterprise:{EDIT}:{nonce(EDIT)}"
    enterprise = base.enterprise_id or st.session_state.get(slot)
    if enterprise is None:  # a draft may lack it
        typing.search(actor, now, slot)
    with reading() as session:
        contacts = queries.contacts_of(session, actor, enterprise) if enterprise else []
        owned = queries.projects_of(session, actor, enterprise) if enterprise else []
        theirs = {p.id: typing.person_label(p) for p in contacts}
        ours = {p.id: p.name for p in queries.colleagues(session, actor)}
        projects = {p.id: p.name for p in owned}
        firm = queries.enterprise_hit(session, actor, enterprise) if enterprise else None
    if firm is not None and base.enterprise_id is None:
        st.markdown(f":material/apartment: **{plain(firm.name)}**")
    with st.form(f"{EDIT}:{nonce(EDIT)}", border=False):
        with st.container(horizontal=True):
            on = st.date_input(_("走访日期"), base.visited_on, format="YYYY-MM-DD", width=160)
            mode = st.selectbox(
                _("方式"),
                list(VisitMode),
                index=list(VisitMode).index(base.mode),
                format_func=lambda m: _(VISIT_MODE_LABELS[m]),
                width=160,
            )
        options = [*projects, None]
        project = st.selectbox(
            _("项目"),
            options,
            index=options.index(base.project_id) if base.project_id in options else len(options) - 1,
            format_func=lambda i: typing.plain_name(projects, i),
        )
        known = [p.contact_id for p in base.theirs if p.contact_id in theirs]
        received = st.multiselect(_("接待人"), list(theirs), default=known, format_func=lambda i: theirs[i])
        others = [f"{p.name} {p.title}".strip() for p in base.theirs if p.contact_id not in theirs]
        new = st.text_input(_("其他接待人"), "、".join(others), max_chars=200)
        went = st.multiselect(
            _("走访人"),
            list(ours),
            default=[p.user_id for p in base.ours if p.user_id in ours],
            format_func=lambda i: ours.get(i, str(i)),
        )
        guests = st.text_input(
            _("其他走访人"), "、".join(p.name for p in base.ours if p.user_id not in ours), max_chars=200
        )
        topics = st.multiselect(
            _("议题"),
            sorted({*TOPIC_LABELS, *base.topics}),
            default=list(base.topics),
            format_func=lambda t: _(t),
        )
        note = st.text_area(_("情况"), base.note, height=160, max_chars=actions.LENGTHS["note"])
        answered = st.text_input(
            _("现场答复"), base.answered_on_spot, max_chars=actions.LENGTHS["answered_on_spot"]
        )
        place = st.text_input(_("地点"), base.place, max_chars=actions.LENGTHS["place"])
        following = st.date_input(_("下次走访"), base.next_visit_on, format="YYYY-MM-DD")
        complete = base.state is VisitState.COMPLETE
        if not complete:
            complete = st.checkbox(_("内容已齐，作为正式走访"), True)
        pressed = st.form_submit_button(_("保存修改"), type="primary", icon=":material/check:")
    if not pressed and chosen is None:
        return
    typed: dict[str, Any] = {
        "state": VisitState.COMPLETE if complete else VisitState.DRAFT,
        "enterprise_id": enterprise,
        "project_id": project,
        "visited_on": on,
        "mode": mode,
        "place": place or "",
        "topics": tuple(topics),
        "note": note or "",
        "answered_on_spot": answered or "",
        "next_visit_on": following,
    }
    version = base.version
    if chosen is not None and waiting is not None:
        typed, version = typed | chosen, waiting.stored_version
    with speaking(typing.labels()):
        try:
            actions.edit_visit(
                actor,
                base.id,
                actions.VisitEdit(
                    version=version,
                    opened=opened_values(base),
                    ours=(
                        *(actions.PersonIn(user_id=i) for i in went),
                        *typing.people_named(guests or ""),
                    ),
                    theirs=(
                        *(actions.PersonIn(contact_id=i) for i in received),
                        *typing.people_named(new or ""),
                    ),
                    **typed,
                ),
                today=now,
            )
        except Conflict as clash:
            if not clash.clashes:
                raise
            conflict.remember(EDIT, clash)
            st.rerun()
        conflict.forget(EDIT)
        renew(EDIT)
        st.session_state.pop(f"editing:{EDIT}", None)
        saved(_("走访已修改。"), project_id=project)
        st.rerun()


def opened_values(card: VisitCard) -> dict[str, Any]:
    """What the form showed when it was opened."""
    names = (
        "state",
        "enterprise_id",
        "project_id",
        "visited_on",
        "mode",
        "place",
        "note",
        "answered_on_spot",
        "next_visit_on",
    )
    return {name: getattr(card, name) for name in names} | {"topics": list(card.topics)}


card = opened()
if card is None:
    head(_("走访"))
    empty(_("没有找到这条走访，或您无权查看。"), _("走访记录"), links.to("visits"))
    st.stop()
assert card is not None
right = head(card.enterprise or _("未选企业的走访草稿"), day(card.visited_on, year=now.year))
editing = f"editing:{EDIT}"
with right, st.container(horizontal=True, horizontal_alignment="right"):
    if card.editable and not st.session_state.get(editing):
        add(card)
        if st.button(_("修改"), icon=":material/edit:", key=f"edit:{EDIT}"):
            st.session_state[editing] = True
            renew(EDIT)
            st.rerun()
    elif st.session_state.get(editing) and st.button(_("不改了"), type="tertiary", key=f"leave:{EDIT}"):
        st.session_state.pop(editing, None)
        conflict.forget(EDIT)
        st.rerun()
if card.state is VisitState.DRAFT:
    st.warning(plain(_("这是草稿，补齐后才算一次走访。")), icon=":material/edit_note:")
if card.editable and st.session_state.get(editing):
    edit(card)
else:
    left, side = st.columns([3, 2], wrap=True, gap="medium")
    with left:
        facts(card)
        photos(card)
    with side:
        promises(card)
        demands(card)
    with st.expander(_("改动记录"), icon=":material/history:"), reading() as session:
        timeline(session, actor, record="visit", record_id=card.id)
