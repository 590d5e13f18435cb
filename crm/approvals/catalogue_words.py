"""Why an entry of the register may not stand, in words. Pure."""

from __future__ import annotations

from crm.approvals.catalogue_rules import Wrong
from crm.core.i18n import _
from models.vocabulary import PROCEDURE_KIND_LABELS, ProcedureKind


def wrong_words(wrong: Wrong, kind: ProcedureKind) -> str:
    """Why an entry of the register is refused, with the law's name and what would mend it."""
    name = _(PROCEDURE_KIND_LABELS[kind])
    return {
        Wrong.NOT_ARTICLE_45: _(
            "{kind}不在行政许可法第四十五条所列之内，时间不能停表；确有依据的，请写明该事项自身的法规名称和条款。",
            kind=name,
        ),
        Wrong.STOP_BASIS_IDLE: _(
            "不停表的环节不写停表依据；如要停表，请把“是否计算在法定办结时限内”改为“否”。"
        ),
        Wrong.NO_NOTICE: _(
            "停表的环节应当将所需时间书面告知申请人（行政许可法第四十五条），请选“须书面告知”。"
        ),
        Wrong.NO_CHARGE_BASIS: _("收费须有法律、行政法规依据（行政许可法第五十八条），请写明收费依据。"),
        Wrong.CHARGE_BASIS_IDLE: _("不收费的环节不写收费依据。"),
        Wrong.NO_NAME: _("请写明环节名称。"),
    }[wrong]
