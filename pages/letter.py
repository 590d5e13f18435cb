"""督办函: one letter as it prints, with its answer (`?id=`); or a new one on a case (`?case=`)."""

from __future__ import annotations

from crm.briefings.letters import queries
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty, speaking
from crm.ui.supervise_parts import paper

actor = allowed(Verb.PROJECT_VIEW)
letter, case = record_id(), record_id("case")
with speaking():
    if letter is not None:
        with reading() as session:
            card = queries.letter(session, actor, letter, today())
        paper.show(actor, card, today())
    elif case is not None and may(actor, Verb.SUPERVISE):
        paper.new(actor, case, today())
    else:
        empty(_("没有找到这件督办函，或您无权查看。"), _("回到督办台"), links.to("supervision"))
