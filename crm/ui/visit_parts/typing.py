"""The visit form as it is typed: seeded from the draft, kept after every change, read into a `VisitForm`.

Not a `st.form`: a form tells us nothing until it is sent, and nothing typed may be lost on a reload.
Every key carries the form's nonce, so that a save gives an empty form and a late click of a burst
meets no button; the draft carries the request id, so that a reload cannot write the visit twice.
"""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import Any

import streamlit as st

from crm.core.access import Actor
from crm.core.db import reading
from crm.core.drafts import drop_draft, load_draft, save_draft
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.show import speaking
from crm.ui.words import plain
from crm.visits import queries
from crm.visits.actions import (
    DRAFT_FORM,
    LENGTHS,
    MAX_PHOTOS,
    DemandIn,
    PersonIn,
    PromiseIn,
    VisitForm,
    keep_photo,
    remove_photo,
)
from crm.visits.queries import EnterpriseHit, PersonRow
from crm.visits.rules import TOPIC_LABELS
from models.vocabulary import (
    DEMAND_CLASS_LABELS,
    DEMAND_GRADE_LABELS,
    VISIT_MODE_LABELS,
    DemandClass,
    DemandGrade,
    VisitMode,
    VisitState,
)

FORM = DRAFT_FORM
HITS = 6  # enterprises offered at once: what fits a phone above the keyboard
LABELS = {
    "enterprise_id": "企业",
    "project_id": "项目",
    "visited_on": "走访日期",
    "ours": "走访人",
    "theirs": "接待人",
    "note": "情况",
    "next_visit_on": "下次走访",
    "promises": "承诺",
    "demands": "诉求",
    "photos": "照片",
    "place": "地点",
    "answered_on_spot": "现场答复",
}

Content = dict[str, Any]


def labels() -> dict[str, str]:
    return {name: _(text) for name, text in LABELS.items()}


def seed(actor: Actor, start: Content) -> Content:
    """What the form began with: the kept draft, else `start`. Read once per opening of the form."""
    slot = f"seed:{nonce(FORM)}"
    if slot not in st.session_state:
        kept = load_draft(actor, FORM) or {}
        if start and kept.get("enterprise_id") not in (None, start["enterprise_id"]) and not _written(kept):
            kept = {}
        st.session_state[slot] = {"request_id": uuid.uuid4().hex} | start | kept
        st.session_state[f"restored:{nonce(FORM)}"] = _written(kept)
    found: Content = st.session_state[slot]
    return found


def was_restored() -> bool:
    return bool(st.session_state.get(f"restored:{nonce(FORM)}"))


def _written(content: Content) -> bool:
    """Whether somebody typed something, and not only opened the form."""
    return any(content.get(k) for k in ("note", "promises", "demands", "photos", "theirs", "new_people"))


def start_over(actor: Actor) -> None:
    """Throw the draft away and open an empty form."""
    for photo in seed(actor, {}).get("photos", []):
        with speaking():
            remove_photo(actor, photo)
    drop_draft(actor, FORM)
    renew(FORM)


def fill(actor: Actor, today: date, begun: Content) -> Content:
    """Show the form; returns what is in it now, as the draft keeps it."""
    now: Content = {"request_id": begun["request_id"]}
    now["enterprise_id"], now["project_id"] = _enterprise(actor, today, begun)
    now["visited_on"], now["mode"] = _when_and_how(today, begun)
    now |= _people(actor, now["enterprise_id"], begun)
    now["topics"] = st.pills(
        _("议题"),
        list(TOPIC_LABELS),
        selection_mode="multi",
        default=[t for t in begun.get("topics", []) if t in TOPIC_LABELS],
        format_func=lambda t: _(TOPIC_LABELS[t]),
        key=f"topics:{nonce(FORM)}",
    )
    now["note"] = st.text_area(
        _("情况"),
        begun.get("note", ""),
        height=130,
        max_chars=LENGTHS["note"],
        placeholder=_("进展到哪一步、有什么变化、下一步怎么走"),
        key=f"note:{nonce(FORM)}",
    )
    now["demands"] = _demands(begun)
    now["promises"] = _promises(actor, today, begun)
    now["photos"] = _photos(actor, begun)
    with st.expander(_("更多：现场答复、地点、下次走访"), expanded=_has_more(begun)):
        now["answered_on_spot"] = st.text_input(
            _("现场答复"),
            begun.get("answered_on_spot", ""),
            max_chars=LENGTHS["answered_on_spot"],
            key=f"answered:{nonce(FORM)}",
        )
        now["place"] = st.text_input(
            _("地点"), begun.get("place", ""), max_chars=LENGTHS["place"], key=f"place:{nonce(FORM)}"
        )
        now["next_visit_on"] = st.date_input(
            _("下次走访"), _day(begun.get("next_visit_on")), key=f"next:{nonce(FORM)}", format="YYYY-MM-DD"
        )
    return now


def keep(actor: Actor, content: Content) -> bool:
    """Keep the draft if it differs from what was kept. Returns whether there is one."""
    if content.get("enterprise_id") is None and not _written(content):
        return False
    try:
        save_draft(actor, FORM, content)
    except Refusal:
        return False
    return True


def to_form(content: Content, state: VisitState) -> VisitForm:
    """The visit as the action takes it. Raises `Refusal`."""
    return VisitForm(
        request_id=content["request_id"],
        state=state,
        enterprise_id=content["enterprise_id"],
        project_id=content["project_id"],
        visited_on=content["visited_on"],
        mode=content["mode"],
        place=content["place"] or "",
        topics=tuple(content["topics"] or ()),
        note=content["note"] or "",
        answered_on_spot=content["answered_on_spot"] or "",
        next_visit_on=content["next_visit_on"],
        ours=tuple(PersonIn(user_id=p) if isinstance(p, int) else PersonIn(name=p) for p in content["ours"]),
        theirs=(
            *(PersonIn(contact_id=p) for p in content["theirs"]),
            *people_named(content["new_people"] or ""),
        ),
        promises=tuple(
            PromiseIn(text=p["text"] or "", owner_id=p["owner_id"], due_on=p["due_on"])
            for p in content["promises"]
        ),
        demands=tuple(
            DemandIn(demand_class=d["demand_class"], grade=d["grade"], content=d["content"] or "")
            for d in content["demands"]
        ),
        photos=tuple(content["photos"]),
    )


def people_named(text: str) -> list[PersonIn]:
    """“梁工 项目经理、陈小姐” -> two people, the second without a title."""
    people = []
    for part in re.split(r"[、，,；;\n]+", text):
        name, _space, title = part.strip().partition(" ")
        if name:
            people.append(PersonIn(name=name, title=title.strip()))
    return people


# The parts, in the order of the page


def _enterprise(actor: Actor, today: date, begun: Content) -> tuple[int | None, int | None]:
    """Search by name, pinyin or initials; once chosen, a line with a way back."""
    slot = f"enterprise:{nonce(FORM)}"
    if slot not in st.session_state:
        st.session_state[slot] = begun.get("enterprise_id")
    with reading() as session:
        chosen = st.session_state[slot]
        hit = queries.enterprise_hit(session, actor, chosen) if chosen else None
        projects = queries.projects_of(session, actor, chosen) if hit else []
    if hit is None:
        search(actor, today, slot)
        return None, None
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        under = " · ".join([hit.town, *(p.name for p in projects[:1] if len(projects) == 1)])
        st.markdown(f":material/apartment: **{plain(hit.name)}**  \n{plain(under)}", width="stretch")
        st.button(
            _("换一家"), key=f"change:{nonce(FORM)}", type="tertiary", on_click=_choose, args=(slot, None)
        )
    if len(projects) < 2:
        return hit.id, projects[0].id if projects else None
    options: list[int | None] = [*(p.id for p in projects), None]
    names = {p.id: p.name for p in projects}
    wanted = begun.get("project_id") if begun.get("enterprise_id") == hit.id else None
    project = st.selectbox(
        _("项目"),
        options,
        index=options.index(wanted) if wanted in options else 0,
        format_func=lambda i: plain_name(names, i),
        key=f"project:{hit.id}:{nonce(FORM)}",
    )
    return hit.id, project


def plain_name(names: dict[int, str], chosen: int | None) -> str:
    return _("不针对具体项目") if chosen is None else names[chosen]


def search(actor: Actor, today: date, slot: str) -> None:
    """Offer enterprises as they are typed; the id of the one tapped goes into `st.session_state[slot]`."""
    text = st.text_input(
        _("企业"),
        key=f"search:{slot}",
        type="search",
        live=True,
        placeholder=_("企业或项目名称、拼音、首字母"),
        icon=":material/search:",
        max_chars=60,
        autocomplete="off",
    )
    with reading() as session:
        hits = queries.search_enterprises(session, actor, text or "", limit=HITS)
    if not hits:
        st.caption(plain(_("没有找到“{text}”。可换一个字、拼音或首字母再试。", text=text or "")))
        return
    if not text:
        st.caption(plain(_("最近走访和自己的企业")))
    with st.container(gap="xsmall"):
        for hit in hits:
            st.button(
                hit_label(hit, today),
                key=f"hit:{hit.id}:{slot}",
                width="stretch",
                on_click=_choose,
                args=(slot, hit.id),
            )


def hit_label(hit: EnterpriseHit, today: date) -> str:
    """The firm, and under it where and which projects, and when this person was there last."""
    under = [hit.town] if hit.town else []
    under += (
        [hit.projects[0] if len(hit.projects) == 1 else _("{n}个项目", n=len(hit.projects))]
        if hit.projects
        else []
    )
    if hit.last_visited_on:
        under.append(_("{n}天前去过", n=(today - hit.last_visited_on).days))
    return f"**{plain(hit.name)}**  \n:small[{plain(' · '.join(under))}]"


def _choose(slot: str, enterprise_id: int | None) -> None:
    st.session_state[slot] = enterprise_id


def _when_and_how(today: date, begun: Content) -> tuple[date, VisitMode]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        on = st.date_input(
            _("走访日期"),
            min(_day(begun.get("visited_on")) or today, today),
            format="YYYY-MM-DD",
            width=150,
            key=f"on:{nonce(FORM)}",
        )
        mode = st.segmented_control(
            _("方式"),
            list(VisitMode),
            default=VisitMode(begun.get("mode", VisitMode.ON_SITE)),
            format_func=lambda m: _(VISIT_MODE_LABELS[m]),
            required=True,
            key=f"mode:{nonce(FORM)}",
        )
    return on if isinstance(on, date) else today, mode or VisitMode.ON_SITE


def _people(actor: Actor, enterprise_id: int | None, begun: Content) -> Content:
    """Who received, then who went: known people by a tap, others by name."""
    with reading() as session:
        ours = queries.colleagues(session, actor)
        theirs = queries.contacts_of(session, actor, enterprise_id) if enterprise_id else []
    known = {p.id: p for p in theirs}
    received: list[int] = []
    if theirs:
        received = st.pills(
            _("接待人"),
            list(known),
            selection_mode="multi",
            default=[p for p in begun.get("theirs", []) if p in known],
            format_func=lambda i: person_label(known[i]),
            key=f"theirs:{enterprise_id}:{nonce(FORM)}",
        )
    new = st.text_input(
        _("其他接待人") if theirs else _("接待人"),
        begun.get("new_people", ""),
        placeholder=_("姓名 职务，多人用顿号隔开"),
        max_chars=200,
        key=f"new:{nonce(FORM)}",
    )
    names = {p.id: p.name for p in ours}
    mine = [actor.user_id] if actor.user_id in names else []
    went = st.multiselect(
        _("走访人"),
        list(names),
        default=[p for p in begun.get("ours", mine) if p in names],
        format_func=lambda i: names.get(i, str(i)),
        accept_new_options=True,
        placeholder=_("选择同事，或直接输入姓名"),
        key=f"ours:{nonce(FORM)}",
    )
    return {"theirs": list(received), "new_people": new, "ours": list(went)}


def person_label(person: PersonRow) -> str:
    return plain(f"{person.name} {person.title}".strip())


def _cards(kind: str, begun: Content) -> list[str]:
    """The ids of the cards of one kind; those of the draft first."""
    slot = f"{kind}:cards:{nonce(FORM)}"
    if slot not in st.session_state:
        st.session_state[slot] = [str(i) for i in range(len(begun.get(kind, [])))]
    found: list[str] = st.session_state[slot]
    return found


def _add_card(kind: str) -> None:
    st.session_state[f"{kind}:cards:{nonce(FORM)}"].append(uuid.uuid4().hex)


def _drop_card(kind: str, card: str) -> None:
    st.session_state[f"{kind}:cards:{nonce(FORM)}"].remove(card)


def _begun_card(kind: str, card: str, begun: Content) -> Content:
    kept: list[Content] = begun.get(kind, [])
    return kept[int(card)] if card.isdigit() and int(card) < len(kept) else {}


def _demands(begun: Content) -> list[Content]:
    found: list[Content] = []
    for card in _cards("demands", begun):
        kept = _begun_card("demands", card, begun)
        key = f"{card}:{nonce(FORM)}"
        with st.container(border=True):
            kinds = list(DemandClass)
            kind = st.selectbox(
                _("诉求类别"),
                kinds,
                index=kinds.index(DemandClass(kept.get("demand_class", DemandClass.APPROVAL))),
                format_func=lambda c: _(DEMAND_CLASS_LABELS[c]),
                key=f"class:{key}",
            )
            grade = st.segmented_control(
                _("轻重缓急"),
                list(DemandGrade),
                default=DemandGrade(kept.get("grade", DemandGrade.ORDINARY)),
                format_func=lambda g: _(DEMAND_GRADE_LABELS[g]),
                required=True,
                key=f"grade:{key}",
            )
            content = st.text_area(
                _("企业的原话"),
                kept.get("content", ""),
                height=80,
                max_chars=LENGTHS["content"],
                key=f"content:{key}",
            )
            _drop_button("demands", card)
        found.append({"demand_class": kind, "grade": grade, "content": content})
    _add_button("demands", _("有什么诉求？添加一条"), ":material/campaign:")
    return found


def _promises(actor: Actor, today: date, begun: Content) -> list[Content]:
    found: list[Content] = []
    if not _cards("promises", begun):
        _add_button("promises", _("答应了什么？添加一条"), ":material/handshake:")
        return found
    with reading() as session:
        names = {p.id: p.name for p in queries.colleagues(session, actor)}
    for card in _cards("promises", begun):
        kept = _begun_card("promises", card, begun)
        key = f"{card}:{nonce(FORM)}"
        owners = list(names)
        wanted = kept.get("owner_id", actor.user_id)
        with st.container(border=True):
            text = st.text_input(
                _("答应的事"), kept.get("text", ""), max_chars=LENGTHS["text"], key=f"text:{key}"
            )
            with st.container(horizontal=True):
                owner = st.selectbox(
                    _("谁来办"),
                    owners,
                    index=owners.index(wanted) if wanted in owners else None,
                    format_func=lambda i: names[i],
                    width=150,
                    key=f"owner:{key}",
                )
                due = st.date_input(
                    _("何时前"), _day(kept.get("due_on")), format="YYYY-MM-DD", width=150, key=f"due:{key}"
                )
            _drop_button("promises", card)
        found.append({"text": text, "owner_id": owner, "due_on": due})
    _add_button("promises", _("再添加一条承诺"), ":material/handshake:")
    return found


def _add_button(kind: str, label: str, icon: str) -> None:
    st.button(
        label,
        key=f"add:{kind}:{nonce(FORM)}",
        icon=icon,
        width="stretch",
        on_click=_add_card,
        args=(kind,),
    )


def _drop_button(kind: str, card: str) -> None:
    st.button(
        _("删除这条"),
        key=f"drop:{kind}:{card}:{nonce(FORM)}",
        type="tertiary",
        icon=":material/delete:",
        on_click=_drop_card,
        args=(kind, card),
    )


def _photos(actor: Actor, begun: Content) -> list[str]:
    """Photos are shrunk and kept as they arrive, so that a reload keeps them too."""
    slot, turn = f"photos:{nonce(FORM)}", f"photo_turn:{nonce(FORM)}"
    if slot not in st.session_state:
        st.session_state[slot] = list(begun.get("photos", []))
        st.session_state[turn] = 0
    photos: list[str] = st.session_state[slot]
    if len(photos) < MAX_PHOTOS:
        arrived = st.file_uploader(
            _("照片（可直接拍照）"),
            type=["jpg", "jpeg", "png", "webp"],
            accept_multiple_files=True,
            max_upload_size=20,
            key=f"upload:{st.session_state[turn]}:{nonce(FORM)}",
        )
        refused = False
        for upload in arrived or []:
            before = len(photos)
            if before >= MAX_PHOTOS:
                break
            with speaking(labels()):
                photos.append(keep_photo(actor, upload.getvalue(), upload.name))
            refused = refused or len(photos) == before
        if arrived and not refused:
            st.session_state[turn] += 1  # an empty uploader: the pictures are ours now
            _keep_photos(actor, begun, photos)
            st.rerun()
    gallery(photos, lambda photo: _drop_photo(actor, begun, slot, photo))
    return list(photos)


def _keep_photos(actor: Actor, begun: Content, photos: list[str]) -> None:
    """At once, not with the rest of the run: a lost connection may come in between."""
    keep(actor, (load_draft(actor, FORM) or begun) | {"photos": list(photos)})


def gallery(photos: list[str], drop: Any = None) -> None:
    """Small pictures side by side, each opening in full; with a way to take one away."""
    if not photos:
        return
    with st.container(horizontal=True):
        for number, photo in enumerate(photos, 1):
            with st.container(width=110, gap="xxsmall"):
                url = links.file(photo)
                st.markdown(f"[![{plain(_('照片{n}', n=number))}]({url})]({url})")
                if drop is not None:
                    st.button(
                        _("移除"),
                        key=f"drop_photo:{photo}",
                        type="tertiary",
                        on_click=drop,
                        args=(photo,),
                    )


def _drop_photo(actor: Actor, begun: Content, slot: str, photo: str) -> None:
    remove_photo(actor, photo)
    st.session_state[slot].remove(photo)
    _keep_photos(actor, begun, st.session_state[slot])


def _has_more(begun: Content) -> bool:
    return any(begun.get(k) for k in ("answered_on_spot", "place", "next_visit_on"))


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
