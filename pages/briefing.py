"""简报正文: one issued paper as it prints, to be downloaded, with the snapshot it was made from."""

from __future__ import annotations

import streamlit as st

from crm.briefings import actions, queries
from crm.core import files
from crm.core.access import Verb
from crm.core.db import reading
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.ui import links
from crm.ui.briefing_parts import sheet
from crm.ui.session import allowed, record_id
from crm.ui.show import empty, head, speaking
from crm.ui.words import moment, plain
from models.vocabulary import BRIEFING_KIND_LABELS

actor = allowed(Verb.BRIEFING_READ)
asked = record_id()
card = None
if asked is not None:
    try:
        with reading() as session:
            card = queries.one(session, actor, asked)
    except NotFound:
        card = None
if card is None:
    empty(_("没有找到这份简报，或您无权查看。"), _("回到简报列表"), links.to("briefings"))
    st.stop()
assert card is not None
row = card.row

right = head(
    row.title,
    _(
        "{kind} {year}年第{n}期，{who}生成于{when}",
        kind=_(BRIEFING_KIND_LABELS[row.kind]),
        year=row.series_year,
        n=row.number,
        who=row.made_by,
        when=moment(row.made_at),
    ),
)
with right:
    st.link_button(
        _("下载 Word"), links.file(row.public_id), type="primary", icon=":material/download:", width="stretch"
    )
if row.project_id is not None:
    links.link(_("打开项目"), "project", icon=":material/foundation:", id=row.project_id)

with speaking():
    sheet.show(files.read(card.file))

with st.expander(_("数据快照和核验"), icon=":material/fingerprint:"):
    st.markdown(
        plain(
            _(
                "简报里的每个数字都出自这份快照。模板 {template}，口径版本 {version}。",
                template=card.template,
                version=card.queries_version,
            )
        )
    )
    st.code(f"sha256 {card.sha256}\ntemplate {card.template_sha256}\nfile {card.file.sha256}", language=None)
    if st.button(_("核验"), key=f"verify-{row.id}", icon=":material/verified:"):
        with speaking():
            sheet.tell_verdict(actions.verify(actor, row.id))
    st.json(card.context, expanded=False)
