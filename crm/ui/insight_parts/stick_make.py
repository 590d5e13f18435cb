"""From a finding to a reform measure: the dialog of the one button."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.insight.actions.measures import make_measure
from crm.insight.inputs import MEASURE_FIELD_LABELS, MakeMeasure
from crm.insight.queries import measures
from crm.insight.queries.scope import Asked, By
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.insight_parts.stick_fields import fields, labels
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.show import saved, speaking

BOX = "make-measure"
A_MONTH = timedelta(days=30)


def make_button(actor: Actor, asked: Asked, name: str, today: date, label: str) -> None:
    """The button, and its dialog while it is open. `name` is the place's, "" for a measure from no finding."""
    st.button(
        label, type="primary", icon=":material/flag:", key="measure-make", on_click=open_box, args=(BOX,)
    )

    def body() -> None:
        _form(actor, asked, name, today)

    box(BOX, _("转为改革举措") if name else _("新建改革举措"), body)


def _form(actor: Actor, asked: Asked, name: str, today: date) -> None:
    key = f"{BOX}-{nonce(BOX)}"
    with reading() as session:
        choices = (measures.items(session), measures.departments(session), measures.owners(session))
    start = {
        "title": _("压减“{name}”的用时", name=name) if name else "",
        "item_id": asked.key if asked.by is By.ITEM and name else asked.item,
        "department_id": asked.key if asked.by is By.DEPARTMENT and name else asked.department,
        "due_on": today + A_MONTH,
    }
    with st.form(key, border=False, enter_to_submit=False):
        typed = fields(key, start, choices)
        pressed = st.form_submit_button(_("保存"), type="primary")
    if pressed:
        with speaking(labels(MEASURE_FIELD_LABELS)):
            made = make_measure(
                actor,
                MakeMeasure(**typed, found_in=asked.query() if name else {}, request_id=nonce(BOX)),
                today=today,
            )
            renew(BOX)
            close_box()
            saved(_("已转为改革举措，责任人可在“改革举措”看到。"))
            links.go("measures", id=made)
