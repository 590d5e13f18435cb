"""The what-if on the last year's cases: what would have been late, what could be saved, department by department."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.approvals.queries.case_filter import CLOSED, CaseFilter, Range, Span
from crm.core.i18n import _
from crm.insight.whatif.queries import CasesSay, ItemNow
from crm.insight.whatif.rules import Scenario, Verdict
from crm.ui import links
from crm.ui.insight_parts.fore_words import on as likely
from crm.ui.insight_parts.fore_words import share
from crm.ui.insight_parts.fore_words import unit as unit_words
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.words import NOTHING, plain
from models.vocabulary import DayUnit


def cases(said: CasesSay, scenario: Scenario, item: ItemNow) -> None:
    """The section."""
    st.subheader(_("过去一年的办件"), anchor=False)
    window = _("{a}至{b}", a=likely(said.first, 0), b=likely(said.last, 0))
    if said.whole is None:
        st.markdown(
            plain(
                _("{window}没有可以对照的办结办件。", window=window)
                if item.limit(scenario.which) is not None or scenario.limit is not None
                else _("这个事项没有这样的时限，请填写新时限再测算。")
            )
        )
        _unmeasured(said)
        return
    _sentence(said, scenario, item, window)
    _unmeasured(said)
    if len(said.departments) > 1:
        with only_desk("whatif-departments"):
            _table(said, scenario, item)
        with only_phone("whatif-departments"):
            _cards(said, scenario, item)
    papers(said, scenario)


def _link(
    said: CasesSay, scenario: Scenario, item: ItemNow, least: int | None, department: int | None
) -> str:
    """The cases counted, in the list of cases. Days of the law's 日 cannot be filtered by: all of the year."""
    wd = item.unit_of(scenario.which) is DayUnit.WORKING
    asked = CaseFilter(
        state=CLOSED,
        item_id=item.id,
        department_id=department,
        decided=Span(said.first, said.last),
        running=Range(least, None) if wd and least is not None else None,
    )
    return links.to("case", **asked.query())


def _sentence(said: CasesSay, scenario: Scenario, item: ItemNow, window: str) -> None:
    whole = said.whole
    assert whole is not None
    unit = unit_words(item.unit_of(scenario.which))
    was = scenario.was if scenario.was is not None else item.limit(scenario.which)
    limit = scenario.limit if scenario.limit is not None else was

    def number(n: int, least: int | None) -> str:
        return f"[{n:,}]({_link(said, scenario, item, least, None)})"

    st.markdown(
        _(
            "{window}办结{n}件，用时中位{median}{unit}，九成不超过{p90}{unit}。",
            window=plain(window),
            n=number(whole.n, 0),
            median=whole.median,
            p90=whole.p90,
            unit=unit,
        )
    )
    points: list[str] = []
    if was is not None:
        points.append(
            _(
                "按原时限{was}{unit}，{late}件超期（{share}）。",
                was=was,
                unit=unit,
                late=number(whole.late_before, was + 1),
                share=plain(share(whole.late_before / whole.n)),
            )
        )
    if scenario.limit_changed and limit is not None:
        points.append(
            _(
                "按新时限{limit}{unit}，照当时的实际用时会有{late}件超期（{share}）：规则改了，人不会自己变快。",
                limit=limit,
                unit=unit,
                late=number(whole.late_after, limit + 1),
                share=plain(share(whole.late_after / whole.n)),
            )
        )
        points.append(
            _(
                "若每一件都做到新时限，合计节省{saved}{unit}，平均每件{each}{unit}。",
                saved=f"**{whole.saved:,}**",
                unit=unit,
                each=plain(f"{int(whole.saved / whole.n * 10) / 10:.1f}"),
            )
        )
    st.markdown("\n".join(f"- {point}" for point in points))


def _unmeasured(said: CasesSay) -> None:
    if said.unmeasured:
        st.caption(
            plain(_("另有{n}件没有可用的计时（如未受理即退件、停过表），未计入。", n=f"{said.unmeasured:,}"))
        )


def _name(said: CasesSay, verdict: Verdict) -> str:
    return said.names.get(verdict.department_id or 0, "") or _("未写部门")


def _table(said: CasesSay, scenario: Scenario, item: ItemNow) -> None:
    rows = said.departments
    frame = pd.DataFrame(
        {
            "name": [_name(said, v) for v in rows],
            "n": [v.n for v in rows],
            "days": [f"{v.median} / {v.p90}" for v in rows],
            "before": [v.late_before for v in rows],
            "after": [v.late_after for v in rows],
            "share": [share(v.late_after / v.n) if v.n else NOTHING for v in rows],
            "saved": [v.saved for v in rows],
        }
    )
    event = st.dataframe(
        frame,
        key="whatif-departments",
        hide_index=True,
        height="content" if len(rows) <= 12 else 460,
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("各部门的办件"),
        column_config={
            "name": st.column_config.TextColumn(_("部门"), width=190),
            "n": st.column_config.NumberColumn(_("办结"), width=80, format="localized"),
            "days": st.column_config.TextColumn(_("中位 / 九成"), width=100, alignment="right"),
            "before": st.column_config.NumberColumn(_("按原时限超期"), width=110, format="localized"),
            "after": st.column_config.NumberColumn(_("按新时限超期"), width=110, format="localized"),
            "share": st.column_config.TextColumn(_("占比"), width=70, alignment="right"),
            "saved": st.column_config.NumberColumn(_("都做到可省（天）"), width=130, format="localized"),
        },
    )
    for cell in event["selection"]["cells"]:  # type: ignore[index]
        if cell[0] < len(rows):
            links.go_to(_department_link(said, scenario, item, rows[cell[0]], str(cell[1])))


def _department_link(
    said: CasesSay, scenario: Scenario, item: ItemNow, verdict: Verdict, column: str = ""
) -> str:
    was = scenario.was if scenario.was is not None else item.limit(scenario.which)
    limit = scenario.limit if scenario.limit is not None else was
    least = {"before": was, "after": limit, "share": limit, "saved": limit}.get(column)
    return _link(said, scenario, item, 0 if least is None else least + 1, verdict.department_id or 0)


def _cards(said: CasesSay, scenario: Scenario, item: ItemNow) -> None:
    for verdict in said.departments:
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**{plain(_name(said, verdict))}**")
            st.caption(
                plain(
                    _(
                        "办结{n}件，中位/九成{days}；超期 {before} → {after}件；都做到可省{saved}天",
                        n=f"{verdict.n:,}",
                        days=f"{verdict.median}/{verdict.p90}",
                        before=f"{verdict.late_before:,}",
                        after=f"{verdict.late_after:,}",
                        saved=f"{verdict.saved:,}",
                    )
                )
            )
            links.button(
                _("看办件"),
                _department_link(said, scenario, item, verdict),
                type="tertiary",
                key=f"whatif-department-{verdict.department_id}",
            )


def papers(said: CasesSay, scenario: Scenario) -> None:
    """What fewer papers or a promise could save, as far as the data can say."""
    if not scenario.fewer_papers and not scenario.promise:
        return
    found = said.corrections
    st.markdown(f"**{plain(_('少交材料、先行承诺能省多少'))}**")
    if not found.n:
        st.markdown(plain(_("过去一年没有补正过的办件，数据看不出能省多少。")))
        return
    st.markdown(
        plain(
            _(
                "{all}件中有{n}件补正过，企业补正用时中位{median}个工作日，合计{total}个工作日。",
                all=f"{found.all_cases:,}",
                n=f"{found.n:,}",
                median=found.median_wd,
                total=f"{found.total_wd:,}",
            )
        )
    )
    said_of = []
    if scenario.fewer_papers:
        said_of.append(_("减{n}份材料", n=scenario.fewer_papers))
    if scenario.promise:
        said_of.append(_("先行承诺"))
    st.caption(
        plain(
            _(
                "{what}最多省下以上时间（上限）：办件没有记录补正的是哪一份材料，补正也可能因为别的原因。",
                what="、".join(said_of),
            )
            + (_("两项省的是同一段时间，不能相加。") if len(said_of) > 1 else "")
        )
    )
