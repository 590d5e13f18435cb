"""The verdict of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from crm.core.i18n import _
from crm.core.names import name_key
from crm.ledgers.facts import LedgerRow, Trouble
from crm.ledgers.judge.compare import Compare
from crm.ledgers.judge.matching import Firms, Liaisons
from crm.ledgers.judge.work import (
    MONTH_LABELS,
    PROJECT_LABELS,
    Verdict,
    Work,
    both_differ,
)
from crm.ledgers.queries import Known
from models import Project
from models.vocabulary import (
    RowVerdict,
    Scope,
)


def judge(rows: Iterable[LedgerRow], known: Known) -> list[Verdict]:
    """The verdict of every row, in order."""
    return _Judge(list(rows), known).run()


def counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many rows of each verdict; every verdict is present."""
    found = Counter(v.verdict for v in verdicts)
    return {v.value: found.get(v, 0) for v in RowVerdict}


class _Judge:
    def __init__(self, rows: list[LedgerRow], known: Known) -> None:
        self.rows, self.known = rows, known
        self.claimed = {
            int(p.id or 0)
            for r in rows
            if r.project_code and (p := known.by_code.get(r.project_code)) is not None
        }
        self.seen_code: dict[str, LedgerRow] = {}
        self.seen_firm: dict[tuple[str, str, int], LedgerRow] = {}
        self.seen_town: dict[tuple[str, int], list[LedgerRow]] = {}
        self.matched: dict[int, LedgerRow] = {}
        self._outright: set[int] | None = None
        self.firms, self.liaisons = Firms(known), Liaisons(known)
        self.compare = Compare(known, self.firms.of)

    def run(self) -> list[Verdict]:
        return [self._one(row) for row in self.rows]

    def _one(self, row: LedgerRow) -> Verdict:
        if row.troubles:
            return self._refuse(row, row.troubles)
        first = self._repeated(row)
        if first is not None:
            return self._duplicate(row, first)
        project = self._match(row)
        if project is not None and int(project.id or 0) in self.matched:
            return self._duplicate(row, self.matched[int(project.id or 0)])
        troubles = [*self._scope(row, project), *self.firms.troubles(row)]
        if troubles:
            return self._refuse(row, troubles)
        notes = list(row.notes)
        people, bad = (
            ([], []) if self.compare.keeps_officers(row, project) else self.liaisons.of(row, project)
        )
        if bad:
            return self._refuse(row, bad)
        work = Work(project=project)
        changes = self.compare.compare(row, project, work, people, notes)
        assign_refused = project is not None and work.officers is not None and not self.known.may_assign
        if assign_refused:
            return self._refuse(
                row,
                [
                    Trouble(
                        row.label("officers"),
                        "、".join(p.name for p in row.officers),
                        _("您没有指派专员的权限，请保持原专员或联系管理员"),
                    )
                ],
            )
        self._remember(row, project)
        if project is None:
            verdict = RowVerdict.NEW
        else:
            verdict = RowVerdict.CHANGED if changes else RowVerdict.UNCHANGED
        return Verdict(row, verdict, changes, notes=notes, work=work)

    # repeated in the file

    def _repeated(self, row: LedgerRow) -> LedgerRow | None:
        if row.project_code and row.project_code in self.seen_code:
            return self.seen_code[row.project_code]
        if row.credit_code:
            first = self.seen_firm.get((row.credit_code, row.key, row.town_id or 0))
            if first is not None and not both_differ(first.project_code, row.project_code):
                return first
        for first in self.seen_town.get((row.key, row.town_id or 0), ()):
            other_firm = bool(
                first.enterprise and row.enterprise and name_key(first.enterprise) != name_key(row.enterprise)
            )
            if (
                not other_firm
                and not both_differ(first.project_code, row.project_code)
                and not both_differ(first.credit_code, row.credit_code)
            ):
                return first
        return None

    def _duplicate(self, row: LedgerRow, first: LedgerRow) -> Verdict:
        differs = [
            _(PROJECT_LABELS.get(k, k))
            for k in PROJECT_LABELS
            if k in row.project and k in first.project and row.project[k] != first.project[k]
        ]
        differs += [
            _(MONTH_LABELS.get(k, "年度计划投资"))
            for k in ("plan_wan", "done_wan")
            if both_differ(getattr(row, k), getattr(first, k))
        ]
        where = (
            _("第{row}行", row=first.row)
            if first.sheet == row.sheet
            else _("“{sheet}”第{row}行", sheet=first.sheet, row=first.row)
        )
        reason = _("与{where}是同一个项目，已跳过", where=where)
        if differs:
            reason += _("；但{what}不同，请核对以哪一行为准", what="、".join(differs))
        return Verdict(row, RowVerdict.DUPLICATE, repeats=(first.sheet, first.row), reason=reason)

    def _remember(self, row: LedgerRow, project: Project | None) -> None:
        if row.project_code:
            self.seen_code[row.project_code] = row
        if row.credit_code:
            self.seen_firm.setdefault((row.credit_code, row.key, row.town_id or 0), row)
            self.firms.firm_names.setdefault(row.credit_code, row)
        self.seen_town.setdefault((row.key, row.town_id or 0), []).append(row)
        if project is not None:
            self.matched[int(project.id or 0)] = row

    def _refuse(self, row: LedgerRow, troubles: list[Trouble]) -> Verdict:
        reason = "；".join(f"{t.column}：{t.reason}" for t in troubles)
        return Verdict(row, RowVerdict.REFUSED, reason=reason[:1000], troubles=list(troubles))

    # which project

    def _match(self, row: LedgerRow) -> Project | None:
        """By project code, then credit code and name, then normalised name and town.

        One firm may build two projects of one name in two towns: the town decides between them, and
        a project that another row of the file names outright is not taken for this one.
        """
        if row.project_code and row.project_code in self.known.by_code:
            return self.known.by_code[row.project_code]
        same_name = [p for p in self.known.by_name.get(row.key, ()) if int(p.id or 0) not in self.claimed]
        same_firm = [p for p in same_name if row.credit_code and self._code_of(p) == row.credit_code]
        return (
            next((p for p in same_firm if p.town_id == row.town_id), None)
            or next((p for p in same_firm if int(p.id or 0) not in self._named_outright()), None)
            or next((p for p in same_name if p.town_id == row.town_id and self._may_be(p, row)), None)
        )

    def _code_of(self, project: Project) -> str | None:
        firm = self.known.enterprises.get(project.enterprise_id or 0)
        return firm.credit_code if firm is not None else None

    def _may_be(self, project: Project, row: LedgerRow) -> bool:
        """Nothing the row says contradicts that it is this project of the same name and town."""
        firm = self.known.enterprises.get(project.enterprise_id or 0)
        other_firm = bool(firm and row.enterprise and firm.name_key != name_key(row.enterprise))
        if both_differ(self._code_of(project), row.credit_code):
            return False
        return not (other_firm and both_differ(project.project_code, row.project_code))

    def _named_outright(self) -> set[int]:
        """Projects that some row of the file names with their own name and town."""
        if self._outright is None:
            self._outright = {
                int(p.id or 0)
                for r in self.rows
                for p in self.known.by_name.get(r.key, ())
                if p.town_id == r.town_id and self._may_be(p, r)
            }
        return self._outright

    def _scope(self, row: LedgerRow, project: Project | None) -> list[Trouble]:
        if self.known.in_scope is None:
            return []
        if project is not None:
            if int(project.id or 0) in self.known.in_scope:
                return []
        elif Scope.OWN_TOWN in self.known.reach and row.town_id == self._own_town:
            return []
        return [
            Trouble(
                row.label("name"),
                row.name,
                _("不在您的负责范围（本人项目或本镇街），不能导入，请交由负责人员导入"),
            )
        ]

    @property
    def _own_town(self) -> int:
        return self.known.own_town or -1
