"""统一社会信用代码 and 项目代码. Pure."""

from __future__ import annotations

import re

from stdnum.cn import uscc

from crm.core.i18n import _
from crm.ledgers.reader import Cell
from crm.ledgers.values.words import Unreadable, blank, narrow, sound


def credit_code(cell: Cell | None) -> str | None:
    """统一社会信用代码, upper case, checked by GB 32100-2015. Raises `Unreadable` and says which check character fits."""
    if cell is None or blank(cell):
        return None
    sound(cell)
    if cell.kind == "n" and abs(float(cell.value[0])) >= 1e15:
        raise Unreadable(_("信用代码被Excel改成了科学计数，请把该列设为“文本”后重新填写"))
    code = uscc.compact(narrow(cell.text).replace("\n", ""))
    if re.fullmatch(r"\d(\.\d+)?E\+?\d+", code):
        raise Unreadable(_("信用代码被Excel改成了科学计数，请把该列设为“文本”后重新填写"))
    if len(code) != 18:
        raise Unreadable(_("统一社会信用代码应为18位，这里是{n}位", n=len(code)))
    try:
        return str(uscc.validate(code))
    except uscc.InvalidChecksum:
        fits = uscc.calc_check_digit(code[:17])
        raise Unreadable(
            _(
                "统一社会信用代码校验不符：前17位对应的校验位应为{fits}，这里是{found}，请核对",
                fits=fits,
                found=code[-1],
            )
        ) from None
    except uscc.ValidationError:
        wrong = next(
            (c for i, c in enumerate(code) if c not in uscc._alphabet or (i < 8 and not c.isdigit())), "?"
        )
        message = _(
            "统一社会信用代码第{place}位“{wrong}”不合规则（不用I、O、S、V、Z，前8位为数字）",
            place=code.index(wrong) + 1 if wrong in code else "?",
            wrong=wrong,
        )
        if all(c in uscc._alphabet for c in code[:17]):
            message += _("；前17位对应的校验位应为{fits}", fits=uscc.calc_check_digit(code[:17]))
        raise Unreadable(message) from None


def project_code(cell: Cell | None) -> str | None:
    """The online platform's code (2318-440703-04-01-659107), or the office's own, upper case."""
    if cell is None or blank(cell):
        return None
    sound(cell)
    if cell.kind == "n" and abs(float(cell.value[0])) >= 1e15:
        raise Unreadable(_("项目代码被Excel改成了科学计数，请把该列设为“文本”后重新填写"))
    code = re.sub(r"\s+", "", narrow(cell.text)).upper()
    code = re.sub(r"[—–―‐‑‒﹣−]", "-", code)
    bare = code.replace("-", "")
    if re.fullmatch(r"\d{20}", bare):
        code = f"{bare[:4]}-{bare[4:10]}-{bare[10:12]}-{bare[12:14]}-{bare[14:]}"
    if len(code) > 30:
        raise Unreadable(_("项目代码过长（{n}位），应形如 2318-440703-04-01-659107", n=len(code)))
    return code
