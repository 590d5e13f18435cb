"""A paper on the screen: its pages as they print, else its text."""

from __future__ import annotations

import hashlib

import streamlit as st

from crm.briefings import preview
from crm.briefings.context import Verdict
from crm.core.i18n import _
from crm.ui.words import plain

PAPER_WIDTH = 760
_SLOT = "_paper_pages"


def pages_of(data: bytes) -> list[bytes]:
    """The pages as PNG; made once for the paper this session looks at."""
    key = hashlib.sha256(data).hexdigest()
    kept = st.session_state.get(_SLOT)
    if kept is None or kept[0] != key:
        with st.spinner(_("正在排版……")):
            kept = (key, preview.pictures(data))
        st.session_state[_SLOT] = kept
    pages: list[bytes] = kept[1]
    return pages


def show(data: bytes) -> None:
    """The whole paper. Without LibreOffice the text and tables alone (cleaned of all markup of its own), said so."""
    pages = pages_of(data)
    if pages:
        st.caption(plain(_("共{n}页，版式与打印一致；缺少的字体由相近字体代替。", n=len(pages))))
        for number, page in enumerate(pages, 1):
            with st.container(border=True, width=PAPER_WIDTH):
                st.image(page, width="stretch", caption=_("第{n}页", n=number))
        return
    st.caption(
        plain(_("这台服务器没有安装 LibreOffice，下面显示文字和表格，分页和版式请下载后在 Word 中查看。"))
    )
    with st.container(border=True, width=PAPER_WIDTH):
        st.html(preview.html(data))


def tell_verdict(verdict: Verdict) -> None:
    """What checking a stored paper or letter again found."""
    (st.success if verdict.snapshot_intact else st.error)(
        _("快照未被改动。") if verdict.snapshot_intact else _("快照与存档时不一致。")
    )
    (st.success if verdict.file_intact else st.error)(
        _("文件完好。") if verdict.file_intact else _("文件丢失或已损坏，请从备份恢复。")
    )
    if verdict.same_bytes is None:
        st.info(_("当时的模板或口径已更换，不再逐字节比对。"))
    elif verdict.same_bytes:
        st.success(_("用快照重新生成，与存档文件逐字节相同。"))
    else:
        st.error(_("用快照重新生成的文件与存档不同。"))
