"""What a sign means on one case, in one phrase of the reader's language."""

from __future__ import annotations

from crm.approvals.supervision_rules import Found, Sign
from crm.core.i18n import _
from crm.ui.words import day
from models.vocabulary import PROCEDURE_KIND_LABELS


def reason(found: Found, year: int) -> str:
    """专家评审11月5日起停表未书面告知，已12个工作日."""
    what = _(PROCEDURE_KIND_LABELS[found.kind]) if found.kind else ""
    on = day(found.due_on, year=year)
    n = found.late_wd
    match found.sign:
        case Sign.UNTOLD:
            return _("{what}自{day}起停表未书面告知，已{n}个工作日", what=what, day=on, n=n)
        case Sign.LATE_START:
            return _("{what}应于{day}前启动，晚{n}个工作日", what=what, day=on, n=n)
        case Sign.NOT_OPENED:
            return _("{what}应于{day}前启动，至今未启动，晚{n}个工作日", what=what, day=on, n=n)
        case Sign.OVERLONG:
            return _("{what}应于{day}前结束，超{n}个工作日", what=what, day=on, n=n)
        case Sign.SILENT:
            if n:
                return _("{day}前未受理也未告知补正，视为受理", day=on)
            return _("{day}前不受理也不告知补正，将视为受理", day=on)
        case Sign.CORRECTION_OVERDUE:
            return _("企业应于{day}前补正，逾期{n}个工作日", day=on, n=n)
        case Sign.EXTENSION_UNTOLD:
            return _("{day}延期，未告知申请人", day=on)
        case Sign.UNDELIVERED:
            return _("决定应于{day}前送达，逾期{n}个工作日", day=on, n=n)
    return ""
