"""What an import came to, in sentences; the page and the command line say the same."""

from __future__ import annotations

from crm.caselog.queries import BatchLine
from crm.core.i18n import _
from models.vocabulary import LOAD_STATE_LABELS, LoadState

KIND_LABELS: dict[str, str] = {"cases": "办件", "events": "环节"}
MODE_LABELS: dict[str, str] = {"good": "只导入好的行", "all": "有退回就不导入", "check": "只检查，不写入"}


def told_counts(line: BatchLine) -> list[str]:
    """The result of one import: the counts first, then what somebody has to do."""
    kind, wrote = _(KIND_LABELS[line.kind]), line.mode != "check"
    sentences = [
        _(
            "{kind}：新增{new} 变更{changed} 不变{unchanged} 重复{duplicates} 退回{refused}（共{rows}行，{state}）",
            kind=kind,
            new=line.created,
            changed=line.changed,
            unchanged=line.unchanged,
            duplicates=line.duplicates,
            refused=line.refused,
            rows=line.rows_done,
            state=_(LOAD_STATE_LABELS[line.state])
            if wrote or line.state is not LoadState.DONE
            else _("只检查，没有写入"),
        )
    ]
    if line.error:
        sentences.append(line.error)
    return sentences + told_beside(line)


def told_beside(line: BatchLine) -> list[str]:
    """What is told beside the counts."""
    counts: dict[str, int] = line.summary.get("counts", {})
    named: dict[str, dict[str, int]] = line.summary.get("named", {})

    def names(word: str) -> str:
        known = sorted(named.get(word, {}).items(), key=lambda pair: (-pair[1], pair[0]))
        return "、".join(name for name, _n in known[:8]) + ("……" if len(known) > 8 else "")

    told = []
    if n := counts.get("new_items"):
        told.append(_("新增事项{n}个，请补充法定依据：{names}", n=n, names=names("new_items")))
    if n := counts.get("unknown_departments"):
        told.append(_("{n}行的部门不在名录中，按原文保存：{names}", n=n, names=names("unknown_departments")))
    if n := counts.get("unknown_towns"):
        told.append(_("{n}行的镇街不在名录中，按原文保存：{names}", n=n, names=names("unknown_towns")))
    if n := counts.get("odd_codes"):
        told.append(_("{n}行的信用代码不是18位统一社会信用代码，没有保存", n=n))
    if n := counts.get("ours"):
        told.append(_("{n}行是本系统自己办理的件，没有改动：{names}", n=n, names=names("ours")))
    if n := counts.get("kept_closed"):
        told.append(
            _("{n}行在文件里未办结，而系统中已办结，没有改动：{names}", n=n, names=names("kept_closed"))
        )
    return told
