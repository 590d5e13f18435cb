"""The what-if's form: which item, and what of its rule is changed; kept in the URL, so that it can be sent on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from crm.core.i18n import _
from crm.insight.whatif.queries import Before, ItemNow
from crm.insight.whatif.rules import LIMIT_LABELS, MOST_DAYS, MOST_PAPERS, Limit, Scenario, read
from crm.ui.project_parts import asking
from crm.ui.words import plain
from models.vocabulary import DAY_UNIT_LABELS

# The district's own reform: 10 -> 5 working days, 8 -> 5 documents, promise first.
EXAMPLE = "P35"
EXAMPLE_CHANGE = {"was": "10", "limit": "5", "papers_was": "8", "papers": "5"}


def asked_now() -> Scenario | None:
    return read(asking.query())


def to_url(scenario: Scenario) -> None:
    """Make the URL say the scenario; the next run reads it from there."""
    asking.clear()
    for name, value in scenario.query().items():
        st.query_params[name] = value


def choose_item(items: Mapping[int, str], now: Scenario | None) -> None:
    """The item; another one starts with nothing changed."""
    key = "whatif-item"
    st.session_state[key] = now.item_id if now and now.item_id in items else None

    def chosen() -> None:
        picked = st.session_state[key]
        asking.clear()
        if picked is not None:
            st.query_params["item"] = str(picked)

    st.selectbox(
        _("事项"),
        list(items),
        index=None,
        format_func=lambda i: items[i],
        placeholder=_("选择要改的事项"),
        key=key,
        on_change=chosen,
    )


def form(now: Scenario, item: ItemNow, before: Sequence[Before]) -> None:
    """What is changed. Blank fields change nothing."""
    stamp = "-".join(now.query().values())
    which = st.segmented_control(
        _("改哪个时限"),
        list(Limit),
        format_func=lambda w: _(LIMIT_LABELS[w]),
        default=now.which,
        required=True,
        key=f"whatif-which-{item.id}",
    )
    which = which or Limit.PROMISED
    unit = _(DAY_UNIT_LABELS[item.unit_of(which)])
    same = which is now.which
    with st.form(f"whatif-{item.id}-{which}-{stamp}", border=True, enter_to_submit=False):
        columns = st.columns(4, wrap=True)
        with columns[0]:
            was = _number(
                _("原时限（{unit}）", unit=unit),
                now.was if same and now.was is not None else item.limit(which),
                MOST_DAYS,
            )
        with columns[1]:
            limit = _number(_("新时限（{unit}）", unit=unit), now.limit if same else None, MOST_DAYS)
        with columns[2]:
            papers_was = _number(
                _("原材料数"), now.papers_was if now.papers_was is not None else item.documents, MOST_PAPERS
            )
        with columns[3]:
            papers = _number(_("新材料数"), now.papers, MOST_PAPERS)
        promise = st.checkbox(
            _("先行承诺：凭承诺先受理，企业补交材料与审批同时进行"),
            now.promise,
            help=_("在办项目中，等企业完成的前置节点不再挡住本事项，只挡住它后面的节点。"),
        )
        names = {b.code: _("{name}（{n}个项目）", name=b.name, n=b.projects) for b in before}
        names |= {code: code for code in now.parallel if code not in names}
        parallel = st.multiselect(
            _("改为并联的前置节点"),
            list(names),
            default=[c for c in now.parallel if c in names],
            format_func=lambda c: names[c],
            placeholder=_("不改"),
        )
        pressed = st.form_submit_button(_("测算"), type="primary", icon=":material/science:")
    if item.promise_route:
        st.caption(plain(_("目录登记的承诺方式：{text}", text=item.promise_route)))
    if pressed:
        if (limit is None) != (was is None) and limit is not None:
            st.error(plain(_("请同时填写原时限，才能比较。")))
            return
        to_url(
            Scenario(
                item_id=item.id,
                which=which,
                was=was if limit is not None else None,
                limit=limit,
                papers_was=papers_was if papers is not None else None,
                papers=papers,
                promise=promise,
                parallel=tuple(parallel),
            )
        )
        st.rerun()


def _number(label: str, value: int | None, most: int) -> int | None:
    typed = st.number_input(label, min_value=0, max_value=most, value=value, step=1, placeholder=_("不改"))
    return None if typed is None else int(typed)
