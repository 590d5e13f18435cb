"""Two people saved one record: show what the first changed, and let the second choose field by field.

Nothing typed is lost: the form keeps its values, and the choice is made beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.ui.fields import label, tell
from crm.ui.words import plain

_SLOT = "_conflict:"


def remember(form: str, conflict: Conflict) -> None:
    """Keep a conflict over the rerun, so that `resolve` can be shown above the form."""
    st.session_state[_SLOT + form] = conflict


def pending(form: str) -> Conflict | None:
    """The conflict of this form that waits for a choice."""
    found = st.session_state.get(_SLOT + form)
    return found if isinstance(found, Conflict) else None


def forget(form: str) -> None:
    st.session_state.pop(_SLOT + form, None)


def resolve(
    conflict: Conflict,
    labels: Mapping[str, str] | None = None,
    *,
    record: str = "",
    key: str = "conflict",
    by: str = "",
    names: Callable[[str, int], str] | None = None,
) -> dict[str, Any] | None:
    """Ask which value of each clashing field to keep.

    Returns {field: value} once "按所选保存" is pressed, else None. Save again with these values and
    `conflict.stored_version` as the version the form was opened with. `names(field, id)` gives the
    name of a row that a field points at.
    """
    chosen: dict[str, Any] = {}
    with st.container(border=True):
        st.markdown(f"**{plain(_('您编辑期间，{who}先保存了这条记录。', who=by or _('有人')))}**")
        st.caption(plain(_("您填的内容都还在。下面每一项请选择保留哪一个值。")))
        for clash in conflict.clashes:
            name = (labels or {}).get(clash.field) or label(clash.field, record)
            mine = _("您填写的：{v}", v=tell(clash.field, clash.typed, record, resolve=names))
            theirs = _("对方保存的：{v}", v=tell(clash.field, clash.stored, record, resolve=names))
            before = tell(clash.field, clash.opened, record, resolve=names)
            pick = st.radio(
                plain(_("{field}（打开时是：{v}）", field=name, v=before)),
                [plain(mine), plain(theirs)],
                key=f"{key}-{conflict.stored_version}-{clash.field}",
            )
            chosen[clash.field] = clash.typed if pick == plain(mine) else clash.stored
        if st.button(_("按所选保存"), type="primary", key=f"{key}-{conflict.stored_version}-save"):
            return chosen
    return None
