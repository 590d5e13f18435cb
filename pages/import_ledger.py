"""导入台账: an office's own Excel comes in: the file, what was understood, what would change, then the last button."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.errors import CrmError
from crm.core.i18n import _
from crm.ledgers import actions, queries, reader, recognise
from crm.ledgers.headers import BY_FIELD, DERIVED, MONEY
from crm.ledgers.judge import Verdict
from crm.ledgers.recognise import Choice, Column
from crm.ledgers.values import UNITS
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.paging import page_number, pager
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, saved, speaking
from crm.ui.words import moment, plain
from models.vocabulary import ROW_VERDICT_LABELS, BatchState, RowVerdict

actor = allowed(Verb.LEDGER_IMPORT)
PER_PAGE = 100
MODES = {"commit": _("全部写入"), "commit_good": _("只写好的行")}


@st.cache_data(max_entries=8, show_spinner=False, scope="session")
def read_file(data: bytes, name: str) -> list[reader.Sheet]:
    return reader.read(data, name)


def slot(name: str) -> str:
    """Session state of this opening of the page; gone after a save."""
    return f"{nonce('import_ledger')}:{name}"


def choices() -> dict[str, Choice]:
    kept: dict[str, Choice] = st.session_state.setdefault(slot("choices"), {})
    return kept


# --- step 1: the file --------------------------------------------------------------------


def step_file() -> tuple[bytes, str] | None:
    st.subheader(_("一、选择台账文件"), anchor=False)
    upload = st.file_uploader(
        _("Excel（.xlsx、.xls）或CSV，不超过20MB"),
        type=["xlsx", "xls", "csv", "txt"],
        max_upload_size=20,
        key=slot("file"),
    )
    if upload is None:
        st.caption(
            _(
                "办公室平时用的台账直接放进来即可：标题行、合并单元格、小计行、万元或亿元都认得。写入之前不会改动任何数据。"
            )
        )
        return None
    return upload.getvalue(), upload.name


# --- step 2: what was understood -----------------------------------------------------------


def choose(key: str, old: Choice, widget: str, part: str) -> None:
    """A column's meaning or unit, chosen by the user."""
    value = str(st.session_state[widget])
    choices()[key] = (
        Choice(value, old.unit if value in MONEY else "") if part == "field" else Choice(old.field, value)
    )


def choose_period(part: str, widget: str) -> None:
    st.session_state[slot(part)] = st.session_state[widget]


def use_mapping(widget: str) -> None:
    name = st.session_state.get(widget)
    if name:
        st.session_state[slot("choices")] = dict(actions.load_mapping(actor, str(name)))


def field_label(name: str) -> str:
    if name == recognise.KEEP:
        return _("保持原列名")
    if name == recognise.IGNORE:
        return _("不导入")
    label = _(BY_FIELD[name].label)
    return _("{label}（系统计算，不保存）", label=label) if name in DERIVED else label


def column_input(column: Column) -> None:
    options = [recognise.KEEP, *BY_FIELD, recognise.IGNORE]
    current = Choice(column.field, column.unit)
    widget = slot(f"col:{column.key}:{column.field}")
    with st.container(border=False):
        left, right = st.columns([3, 2], vertical_alignment="bottom", wrap=True)
        left.selectbox(
            plain(column.header),
            options,
            index=options.index(column.field),
            format_func=field_label,
            key=widget,
            on_change=choose,
            args=(column.key, current, widget, "field"),
        )
        if column.field in MONEY:
            unit_widget = slot(f"unit:{column.key}:{column.unit}")
            right.selectbox(
                _("单位"),
                list(UNITS),
                index=list(UNITS).index(column.unit),
                format_func=lambda u: _(u),
                key=unit_widget,
                on_change=choose,
                args=(column.key, current, unit_widget, "unit"),
            )
        elif not column.field:
            right.caption(_("未对应：按原列名随项目保存"))


def step_understood(found: actions.Look) -> None:
    st.subheader(_("二、我这样理解这份台账"), anchor=False)
    sources = {
        "sheet": _("取自标题"),
        "header": _("取自表头"),
        "book": _("取自文件"),
        "caller": _("文件没有写明，按当前月份"),
        "choice": _("由您指定"),
    }
    lines = []
    for s in found.understanding.sheets:
        title = f"**{plain(s.name or found.file_name)}**"
        parts = list(s.notes)
        if s.state == "ledger":
            period = _("{y}年{m}月（{source}）", y=s.year, m=s.month, source=sources[s.period_from])
            title += " " + plain(_("{n}个项目 · {period}", n=s.rows, period=period))
            place = (
                _("表头在第{row}行；分段{a}行、合计{b}行不作项目", row=s.header_row, a=s.sections, b=s.totals)
                if s.sections or s.totals
                else _("表头在第{row}行", row=s.header_row)
            )
            parts = [place, *parts]
        lines += [f"- {title}", *(f"    - :gray[{plain(p)}]" for p in parts)]
    st.markdown("\n".join(lines))
    year, month = st.columns(2, wrap=True)
    y_key, m_key = slot(f"year:{found.understanding.year}"), slot(f"month:{found.understanding.month}")
    year.number_input(
        _("数据年度"),
        2000,
        2100,
        found.understanding.year,
        key=y_key,
        on_change=choose_period,
        args=("year", y_key),
    )
    month.selectbox(
        _("数据月份（累计到）"),
        range(1, 13),
        index=found.understanding.month - 1,
        key=m_key,
        on_change=choose_period,
        args=("month", m_key),
    )
    columns = found.understanding.columns
    kept = [c for c in columns if c.field == recognise.KEEP]
    title = (
        _("列的对应关系：{n}列已对应，{k}列保持原列名", n=len(columns) - len(kept), k=len(kept))
        if kept
        else _("列的对应关系：{n}列全部对应", n=len(columns))
    )
    with st.expander(title, expanded=bool(kept)):
        with reading() as session:
            names = queries.mapping_names(session, actor)
        if names:
            widget = slot("use")
            st.selectbox(
                _("套用已保存的对应关系"),
                names,
                index=None,
                placeholder=_("请选择"),
                format_func=str,
                key=widget,
                on_change=use_mapping,
                args=(widget,),
            )
        ordered = [*kept, *(c for c in columns if c.field != recognise.KEEP)]
        for i in range(0, len(ordered), 2):
            for cell, column in zip(st.columns(2, gap="medium", wrap=True), ordered[i : i + 2], strict=False):
                with cell:
                    column_input(column)
        with st.form(slot("save_mapping"), border=False):
            name = st.text_input(_("把这套对应关系保存为"), max_chars=80, key=slot("mapping_name"))
            if st.form_submit_button(_("保存对应关系")):
                with speaking({"name": _("名称")}):
                    every = {
                        c.key: Choice(c.field, c.unit if c.unit_from == "choice" else "") for c in columns
                    }
                    actions.save_mapping(actor, actions.MappingForm(name=name, choices=every))
                    saved(_("已保存对应关系“{name}”。", name=name))
                    st.rerun()


# --- step 3: what would change ---------------------------------------------------------------


def where(v: Verdict, sheets: int) -> dict[str, Any]:
    sheet = {_("工作表"): v.source.sheet} if sheets > 1 else {}
    return sheet | {_("行"): v.source.row, _("项目"): v.source.name}


def table_of(verdict: RowVerdict, rows: list[Verdict], sheets: int) -> list[dict[str, Any]]:
    """New, unchanged and repeated rows, one line each."""
    lines = [where(v, sheets) for v in rows]
    if verdict is RowVerdict.NEW:
        hints = any(v.notes for v in rows)
        for shown, v in zip(lines, rows, strict=True):
            total = v.source.project.get("total_wan")
            shown |= {k: v.changes.get(k, ["", ""])[1] for k in (_("建设单位"), _("属地"))}
            shown[_("总投资（万元）")] = None if total is None else float(total)
            shown |= {k: v.changes.get(k, ["", ""])[1] for k in (_("服务专员"), _("当前阶段"))}
            if hints:
                shown[_("提示")] = "；".join(v.notes)
    elif verdict is RowVerdict.DUPLICATE:
        for shown, v in zip(lines, rows, strict=True):
            shown[_("说明")] = v.reason
    return lines


def told(v: Verdict, sheets: int) -> str:
    """A changed or refused row in words that wrap on a phone: old → new, or what is wrong and how to mend it."""
    place = (
        _("“{sheet}”第{row}行", sheet=v.source.sheet, row=v.source.row)
        if sheets > 1
        else _("第{row}行", row=v.source.row)
    )
    title = f"**{plain(place)} {plain(v.source.name or _('（无项目名称）'))}**"
    if v.verdict is RowVerdict.REFUSED:
        parts = [f"{plain(t.column)} “{plain(t.value or '—')}”：{plain(t.reason)}" for t in v.troubles]
    else:
        parts = [
            f"{plain(k)}：{plain(old or '—')} → **{plain(new or '—')}**"
            for k, (old, new) in v.changes.items()
        ]
    parts += [f":gray[{plain(note)}]" for note in v.notes]
    return "\n".join([f"- {title}", *(f"    - {p.replace(chr(10), ' ')}" for p in parts)])


def step_changes(found: actions.Look, data: bytes, how: actions.Reading) -> None:
    st.subheader(_("三、写入后会变成这样"), anchor=False)
    order = (
        RowVerdict.NEW,
        RowVerdict.CHANGED,
        RowVerdict.UNCHANGED,
        RowVerdict.DUPLICATE,
        RowVerdict.REFUSED,
    )
    ledgers = sum(1 for s in found.understanding.sheets if s.state == "ledger")
    older_notice(found)
    titles = [f"{_(ROW_VERDICT_LABELS[v])} {found.counts[v.value]}" for v in order]
    first = next(
        (i for i, v in enumerate(order) if found.counts[v.value] and v is not RowVerdict.UNCHANGED), 0
    )
    for verdict, tab in zip(order, st.tabs(titles, default=titles[first]), strict=True):
        rows = [v for v in found.verdicts if v.verdict is verdict]
        with tab:
            if not rows:
                st.caption(_("没有这样的行。"))
                continue
            key = slot(f"page:{verdict.value}")
            first_row = (page_number(key) - 1) * PER_PAGE
            shown = rows[first_row : first_row + PER_PAGE]
            if verdict in (RowVerdict.CHANGED, RowVerdict.REFUSED):
                st.markdown("\n".join(told(v, ledgers) for v in shown))
            else:
                st.dataframe(
                    table_of(verdict, shown, ledgers),
                    hide_index=True,
                    width="stretch",
                    column_config={_("总投资（万元）"): st.column_config.NumberColumn(format="localized")},
                )
            pager(len(rows), key=key, per_page=PER_PAGE)
            if verdict is RowVerdict.REFUSED:
                refused_download(found)
    last_button(found, data, how)


def older_notice(found: actions.Look) -> None:
    """Says once, before the tabs, that some rows are older than what the register holds."""
    older = [v for v in found.verdicts if v.work is not None and v.work.newer is not None]
    if older:
        st.info(
            _(
                "这份台账比登记库旧：{n}个项目已导入过更新月份的台账。它们只补当月进度和缺少的内容，金额、专员等以新台账为准。",
                n=len(older),
            )
        )


def refused_download(found: actions.Look) -> None:
    made = slot(f"refused:{found.sha256}")
    if st.button(_("做成退回行工作簿"), icon=":material/table_view:", key=slot("make_refused")):
        with speaking():
            st.session_state[made] = actions.keep_refused(actor, found)
    if made in st.session_state:
        st.link_button(
            _("下载退回行（每行旁边写有原因）"),
            links.file(st.session_state[made]),
            icon=":material/download:",
        )


def last_button(found: actions.Look, data: bytes, how: actions.Reading) -> None:
    c = found.counts
    if not c["new"] and not c["changed"]:
        if c["refused"]:
            st.warning(_("没有可以写入的行：{n}行退回。请改正后再导入。", n=c["refused"]))
        else:
            st.success(_("台账与登记库一致，没有需要写入的变化。"))
        return
    words = _("写入：新增{new}个、变更{changed}个", new=c["new"], changed=c["changed"])
    if c["refused"]:
        st.warning(
            _(
                "有{n}行退回。可以改正后整份再导入（全有或全无），也可以先写入好的行，退回的行另行处理。",
                n=c["refused"],
            )
        )
        words = _(
            "只写好的行：新增{new}个、变更{changed}个，{n}行不写",
            new=c["new"],
            changed=c["changed"],
            n=c["refused"],
        )
    with st.container(horizontal=True):
        if c["refused"]:
            st.button(_("全部写入"), disabled=True, help=_("有退回行时不能全部写入"), key=slot("commit_all"))
        go = st.button(words, type="primary", key=slot("commit"))
    if go:
        with speaking():
            done = actions.commit(
                actor,
                data,
                found.file_name,
                how,
                today=today(),
                good_rows_only=bool(c["refused"]),
                sheets=found.sheets,
                expected=c,
            )
            saved(
                _(
                    "已写入第{batch}批：新增{new}个、变更{changed}个。",
                    batch=done.batch,
                    new=c["new"],
                    changed=c["changed"],
                )
            )
            renew("import_ledger")
            st.rerun()


# --- what was imported before -----------------------------------------------------------------


def history() -> None:
    st.subheader(_("已导入的批次"), anchor=False)
    with reading() as session:
        lines, total = queries.batches(session, actor, page=page_number("batches"))
    if not lines:
        empty(_("还没有导入过台账。选择一个文件开始。"))
        return
    for b in lines:
        with st.container(border=True):
            left, right = st.columns([4, 1], vertical_alignment="center", wrap=True)
            period = _("{y}年{m}月", y=b.year, m=b.month)
            left.markdown(f"**{plain(_('第{n}批', n=b.id))}** {plain(b.file_name)}")
            left.caption(
                plain(
                    _(
                        "{by} {at} · {period} · {mode} · 新增{new} 变更{changed} 不变{unchanged} 重复{dup} 退回{refused}",
                        by=b.by, at=moment(b.committed_at), period=period, mode=MODES.get(b.mode, b.mode), new=b.new,
                        changed=b.changed, unchanged=b.unchanged, dup=b.duplicates, refused=b.refused,
                    )
                )
            )  # fmt: skip
            if b.state is BatchState.REVERTED:
                right.caption(_("已撤销 {at}", at=moment(b.reverted_at)))
                continue
            with right.popover(_("撤销")):
                st.write(
                    _("把这一批新增和变更的内容全部退回原样。若之后有人改动过，会说明是谁，并且什么也不动。")
                )
                if st.button(_("确认撤销第{n}批", n=b.id), key=f"revert:{b.id}"):
                    with speaking():
                        actions.revert(actor, b.id)
                        saved(_("第{n}批已撤销。", n=b.id))
                        st.rerun()
    pager(total, key="batches", per_page=10)


def export_button(right: Any) -> None:
    """Write all projects out; the workbook can be imported again."""
    if not may(actor, Verb.EXPORT):
        return
    with right:
        if st.button(_("导出全部项目"), icon=":material/download:", key="export"):
            with speaking():
                st.session_state["export_file"] = actions.keep_export(actor, today=today())
        if "export_file" in st.session_state:
            st.link_button(_("下载导出的台账"), links.file(st.session_state["export_file"]))


export_button(head(_("导入台账"), _("先看明白，再写入；同一份台账导入两次不会重复。")))
picked = step_file()
if picked is not None:
    data, name = picked
    digest = hashlib.sha256(data).hexdigest()
    if st.session_state.get(slot("sha")) != digest:
        # Another file: what was chosen for the one before does not hold for it.
        for part in ("choices", "year", "month"):
            st.session_state.pop(slot(part), None)
        st.session_state[slot("sha")] = digest
    found: actions.Look | None = None
    how = actions.Reading()
    try:
        with st.spinner(_("正在读取…")):
            sheets = read_file(data, name)
            how = actions.Reading(
                year=st.session_state.get(slot("year")),
                month=st.session_state.get(slot("month")),
                mapping=choices(),
            )
            found = actions.look(actor, data, name, how, today=today(), sheets=sheets)
    except CrmError as error:
        st.error(plain(str(error)))
    if found is not None:
        step_understood(found)
        step_changes(found, data, how)
history()
