"""A row against its project, field by field: [old, new] in words, and the work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from crm.core.i18n import _
from crm.core.names import name_key
from crm.ledgers.facts import LedgerRow
from crm.ledgers.judge.work import (
    MONTH_LABELS,
    PRECISIONS,
    PROJECT_LABELS,
    WORDS,
    Firm,
    Liaison,
    Work,
)
from crm.ledgers.queries import Known
from crm.ledgers.stages import type_of_project
from crm.ledgers.values import Person
from models import Assignment, MonthlyProgress, Project
from models.vocabulary import (
    STAGE_LABELS,
    DatePrecision,
    OfficerRole,
)


class Compare:
    """Compares rows with the register. `firm_of` answers which enterprise a row means."""

    def __init__(
        self, known: Known, firm_of: Callable[[LedgerRow, Project | None, list[str]], Firm | None]
    ) -> None:
        self.known, self.firm_of = known, firm_of

    def compare(
        self, row: LedgerRow, project: Project | None, work: Work, people: list[Liaison], notes: list[str]
    ) -> dict[str, list[str]]:
        changes: dict[str, list[str]] = {}
        work.newer = self.newer(row, project)
        typed: dict[str, Any] = {"name": row.name, "town_id": row.town_id, **row.project}
        if row.project_code:
            typed["project_code"] = row.project_code
        if project is not None and name_key(row.name) == project.name_key and project.name != row.name:
            typed.pop("name")  # 1:1 the same but for spaces and brackets: the registered way stays
        for name, label in PROJECT_LABELS.items():
            if name not in typed:
                continue
            new = typed[name]
            old = getattr(project, name) if project is not None else None
            precision = PRECISIONS.get(name)
            new_precision = typed.get(precision) if precision else None
            old_precision = getattr(project, precision) if precision and project is not None else None
            if project is not None and old == new and old_precision == new_precision:
                continue
            if work.newer and old not in (None, ""):
                work.stays.append(_(label))
                continue
            work.set[name] = new
            if precision:
                work.set[precision] = new_precision
            changes[_(label)] = [self._say(name, old, old_precision), self._say(name, new, new_precision)]
        self._compare_firm(row, project, work, notes, changes)
        if project is None:
            work.set["stage"] = row.stage
            firm_name = work.firm.name if work.firm else ""
            work.set["project_type"] = type_of_project(row.name, firm_name, row.project.get("category"))
            words = (
                _("（据“{words}”推定）", words=row.stage_from[:40])
                if row.stage_from not in ("", STAGE_LABELS[row.stage])
                else ""
            )
            changes[_("当前阶段")] = ["", _(STAGE_LABELS[row.stage]) + words]
        if "lead_unit" in work.set:
            department = self.known.departments.get(name_key(str(work.set["lead_unit"])))
            if department is not None:
                work.set["lead_department_id"] = department
        self._compare_extra(row, project, work, changes)
        self._compare_money(row, project, work, changes)
        self._compare_officers(row, project, work, people, changes)
        self._compare_contact(row, work, changes)
        if work.newer and work.stays:
            notes.append(
                _(
                    "登记库已有{y}年{m}月的台账，本行是{year}年{month}月的旧数据：{what}保持不变，只补当月进度和缺少的内容",
                    y=work.newer[0],
                    m=work.newer[1],
                    year=row.year,
                    month=row.month,
                    what="、".join(dict.fromkeys(work.stays)),
                )
            )
        return changes

    def newer(self, row: LedgerRow, project: Project | None) -> tuple[int, int] | None:
        """The later month a ledger has already brought for this project: older facts must not overwrite its."""
        found = self.known.newest.get(int(project.id or 0)) if project is not None else None
        return found if found is not None and found > (row.year, row.month) else None

    def keeps_officers(self, row: LedgerRow, project: Project | None) -> bool:
        """Whether an older ledger's officers are not even looked up, because newer ones are assigned."""
        return self.newer(row, project) is not None and bool(self._open(project))

    def _open(self, project: Project | None) -> list[Assignment]:
        return self.known.assignments.get(int(project.id or 0), []) if project is not None else []

    def _compare_firm(
        self,
        row: LedgerRow,
        project: Project | None,
        work: Work,
        notes: list[str],
        changes: dict[str, list[str]],
    ) -> None:
        firm = self.firm_of(row, project, notes)
        if firm is None:
            return
        work.firm = firm
        own = self.known.enterprises.get(project.enterprise_id or 0) if project else None
        if work.newer and own is not None and (firm.row is not own or row.enterprise not in ("", own.name)):
            work.firm = firm if firm.row is own else None
            if name_key(row.enterprise) != own.name_key:
                work.stays.append(_("建设单位"))
            return
        if own is None or firm.row is not own:
            work.set_firm = True
            changes[_("建设单位")] = [own.name if own else "", firm.name]
        elif row.enterprise and name_key(row.enterprise) != own.name_key and firm.name == own.name:
            firm.name = row.enterprise
            changes[_("企业名称")] = [own.name, row.enterprise]
        if (
            firm.row is not None
            and firm.code
            and firm.row.credit_code != firm.code
            and row.credit_code == firm.code
        ):
            changes[_("统一社会信用代码")] = [firm.row.credit_code or "", firm.code]
        elif firm.row is None and row.credit_code:
            changes[_("统一社会信用代码")] = ["", row.credit_code]

    def _compare_extra(
        self, row: LedgerRow, project: Project | None, work: Work, changes: dict[str, list[str]]
    ) -> None:
        kept = dict(project.extra or {}) if project is not None else {}
        for header, words in row.extra.items():
            if work.newer and kept.get(header, words) != words:
                work.stays.append(header)
            elif kept.get(header) != words:
                changes[header] = [str(kept.get(header, "")), words]
                kept[header] = words
        if kept != (dict(project.extra or {}) if project is not None else {}):
            work.set["extra"] = kept

    def _compare_money(
        self, row: LedgerRow, project: Project | None, work: Work, changes: dict[str, list[str]]
    ) -> None:
        key = int(project.id or 0) if project is not None else 0
        if row.plan_wan is not None:
            plan = self.known.plans.get((key, row.plan_year)) if key else None
            planned = plan.plan_wan if plan else None
            if work.newer and planned is not None:
                work.stays += [_("年度计划投资")] if planned != row.plan_wan else []
            elif planned != row.plan_wan:
                work.plan = (row.plan_year, row.plan_wan)
                changes[_("{year}年度计划投资（万元）", year=row.plan_year)] = [
                    self._say("", planned),
                    self._say("", row.plan_wan),
                ]
        has_text = any(row.texts.values())
        stored: MonthlyProgress | None = self.known.progress.get((key, row.year, row.month)) if key else None
        if row.done_wan is None and not has_text and stored is None:
            return
        typed: dict[str, Any] = dict(row.texts)
        if row.done_wan is not None:
            typed["done_wan"] = row.done_wan
        found = {}
        for name, new in typed.items():
            old = getattr(stored, name) if stored is not None else ("" if name != "done_wan" else None)
            if old != new:
                found[name] = new
                label = _(
                    "{year}年{month}月{what}", year=row.year, month=row.month, what=_(MONTH_LABELS[name])
                )
                changes[label] = [self._say(name, old), self._say(name, new)]
        if found:
            work.month = {"year": row.year, "month": row.month, **found}

    def _compare_officers(
        self,
        row: LedgerRow,
        project: Project | None,
        work: Work,
        people: list[Liaison],
        changes: dict[str, list[str]],
    ) -> None:
        open_now = self._open(project)
        if self.keeps_officers(row, project):
            names = [self.known.officer_by_id[a.officer_id].name for a in open_now]
            if row.officers and sorted(names) != sorted(p.name for p in row.officers):
                work.stays.append(_("服务专员"))
            return
        if not people:
            return
        numbers = [
            self._number(liaison, person) for liaison, person in zip(people, row.officers, strict=True)
        ]
        for liaison, person in zip(people, row.officers, strict=True):
            if liaison.row is not None and liaison.new_phone and liaison.new_phone == person.phone:
                changes.setdefault(_("专员电话"), ["", person.phone])
        now_ids = [(a.officer_id, a.role) for a in open_now]
        then_ids = [
            (int(p.row.id or 0) if p.row is not None else -1, OfficerRole.LEAD if i == 0 else OfficerRole.CO)
            for i, p in enumerate(people)
        ]
        if project is None or sorted(now_ids) != sorted(then_ids):
            work.officers = list(zip(people, numbers, strict=True))
            old = "、".join(self.known.officer_by_id[a.officer_id].name for a in open_now)
            changes[_("服务专员")] = [old, "、".join(p.name for p in people)]
            return
        by_officer: dict[int, Assignment] = {a.officer_id: a for a in open_now}
        for liaison, number, person in zip(people, numbers, row.officers, strict=True):
            assignment = by_officer[int(liaison.row.id or 0)] if liaison.row is not None else None
            if assignment is not None and person.phone and assignment.phone != number:
                work.phones[int(assignment.id or 0)] = number
                changes[_("专员电话")] = [assignment.phone or liaison.phone, person.phone]

    @staticmethod
    def _number(liaison: Liaison, person: Person) -> str:
        """The officer's own number goes on the officer; another one stays with this project."""
        if not person.phone:
            return ""
        if not liaison.phone:
            liaison.phone = person.phone
            if liaison.row is not None:
                liaison.new_phone = person.phone
        return "" if liaison.phone == person.phone else person.phone

    def _compare_contact(self, row: LedgerRow, work: Work, changes: dict[str, list[str]]) -> None:
        if row.contact is None or work.firm is None:
            return
        there = self.known.contacts.get(int(work.firm.row.id or 0), []) if work.firm.row is not None else []
        same = next((c for c in there if c.name == row.contact.name), None)
        if work.newer and there and (same is None or same.phone):
            return
        if same is not None and (not row.contact.phone or same.phone == row.contact.phone):
            return
        work.contact, work.contact_row = row.contact, same
        changes[_("企业联系人")] = [
            f"{same.name} {same.phone}" if same else "",
            f"{row.contact.name} {row.contact.phone}".strip(),
        ]

    def _say(self, name: str, value: Any, precision: DatePrecision | None = None) -> str:
        """A value in the words of the preview; "" for nothing."""
        if value is None or value == "":
            return ""
        if name == "town_id":
            return self.known.towns.label.get(int(value), str(value))
        if isinstance(value, date):
            shape = {DatePrecision.MONTH: "%Y-%m", DatePrecision.YEAR: "%Y"}.get(
                precision or DatePrecision.DAY, "%Y-%m-%d"
            )
            return value.strftime(shape)
        if isinstance(value, Enum):
            return next((_(words[value]) for words in WORDS if value in words), str(value.value))
        if isinstance(value, Decimal):
            return f"{value.normalize():,f}"
        return str(value)
