"""The register out to a workbook, and back: the file, what would change, then the last button."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.approvals.actions.registry import Outcome, look_register, write_register
from crm.approvals.register_book import Verdict
from crm.core.access import Actor, Verb, may
from crm.core.i18n import _
from crm.ledgers.actions.registers import keep_refused_entries, keep_register
from crm.ledgers.registers import RegisterFile, read_register
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.session import today
from crm.ui.show import head, saved, speaking
from crm.ui.words import NOTHING, plain
from models.vocabulary import ROW_VERDICT_LABELS, RowVerdict

FORM = "register-book"


@st.cache_data(max_entries=4, show_spinner=False, scope="session")
def _read(data: bytes, name: str) -> RegisterFile:
    return read_register(data, name)


def export_button(actor: Actor) -> None:
    """Made, kept, and given out by our own route; the file is its maker's alone."""
    kept = st.session_state.get("_register_book", "")
    if kept:
        st.link_button(_("下载登记簿"), links.file(kept), icon=":material/download:")
    elif st.button(_("导出登记簿"), type="tertiary", icon=":material/table_view:"):
        with speaking():
            st.session_state["_register_book"] = keep_register(actor, today=today())
            st.rerun()


def exchange(actor: Actor) -> None:
    """The import's page."""
    links.link(_("特殊环节登记簿"), "register", icon=":material/arrow_back:")
    right = head(_("导入登记簿"), _("用导出的登记簿在Excel中修改后交回；写入之前不会改动任何数据。"))
    with right:
        export_button(actor)
    if not may(actor, Verb.CATALOGUE_EDIT):
        return
    upload = st.file_uploader(
        _("登记簿（.xlsx、.xls 或 .csv），不超过20MB"),
        type=["xlsx", "xls", "csv"],
        max_upload_size=20,
        key=f"{FORM}-{nonce(FORM)}",
    )
    if upload is None:
        st.caption(plain(_("列的顺序不限；文件里没有的列和没有的行保持不变。")))
        return
    with speaking():
        _judged(actor, upload.getvalue(), upload.name)


def _judged(actor: Actor, data: bytes, name: str) -> None:
    lines = _read(data, name).lines
    outcome = look_register(actor, lines)
    shown = (RowVerdict.NEW, RowVerdict.CHANGED, RowVerdict.UNCHANGED, RowVerdict.REFUSED)
    tabs = st.tabs(
        [f"{_(ROW_VERDICT_LABELS[v])} {outcome.count(v)}" for v in shown],
        default=_first(outcome, shown),
        key=f"{FORM}-tabs-{nonce(FORM)}",
    )
    for tab, verdict in zip(tabs, shown, strict=True):
        with tab:
            _rows([v for v in outcome.verdicts if v.verdict is verdict], verdict)
    work = outcome.count(RowVerdict.NEW) + outcome.count(RowVerdict.CHANGED)
    if outcome.refused:
        st.warning(
            plain(_("有{n}行退回。改正后重新导入，或只写好的行。", n=len(outcome.refused))),
            icon=":material/error:",
        )
        _refused(actor, outcome, name)
    if not work:
        st.info(_("没有需要写入的变化。"))
        return
    said = _(
        "写入{n}行：新增{new}，变更{changed}",
        n=work,
        new=outcome.count(RowVerdict.NEW),
        changed=outcome.count(RowVerdict.CHANGED),
    )
    if outcome.refused:
        said = _("只写好的行：{said}", said=said)
    if st.button(said, type="primary", key=f"{FORM}-write"):
        done = write_register(actor, lines, file_name=name, good_rows_only=bool(outcome.refused))
        renew(FORM)
        st.session_state.pop("_register_book", None)
        saved(_("登记簿已写入{n}行。", n=done.written))
        links.go("register")


def _first(outcome: Outcome, shown: tuple[RowVerdict, ...]) -> str:
    """The tab that matters: what is refused, else what changes."""
    order = (RowVerdict.REFUSED, RowVerdict.CHANGED, RowVerdict.NEW, RowVerdict.UNCHANGED)
    chosen = next((v for v in order if outcome.count(v)), shown[0])
    return f"{_(ROW_VERDICT_LABELS[chosen])} {outcome.count(chosen)}"


def _rows(verdicts: list[Verdict], which: RowVerdict) -> None:
    if not verdicts:
        st.caption(_("没有。"))
        return
    rows = []
    for v in verdicts:
        base = {
            _("行"): v.line.row,
            _("事项编号"): v.line.item_code,
            _("环节"): v.line.cells.get("环节名称", ""),
        }
        if which is RowVerdict.CHANGED:
            rows += [
                base | {_("列"): header, _("原来"): old or NOTHING, _("改为"): new or NOTHING}
                for header, (old, new) in v.changes.items()
            ]
        elif which is RowVerdict.REFUSED:
            rows += [
                base
                | {
                    _("列"): t.column,
                    _("内容"): t.value or NOTHING,
                    _("原因"): t.reason,
                    _("可填"): t.allowed or NOTHING,
                }
                for t in v.troubles
            ]
        else:
            rows.append(base)
    with only_desk(f"book-{which.value}"):
        st.dataframe(pd.DataFrame(rows), hide_index=True, height="content" if len(rows) <= 20 else 600)
    with only_phone(f"book-{which.value}"):
        st.markdown("\n".join(line for v in verdicts for line in _lines(v)))


def _lines(v: Verdict) -> list[str]:
    """A row as a phone shows it: what it is, what changes, why it is refused."""
    name = plain(
        _(
            "第{row}行 {item} {name}",
            row=v.line.row,
            item=v.line.item_code,
            name=v.line.cells.get("环节名称", ""),
        )
    )
    lines = [f"- **{name}**"]
    lines += [
        f"    - {plain(header)}：{plain(old or NOTHING)} → {plain(new or NOTHING)}"
        for header, (old, new) in v.changes.items()
    ]
    for t in v.troubles:
        allowed = _("（可填：{allowed}）", allowed=t.allowed) if t.allowed else ""
        lines.append(f"    - {plain(f'{t.column}：{t.reason}{allowed}')}")
    return lines


def _refused(actor: Actor, outcome: Outcome, name: str) -> None:
    slot = f"_register_refused:{nonce(FORM)}"
    if st.session_state.get(slot):
        st.link_button(_("下载退回行"), links.file(st.session_state[slot]), icon=":material/download:")
    elif st.button(_("导出退回行"), type="tertiary", icon=":material/table_view:"):
        st.session_state[slot] = keep_refused_entries(actor, outcome.refused, name)
        st.rerun()
