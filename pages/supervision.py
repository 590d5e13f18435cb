"""督办台: where does it stick, and who holds the ball? The board of lights; with a cell in the URL, its cases."""

from __future__ import annotations

import streamlit as st

from crm.approvals.queries import supervision
from crm.approvals.queries.supervision import Asked, By
from crm.briefings.letters.queries import LetterAsk, waiting_by_department
from crm.core.access import Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, speaking
from crm.ui.supervise_parts import board, lines
from crm.ui.words import plain
from models.vocabulary import Light

BY_LABELS = {By.DEPARTMENT: "按部门", By.OFFICER: "按专员"}

actor = allowed(Verb.INSIGHT_VIEW)
asked = Asked.read({name: str(value) for name, value in st.query_params.items()})


def cases() -> None:
    by = By.OFFICER if asked.officer_id is not None else By.DEPARTMENT
    ids = [i for i in (asked.department_id, asked.officer_id) if i]
    with reading() as session:
        names = supervision.names(session, by, ids)
    lines.show(actor, today(), asked, lines.row_name(names, asked))


def whole_board() -> None:
    by = By(st.query_params["by"]) if st.query_params.get("by") in set(By) else By.DEPARTMENT
    with reading() as session:
        found = supervision.board(session, actor, today(), by)
        letters = waiting_by_department(session, actor, today())
    red = found.total.lights[Light.RED]
    right = head(
        _("督办台：红灯{n}件", n=red) if red else _("督办台"),
        _(
            "在办{n}件。卡在哪里，球在谁手里？点数字看清单。",
            n=found.total.open_total,
        ),
    )
    waiting = sum(w.waiting for w in letters.values())
    overdue = sum(w.overdue for w in letters.values())
    with right:
        links.button(
            _("督办函 {n}件待回复", n=waiting) if waiting else _("督办函"),
            links.to("letters"),
            icon=":material/outgoing_mail:",
        )
    if overdue:
        links.link(
            plain(_("{n}件督办函逾期未回复", n=overdue)),
            "letters",
            icon=":material/error:",
            **LetterAsk(overdue=True).query(),
        )
    if not found.rows:
        empty(_("没有在办件。"))
        return
    board.figures(found)
    chosen = st.segmented_control(
        _("看法"),
        list(By),
        default=by,
        format_func=lambda b: _(BY_LABELS[b]),
        label_visibility="collapsed",
        key="board-by",
    )
    if chosen is not None and chosen is not by:
        links.go("supervision", by=chosen.value)
    st.subheader(_("亮灯"), anchor=False)
    board.lights(found, by)
    st.subheader(_("特殊环节、告知和送达"), anchor=False)
    board.signs(found, by, letters)


with speaking():
    if asked == Asked() and "open" not in st.query_params:
        whole_board()
    else:
        cases()
