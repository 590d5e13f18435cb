"""告知承诺 and 容缺 on the case's screen: what was promised and where it stands, its next steps, a new list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import streamlit as st

from crm.alerts.queries.facts import thresholds
from crm.alerts.rules import PROMISE_HAND_IN_WD, PROMISE_VERIFY_DAYS
from crm.approvals import actions, commitment_rules, queries
from crm.approvals.commitment_inputs import (
    BreakPromise,
    CorrectedPromise,
    FulfilPromise,
    MakePromises,
    PromiseLine,
    RevokeDecision,
    VerifyPromise,
)
from crm.approvals.commitment_rules import PROMISE_STEP_LABELS, PromiseStep
from crm.approvals.queries import CaseView, MarkRow, Offer, PromiseRow, PromisesView
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.case_parts.desk import Desk, done
from crm.ui.forms import nonce, renew
from crm.ui.show import LIGHT_SHAPES, speaking
from crm.ui.words import NOTHING, plain
from crm.workdays.queries import calendar as read_calendar
from crm.workdays.rules import Calendar
from models.vocabulary import CASE_ROUTE_LABELS, COMMITMENT_STATE_LABELS, CaseRoute, CommitmentState, Light

FILE_TYPES = ["pdf", "jpg", "jpeg", "png", "doc", "docx", "xls", "xlsx"]


def promise_labels() -> dict[str, str]:
    """Field -> its name, in the reader's language."""
    return {
        "route": _("办法"),
        "lines": _("承诺事项"),
        "promised_on": _("承诺（告知）日期"),
        "due_on": _("期限"),
        "verify_by_on": _("最迟核查"),
        "fulfilled_on": _("交来日期"),
        "verified_on": _("核查日期"),
        "verified_by": _("核查人"),
        "kept": _("核查结果"),
        "finding": _("核查发现"),
        "correct_by_on": _("改正期限"),
        "corrected_on": _("改正日期"),
        "broken_on": _("认定日期"),
        "revoked_on": _("撤销日期"),
        "reason": _("理由"),
        "repaired_on": _("修复日期"),
        "basis": _("依据和文号"),
    }


def promises(desk: Desk, view: CaseView, *, working: bool) -> None:
    """Everything about promises of this case; nothing at all where there is none and none may be made."""
    with reading() as session:
        found = queries.promises_of(session, desk.actor, view.row.id, desk.today)
    offered = [o for o in found.offers if o.open] if working else []
    # A mark closes nothing in a case whose time to promise is over.
    closed = found.marks if working and view.row.state in commitment_rules.PROMISING_STATES else ()
    if not (found.rows or offered or closed):
        return
    st.subheader(_("承诺与容缺"), anchor=False)
    if found.revoked_on is not None:
        st.error(
            plain(_("决定已于{day}撤销，所发证照不再有效。", day=desk.day(found.revoked_on))),
            icon=":material/gpp_bad:",
        )
    marked(closed)
    for row in found.rows:
        with st.container(border=True):
            _promise(desk, view, row, working=working)
    if offered:
        _new_list(desk, view, found, offered)


def marked(marks: Sequence[MarkRow]) -> None:
    """Before anything is typed: that the enterprise broke a promise, and what that closes."""
    if not marks:
        return
    first = marks[0]
    st.warning(
        plain(queries.closed_by(first.case_no, first.marked_on))
        + (plain(_("（共{n}条）", n=len(marks))) if len(marks) > 1 else ""),
        icon=":material/gpp_maybe:",
    )
    links.link(_("看企业的失诺记录"), "enterprise", icon=":material/domain:", id=first.enterprise_id)


_SHAPES: dict[CommitmentState, Light] = {
    CommitmentState.PENDING: Light.BLUE,
    CommitmentState.FULFILLED: Light.BLUE,
    CommitmentState.VERIFIED: Light.GREEN,
    CommitmentState.CORRECTING: Light.ORANGE,
    CommitmentState.BROKEN: Light.RED,
    CommitmentState.CANCELLED: Light.GREY,
}


def state_badge(row: PromiseRow) -> str:
    """The promise's word and shape; red once its day is past."""
    word = _(COMMITMENT_STATE_LABELS[row.state])
    light = _SHAPES[row.state]
    if row.late:
        word, light = _("{state}，已过期限", state=word), Light.RED
    icon, colour = LIGHT_SHAPES[light]
    return f":{colour}-badge[{icon} {plain(word)}]"


def _promise(desk: Desk, view: CaseView, row: PromiseRow, *, working: bool) -> None:
    st.markdown(f"{state_badge(row)} **{plain(row.text)}** :small[{plain(_(CASE_ROUTE_LABELS[row.route]))}]")
    due = _("补交期限") if row.route is CaseRoute.LATER_PAPERS else _("履行期限")
    facts = [
        _("{day}承诺", day=desk.day(row.promised_on)),
        f"{due} {desk.day(row.due_on)}",
        _("最迟核查 {day}", day=desk.day(row.verify_by_on)) if row.verify_by_on else "",
        _("{day}交来", day=desk.day(row.fulfilled_on)) if row.fulfilled_on else "",
        _("{day}由{who}核查", day=desk.day(row.verified_on), who=row.verified_by) if row.verified_on else "",
        _("责令{day}前改正", day=desk.day(row.correct_by_on)) if row.correct_by_on else "",
        _("{day}改正", day=desk.day(row.corrected_on)) if row.corrected_on else "",
        _("{day}认定未履行，已记入失诺记录", day=desk.day(row.broken_on)) if row.broken_on else "",
        _("{day}撤销决定", day=desk.day(row.revoked_on)) if row.revoked_on else "",
    ]
    st.caption(plain(" · ".join(filter(None, facts))))
    if row.finding:
        st.markdown(plain(_("核查发现：{what}", what=row.finding)))
    if row.file_id:
        st.markdown(f":small[{plain(_('材料'))} [{plain(row.file_name)}]({links.file(row.file_id)})]")
    if not working or not row.steps:
        return
    with st.container(horizontal=True, gap="small"):
        for step in row.steps:
            # Keyed, so that what opens after a save is not the popover that was open before it.
            with st.popover(_(PROMISE_STEP_LABELS[step]), key=f"promise-{row.id}-{step}-{row.state}"):
                _FORMS[step](desk, view, row)
    if row.state is CommitmentState.CORRECTING and PromiseStep.BREAK not in row.steps:
        st.caption(
            plain(_("{day}过后仍未改正的，可以认定未履行并记入失诺记录。", day=desk.day(row.correct_by_on)))
        )


# --- the steps of one promise


def _fulfil(desk: Desk, view: CaseView, row: PromiseRow) -> None:
    say, key = promise_labels(), f"fulfil-{row.id}"
    with st.form(f"{key}-{nonce(key)}", border=False):
        on = st.date_input(say["fulfilled_on"], desk.today)
        file = st.file_uploader(_("材料（可不传）"), type=FILE_TYPES, max_upload_size=50)
        pressed = st.form_submit_button(_("登记已交"), type="primary")
    if pressed:
        with speaking(say):
            actions.fulfil_promise(
                desk.actor,
                FulfilPromise(
                    commitment_id=row.id,
                    fulfilled_on=on,
                    file_name=file.name if file else "",
                    file_data=file.getvalue() if file else None,
                ),
                today=desk.today,
            )
            _done(key, view, _("已登记“{text}”交来。", text=row.text))


def _verify(desk: Desk, view: CaseView, row: PromiseRow) -> None:
    say, key = promise_labels(), f"verify-{row.id}"
    with reading() as session:
        by = read_calendar(session).add_workdays(desk.today, commitment_rules.CORRECT_WD)
    with st.form(f"{key}-{nonce(key)}", border=False):
        kept = st.radio(
            say["kept"],
            [True, False],
            format_func=lambda k: _("属实、已履行") if k else _("不属实或未履行，责令改正"),
        )
        on = st.date_input(say["verified_on"], desk.today)
        who = st.text_input(say["verified_by"], desk.actor.name, max_chars=60)
        finding = st.text_area(say["finding"], max_chars=500, height=80)
        correct_by = st.date_input(
            _("责令改正的，改正期限"), by, help=_("没有统一规定，先按10个工作日填好，可以改。")
        )
        pressed = st.form_submit_button(_("登记核查"), type="primary")
    if pressed:
        with speaking(say):
            actions.verify_promise(
                desk.actor,
                VerifyPromise(
                    commitment_id=row.id,
                    verified_on=on,
                    verified_by=who or "",
                    kept=bool(kept),
                    finding=finding or "",
                    correct_by_on=None if kept else correct_by,
                ),
                today=desk.today,
            )
            _done(
                key,
                view,
                _("核查通过。") if kept else _("已责令{day}前改正。", day=desk.day(correct_by)),
            )


def _corrected(desk: Desk, view: CaseView, row: PromiseRow) -> None:
    say, key = promise_labels(), f"corrected-{row.id}"
    with st.form(f"{key}-{nonce(key)}", border=False):
        on = st.date_input(say["corrected_on"], desk.today)
        who = st.text_input(say["verified_by"], desk.actor.name, max_chars=60)
        finding = st.text_area(_("复查情况"), max_chars=500, height=80)
        pressed = st.form_submit_button(_("登记已改正"), type="primary")
    if pressed:
        with speaking(say):
            actions.correct_promise(
                desk.actor,
                CorrectedPromise(
                    commitment_id=row.id, corrected_on=on, verified_by=who or "", finding=finding or ""
                ),
                today=desk.today,
            )
            _done(key, view, _("已登记改正，核查通过。"))


def _break(desk: Desk, view: CaseView, row: PromiseRow) -> None:
    say, key = promise_labels(), f"break-{row.id}"
    with st.form(f"{key}-{nonce(key)}", border=False):
        st.markdown(plain(_("企业将记入失诺记录，信用修复前不再适用告知承诺和容缺受理。")))
        on = st.date_input(say["broken_on"], desk.today)
        reason = st.text_area(say["reason"], max_chars=500, height=80)
        pressed = st.form_submit_button(_("认定未履行"), type="primary")
    if pressed:
        with speaking(say):
            actions.break_promise(
                desk.actor,
                BreakPromise(commitment_id=row.id, broken_on=on, reason=reason or ""),
                today=desk.today,
            )
            _done(key, view, _("已认定未履行，企业已记入失诺记录。"))


def _revoke(desk: Desk, view: CaseView, row: PromiseRow) -> None:
    say, key = promise_labels(), f"revoke-{row.id}"
    with st.form(f"{key}-{nonce(key)}", border=False):
        st.markdown(plain(_("撤销后，所发证照不再算作已取得，也不再提醒到期。")))
        on = st.date_input(say["revoked_on"], desk.today)
        reason = st.text_input(say["basis"], max_chars=300)
        pressed = st.form_submit_button(_("撤销决定"), type="primary")
    if pressed:
        with speaking(say | {"reason": say["basis"]}):
            actions.revoke_decision(
                desk.actor,
                RevokeDecision(commitment_id=row.id, revoked_on=on, reason=reason or ""),
                today=desk.today,
            )
            _done(key, view, _("决定已撤销。"))


_FORMS: dict[PromiseStep, Callable[[Desk, CaseView, PromiseRow], None]] = {
    PromiseStep.FULFIL: _fulfil,
    PromiseStep.VERIFY: _verify,
    PromiseStep.CORRECTED: _corrected,
    PromiseStep.BREAK: _break,
    PromiseStep.REVOKE: _revoke,
}


def _done(key: str, view: CaseView, message: str) -> None:
    renew(key)
    done(message, view.row.project_id)


# --- a new list


def _new_list(desk: Desk, view: CaseView, found: PromisesView, offered: list[Offer]) -> None:
    """The form. Its lines are known before their dates, so it is no `st.form`; the button's key is its nonce."""
    say, key = promise_labels(), f"promises-{view.row.id}"
    n = nonce(key)
    with st.expander(_("登记告知承诺或容缺"), icon=":material/handshake:", expanded=False):
        by_route = {o.route: o for o in offered}
        route = st.segmented_control(
            say["route"],
            list(by_route),
            format_func=lambda r: _(CASE_ROUTE_LABELS[r]),
            default=next(iter(by_route)),
            required=True,
            key=f"{key}-route-{n}",
        )
        offer = by_route[route or next(iter(by_route))]
        for other in found.offers:
            if not other.open:
                st.caption(plain(f"{_(CASE_ROUTE_LABELS[other.route])}：{other.why}"))
        if offer.hint:
            st.info(plain(offer.hint), icon=":material/info:")
        with reading() as session:
            limits, calendar = thresholds(session), read_calendar(session)
        hand_in, verify_days = limits.of(PROMISE_HAND_IN_WD), limits.of(PROMISE_VERIFY_DAYS)
        told_on = st.date_input(
            say["promised_on"],
            desk.today,
            key=f"{key}-on-{n}",
        )
        documents = (
            st.multiselect(
                _("清单中的材料"),
                list(offer.documents),
                format_func=lambda i: offer.documents[i],
                placeholder=_("请选择"),
                key=f"{key}-{offer.route}-documents-{n}",
            )
            if offer.documents
            else []
        )
        words = (
            st.text_area(
                _("承诺的材料或条件（每行一项）"),
                key=f"{key}-{offer.route}-text-{n}",
                height=100,
                placeholder=_("例如：隐蔽工程竣工报告于投用前补齐"),
            )
            if offer.free_text
            else ""
        )
        texts = [t.strip()[:300] for t in (words or "").splitlines() if t.strip()]
        st.caption(
            plain(
                _(
                    "期限没有统一规定：先按{n}个工作日内交、{days}日内核查填好（可在“预警阈值”中改），每一项都可以改。",
                    n=hand_in,
                    days=verify_days,
                )
            )
        )
        if offer.route is CaseRoute.LATER_PAPERS:
            st.caption(plain(_("容缺的材料和日期须一次性告知，登记后不能再追加。")))
        lines: list[PromiseLine] = []
        for number, (document, text) in enumerate([(d, "") for d in documents] + [(None, t) for t in texts]):
            name = text or offer.documents.get(document or 0, "")
            slot = f"{key}-{offer.route}-{number}-{n}-{told_on}"
            lines.append(
                _line(
                    slot,
                    offer.route,
                    document,
                    text,
                    name,
                    _defaults(told_on, hand_in, verify_days, calendar),
                )
            )
        if st.button(
            _("登记{n}项", n=len(lines)) if lines else _("登记"), type="primary", key=f"{key}-save-{n}"
        ):
            with speaking(say):
                actions.make_promises(
                    desk.actor,
                    MakePromises(
                        case_id=view.row.id,
                        route=offer.route,
                        promised_on=told_on,
                        lines=tuple(lines),
                    ),
                    today=desk.today,
                )
                _done(
                    key,
                    view,
                    _("已登记{route}{n}项。", route=_(CASE_ROUTE_LABELS[offer.route]), n=len(lines)),
                )


def _defaults(told_on: date, hand_in: int, verify_days: int, calendar: Calendar) -> tuple[date, date]:
    due = commitment_rules.hand_in_by(told_on, hand_in, calendar)
    return due, commitment_rules.verify_by(told_on, due, verify_days)


def _line(
    slot: str, route: CaseRoute, document: int | None, text: str, name: str, defaults: tuple[date, date]
) -> PromiseLine:
    """One line of the list with its own dates."""
    say = promise_labels()
    with st.container(border=True):
        st.markdown(f"**{plain(name or NOTHING)}**")
        left, right = st.columns(2, wrap=True)
        due = left.date_input(say["due_on"], defaults[0], key=f"{slot}-due")
        verify = (
            right.date_input(say["verify_by_on"], defaults[1], key=f"{slot}-verify")
            if route is CaseRoute.COMMITMENT
            else None
        )
    return PromiseLine(document_id=document, text=text, due_on=due, verify_by_on=verify)
