"""导入办件: the acceptance system's export comes in: the file, what was understood, the run with its stop button,
what came of it. `?batch=` shows one import."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crm.caselog import actions, queries
from crm.caselog.actions import Asked, Look, Reading, Received
from crm.caselog.headers import LABELS
from crm.caselog.queries import BatchLine
from crm.caselog.words import KIND_LABELS, MODE_LABELS, told_beside
from crm.core.access import Verb
from crm.core.db import reading
from crm.core.errors import CrmError
from crm.core.i18n import _
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.paging import page_number, pager
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty, head, speaking
from crm.ui.words import moment, plain
from models.vocabulary import LOAD_STATE_LABELS, LoadState

actor = allowed(Verb.CASE_IMPORT)
MOST_MB = 50
PER_PAGE = 20


def slot(name: str) -> str:
    """Session state of this opening of the page; gone after a start."""
    return f"{nonce('case_import')}:{name}"


# --- the file ----------------------------------------------------------------------------


def step_file() -> Received | None:
    st.subheader(_("一、选择受理系统的导出文件"), anchor=False)
    upload = st.file_uploader(
        _("CSV、Excel（.xlsx、.xls），或只含一个这样的文件的.zip，不超过{n}MB", n=MOST_MB),
        type=["csv", "txt", "xlsx", "xls", "zip"],
        max_upload_size=MOST_MB,
        key=slot("file"),
    )
    if upload is None:
        st.caption(
            _(
                "一行一个办件，或一行一个环节。全年的导出有几百MB时，压缩成.zip再上传。自然人的姓名和证件号码不保存。"
            )
        )
        return None
    kept: dict[str, Received] = st.session_state.setdefault(slot("received"), {})
    received = kept.get(upload.file_id)
    if received is None or not received.path.is_file():
        with st.spinner(_("正在读取文件……")):
            received = actions.receive(actor, upload, upload.name)
        kept.clear()
        kept[upload.file_id] = received
    return received


# --- what was understood -----------------------------------------------------------------


def choose(header: str, widget: str) -> None:
    st.session_state.setdefault(slot("columns"), {})[header] = str(st.session_state[widget])


def field_options(kinds: tuple[str, ...]) -> dict[str, str]:
    """What a column may mean: "" nothing, else a field of the first kind the file holds."""
    kind = kinds[0] if len(kinds) == 1 else "cases"
    return {"": _("不导入")} | {f: _(label) for f, label in LABELS[kind].items()}


def columns_table(found: Look) -> None:
    options = field_options(found.kinds)
    unknown = [c for c in found.columns if not c.field]
    known = len(found.columns) - len(unknown)
    title = (
        _(
            "列的对应关系：{n}列已对应，{k}列不导入（{names}）",
            n=known,
            k=len(unknown),
            names="、".join(c.header or _("（无列名）") for c in unknown[:5]),
        )
        if unknown
        else _("列的对应关系：{n}列全部对应", n=known)
    )
    ordered = [*unknown, *(c for c in found.columns if c.field)]
    with st.expander(plain(title)):
        for start in range(0, len(ordered), 2):
            pair = st.columns(2, gap="medium", wrap=True)
            for cell, column in zip(pair, ordered[start : start + 2], strict=False):
                kind, _dot, field = column.field.partition(".")
                if field and field not in options:
                    cell.markdown(f"{plain(column.header)} · {_(LABELS[kind][field])}")
                    continue
                widget = slot(f"col:{column.header}:{field}")
                cell.selectbox(
                    plain(column.header or _("（无列名）")),
                    list(options),
                    index=list(options).index(field),
                    format_func=lambda f: options[f],
                    key=widget,
                    on_change=choose,
                    args=(column.header, widget),
                    help=plain(_("例：{value}", value=column.sample)) if column.sample else None,
                )


def step_understood(found: Look) -> None:
    st.subheader(_("二、我这样理解这份文件"), anchor=False)
    survey = found.received.survey
    if len(found.kinds) > 1:
        said = _("一行一个环节，每行带有办件信息：先导入办件，再导入环节")
    else:
        said = _("一行一个{kind}", kind=_(KIND_LABELS[found.kinds[0]]))
    lines = [
        f"- **{plain(found.received.name)}** {plain(_('{n}行，表头在第{row}行，{said}', n=f'{survey.rows:,}', row=survey.header_row, said=said))}"
    ]
    lines += [f"- {plain(note)}" for note in found.notes]
    st.markdown("\n".join(lines))
    if found.item:
        widget = slot("item")
        st.text_input(_("这些办件都属于哪个事项（名称或编码）"), found.item, max_chars=120, key=widget)
    columns_table(found)
    sample(found)


def sample(found: Look) -> None:
    tally = found.tally
    st.caption(
        plain(
            _(
                "先看了前{n}行：新增{new} 变更{changed} 不变{unchanged} 重复{dup} 退回{bad}",
                n=f"{found.judged:,}", new=tally.created, changed=tally.changed, unchanged=tally.unchanged,
                dup=tally.duplicates, bad=tally.refused,
            )
        )
    )  # fmt: skip
    if tally.asides:
        with st.expander(_("前{n}行里退回和重复的行", n=f"{found.judged:,}"), expanded=tally.refused > 0):
            st.markdown("\n".join(f"- {aside_line(a.row, a.reason)}" for a in tally.asides[:PER_PAGE]))


def aside_line(row: int, reason: str) -> str:
    return f"**{plain(_('第{row}行', row=row))}** {plain(reason)}"


def step_start(found: Look, how: Reading) -> None:
    st.subheader(_("三、导入"), anchor=False)
    modes = {m: _(MODE_LABELS[m]) for m in MODE_LABELS}
    mode = st.radio(
        _("遇到退回的行"),
        list(modes),
        format_func=lambda m: modes[m],
        horizontal=True,
        key=slot("mode"),
        captions=[
            _("坏行另存，可下载改正后再导入"),
            _("先全部检查一遍，有一行退回就全部不写"),
            _("看全部结果，不改动数据"),
        ],
    )
    words = _("检查全部{n}行", n=f"{found.received.survey.rows:,}")
    if mode != "check":
        words = _("导入{n}行", n=f"{found.received.survey.rows:,}")
    if st.button(words, type="primary", key=slot("start")):
        with speaking():
            batch_id = actions.start(
                actor, found.received, Asked(how=how, mode=mode or "good"), today=today()
            )
            actions.launch(batch_id)
            renew("case_import")
            links.go("case_import", batch=batch_id)


# --- one import --------------------------------------------------------------------------


def numbers(line: BatchLine) -> str:
    return _(
        "新增{new} 变更{changed} 不变{unchanged} 重复{dup} 退回{bad}",
        new=f"{line.created:,}",
        changed=f"{line.changed:,}",
        unchanged=f"{line.unchanged:,}",
        dup=f"{line.duplicates:,}",
        bad=f"{line.refused:,}",
    )


@st.fragment(run_every=2)
def progress(batch_id: int) -> None:
    """Looks again every two seconds; the page is drawn anew when the import has ended."""
    with reading() as session:
        line = queries.batch(session, actor, batch_id)
    if line.state is not LoadState.RUNNING:
        st.rerun()
    what = _("正在检查") if line.phase == "check" else _("正在导入")
    done = _("{done} / {total}行", done=f"{line.rows_done:,}", total=f"{line.rows_total or 0:,}")
    st.progress(line.share, plain(f"{what}{_(KIND_LABELS[line.kind])} {done}"))
    st.caption(plain(numbers(line)))
    if line.dead:
        st.warning(plain(_("有一会儿没有动静了，可能已经中断。可以从中断处继续。")))
        if st.button(_("继续导入"), type="primary", key=f"resume:{batch_id}"):
            take_up(batch_id)
    elif st.button(_("停止"), icon=":material/stop_circle:", key=f"stop:{batch_id}"):
        with speaking():
            actions.stop(actor, batch_id)
            st.rerun()
    st.caption(_("可以离开或关闭本页，导入会继续。停止后已导入的行保留，可以接着导。"))


def take_up(batch_id: int) -> None:
    with speaking():
        actions.resume(actor, batch_id)
        actions.launch(batch_id)
        st.rerun()


def result(line: BatchLine) -> None:
    said = _(
        "{kind} {name} · 共{rows}行",
        kind=_(KIND_LABELS[line.kind]),
        name=line.file_name,
        rows=f"{line.rows_done:,}",
    )
    st.markdown(f"**{plain(said)}**")
    shown = plain(numbers(line))
    if line.state is LoadState.DONE and line.mode == "check":
        st.info(f"{plain(_('只检查，没有写入。'))} {shown}")
    elif line.state is LoadState.DONE:
        st.success(shown)
    else:
        st.warning(f"{plain(state_words(line))} {shown}")
    if line.error:
        st.error(plain(line.error))
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in told_beside(line)))
    with st.container(horizontal=True):
        if line.takes_up and st.button(_("从中断处继续"), type="primary", key=f"resume:{line.id}"):
            take_up(line.id)
        if line.takes_up and st.button(_("不再继续，删除文件"), key=f"discard:{line.id}"):
            with speaking():
                actions.discard(actor, line.id)
                st.rerun()
        if line.created or line.changed:
            links.button(
                _("查看这批办件"),
                links.to("case", batch_id=line.id, state="all"),
                icon=":material/list_alt:",
                key=f"list:{line.id}",
            )
        if line.summary.get("counts", {}).get("new_items"):
            links.button(_("补充新增事项"), links.to("catalogue"), key=f"items:{line.id}")
    set_aside(line)


def state_words(line: BatchLine) -> str:
    if line.state is LoadState.FAILED and not line.takes_up:
        return _("没有导入。")
    return _("{state}。", state=_(LOAD_STATE_LABELS[line.state]))


def set_aside(line: BatchLine) -> None:
    if not line.summary.get("set_aside"):
        return
    total = int(line.summary["set_aside"])
    st.subheader(_("退回和重复的行（{n}）", n=f"{total:,}"), anchor=False)
    key = f"aside:{line.id}"
    with reading() as session:
        rows = queries.set_aside(
            session, actor, line.id, first=(page_number(key) - 1) * PER_PAGE, limit=PER_PAGE
        )
    st.markdown("\n".join(f"- {aside_line(r.row, r.reason)}" for r in rows))
    pager(total, key=key, per_page=PER_PAGE)
    made = f"refused:{line.id}"
    if st.button(_("做成退回行工作簿"), icon=":material/table_view:", key=f"make:{line.id}"):
        with speaking():
            st.session_state[made] = actions.keep_refused(actor, line.id)
    if made in st.session_state:
        st.link_button(
            _("下载退回行（改正后可直接再导入）"),
            links.file(st.session_state[made]),
            icon=":material/download:",
        )


# --- what was imported before --------------------------------------------------------------


def history() -> None:
    st.subheader(_("已导入的批次"), anchor=False)
    with reading() as session:
        lines, total = queries.batches(session, actor, page=page_number("case_batches"))
    if not lines:
        empty(_("还没有导入过办件。选择受理系统的导出文件开始。"))
        return
    for line in lines:
        with st.container(border=True):
            left, right = st.columns([5, 1], vertical_alignment="center", wrap=True)
            left.markdown(
                f"**{plain(_('第{n}批', n=line.id))}** {plain(_(KIND_LABELS[line.kind]))} {plain(line.file_name)}"
            )
            left.caption(
                plain(
                    _(
                        "{by} {at} · {mode} · {state} · {numbers}",
                        by=line.by, at=moment(line.started_at), mode=_(MODE_LABELS[line.mode]),
                        state=state_words(line).rstrip("。"), numbers=numbers(line),
                    )
                )
            )  # fmt: skip
            with right:
                links.button(_("查看"), links.to("case_import", batch=line.id), key=f"show:{line.id}")
    pager(total, key="case_batches", per_page=queries.PER_PAGE)


def one(batch_id: int) -> None:
    with reading() as session:
        line = queries.batch(session, actor, batch_id)
        after = queries.following(session, actor, batch_id)
    if line.state is LoadState.RUNNING:
        progress(batch_id)
        return
    result(line)
    if after is not None:
        st.divider()
        if after.state is LoadState.RUNNING:
            progress(after.id)
        else:
            result(after)


def fresh() -> None:
    with reading() as session:
        now_running = queries.running(session)
    if now_running is not None and now_running.id is not None:
        progress(now_running.id)
        st.divider()
        return
    found: Look | None = None
    columns: dict[str, Any] = st.session_state.get(slot("columns"), {})
    how = Reading(columns=columns, item=str(st.session_state.get(slot("item"), "")))
    try:
        received = step_file()
        if received is not None:
            found = actions.look(actor, received, how, today=today())
    except CrmError as error:
        st.error(plain(str(error)))
    if found is not None:
        step_understood(found)
        step_start(found, how)


chosen = record_id("batch")
right_slot = head(_("导入办件"), _("把受理系统导出的办件和环节导入本系统，用于清单、研判和督办。"))
if chosen is not None:
    with right_slot:
        links.button(_("导入另一份"), links.to("case_import"), icon=":material/add:")
    with speaking():
        one(chosen)
else:
    fresh()
    history()
