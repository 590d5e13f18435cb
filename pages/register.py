"""特殊环节登记簿: what each item's special procedures may do, and what the cases did with them.

`?show=` a measure (with `&entry=`) lists the cases behind a number; `?do=book` is the import.
"""

from __future__ import annotations

import streamlit as st

from crm.approvals.queries.registry import Measure
from crm.core.access import Verb, may
from crm.core.i18n import _
from crm.ui import links
from crm.ui.catalogue_parts import book, register
from crm.ui.session import allowed, record_id, today
from crm.ui.show import head

actor = allowed(Verb.INSIGHT_VIEW)
day = today()
show = str(st.query_params.get("show", ""))

if st.query_params.get("do") == "book":
    book.exchange(actor)
elif show == register.OUTSIDE or show in {m.value for m in Measure}:
    register.behind(actor, day, show, record_id("entry"))
else:
    right = head(
        _("特殊环节登记簿"), _("每个事项可以启动哪些特殊环节，停不停表、依据哪一条，办件中启动得怎样。")
    )
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        book.export_button(actor)
        if may(actor, Verb.CATALOGUE_EDIT):
            links.button(
                _("导入登记簿"),
                links.to("register", do="book"),
                type="primary",
                icon=":material/upload_file:",
            )
    register.listed(actor, day)
