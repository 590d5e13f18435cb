"""Compares a ledger's rows with the register: new, changed (field by field), unchanged, duplicate, refused.

Nothing is written here; each verdict carries the work an approving action does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from crm.core.i18n import _
from crm.core.names import name_key
from crm.ledgers.facts import LedgerRow, Trouble
from crm.ledgers.queries import Known
from crm.ledgers.stages import type_of_project
from crm.ledgers.values import Person
from models import Assignment, Contact, Enterprise, MonthlyProgress, Officer, Project
from models.vocabulary import (
    CATEGORY_LABELS,
    LEVEL_LABELS,
    PLAN_CLASS_LABELS,
    STAGE_LABELS,
    DatePrecision,
    OfficerRole,
    RowVerdict,
    Scope,
)


@dataclass
class Firm:
    """The enterprise a row means: one of the register, or one to be made. `code` is given to it if it has none."""

    name: str
    code: str | None
    town_id: int | None
    row: Enterprise | None = None

    @property
    def code_now(self) -> str | None:
        return (self.row.credit_code if self.row else None) or self.code


@dataclass
class Liaison:
    """The officer a name means: one of the register, or one to be made."""

    name: str
    phone: str
    row: Officer | None = None
    new_phone: str = ""  # to be written on an officer who has none


@dataclass
class Work:
    """What an approved row writes."""

    project: Project | None = None
    set: dict[str, Any] = field(default_factory=dict)
    firm: Firm | None = None
    set_firm: bool = False
    plan: tuple[int, Decimal] | None = None
    month: dict[str, Any] | None = None
    officers: list[tuple[Liaison, str]] | None = None  # (who, number of this project only), lead first
    phones: dict[int, str] = field(default_factory=dict)  # assignment id -> number of this project only
    contact: Person | None = None
    contact_row: Contact | None = None


@dataclass
class Verdict:
    """One row's fate. `changes` is {column: [old, new]} in words."""

    source: LedgerRow
    verdict: RowVerdict
    changes: dict[str, list[str]] = field(default_factory=dict)
    repeats: tuple[str, int] | None = None
    reason: str = ""
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    work: Work | None = None


# Project columns a ledger may set, in the order they are shown.
PROJECT_LABELS: dict[str, str] = {
    "name": "项目名称",
    "project_code": "项目代码",
    "level": "级别",
    "category": "类别",
    "town_id": "属地",
    "plan_class": "年度计划类别",
    "industry": "所属行业",
    "site": "建设地点",
    "land_mu": "用地面积（亩）",
    "building_sqm": "建筑面积（平方米）",
    "capacity": "建设规模及内容",
    "total_wan": "总投资（万元）",
    "start_on": "计划开工",
    "finish_on": "计划竣工",
    "production_on": "计划投产",
    "started_on": "实际开工",
    "finished_on": "实际竣工",
    "produced_on": "实际投产",
    "lead_unit": "责任单位",
    "leader": "挂点领导",
    "remark": "备注",
}
MONTH_LABELS = {
    "done_wan": "累计完成投资（万元）",
    "progress": "形象进度",
    "problem": "存在问题",
    "next_step": "下一步计划",
}
_PRECISIONS = {"start_on": "start_precision", "finish_on": "finish_precision"}
_WORDS: tuple[dict[Any, str], ...] = (LEVEL_LABELS, CATEGORY_LABELS, PLAN_CLASS_LABELS, STAGE_LABELS)


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
        self.firms: dict[int, Firm] = {}  # by enterprise id
        self.new_by_key: dict[str, list[Firm]] = {}
        self.by_new_code: dict[str, Firm] = {}  # codes this file brings
        self.liaisons: dict[int, Liaison] = {}  # by officer id
        self.new_liaisons: dict[str, Liaison] = {}
        self.seen_code: dict[str, LedgerRow] = {}
        self.seen_firm: dict[tuple[str, str, int], LedgerRow] = {}
        self.seen_town: dict[tuple[str, int], list[LedgerRow]] = {}
        self.firm_names: dict[str, LedgerRow] = {}  # credit code -> the first row that named it
        self.matched: dict[int, LedgerRow] = {}
        self._outright: set[int] | None = None

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
        troubles = [*self._scope(row, project), *self._firm_troubles(row)]
        if troubles:
            return self._refuse(row, troubles)
        notes = list(row.notes)
        people, bad = self._people(row, project)
        if bad:
            return self._refuse(row, bad)
        work = Work(project=project)
        changes = self._compare(row, project, work, people, notes)
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
            if first is not None and not _both_differ(first.project_code, row.project_code):
                return first
        for first in self.seen_town.get((row.key, row.town_id or 0), ()):
            other_firm = bool(
                first.enterprise and row.enterprise and name_key(first.enterprise) != name_key(row.enterprise)
            )
            if (
                not other_firm
                and not _both_differ(first.project_code, row.project_code)
                and not _both_differ(first.credit_code, row.credit_code)
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
            if _both_differ(getattr(row, k), getattr(first, k))
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
            self.firm_names.setdefault(row.credit_code, row)
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
        if _both_differ(self._code_of(project), row.credit_code):
            return False
        return not (other_firm and _both_differ(project.project_code, row.project_code))

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

    # which enterprise

    def _firm_troubles(self, row: LedgerRow) -> list[Trouble]:
        if not row.credit_code or not row.enterprise:
            return []
        first = self.firm_names.get(row.credit_code)
        if first is not None and name_key(first.enterprise) != name_key(row.enterprise):
            return [
                Trouble(
                    row.label("credit_code"),
                    row.credit_code,
                    _(
                        "第{row}行的这个信用代码属于“{name}”，同一代码不能有两个企业名称",
                        row=first.row,
                        name=first.enterprise,
                    ),
                )
            ]
        return []

    def _firm(self, row: LedgerRow, project: Project | None, notes: list[str]) -> Firm | None:
        if not row.enterprise and not row.credit_code:
            return None
        key = name_key(row.enterprise)
        if row.credit_code:
            hit = self.known.enterprise_by_code.get(row.credit_code)
            if hit is not None:
                return self._of_register(hit)
            made = self.by_new_code.get(row.credit_code)
            if made is not None:
                return made
        own = self.known.enterprises.get(project.enterprise_id or 0) if project else None
        if (
            own is not None
            and (own.name_key == key or not key)
            and not _both_differ(own.credit_code, row.credit_code)
        ):
            firm = self._of_register(own)
        elif not key:
            notes.append(_("有信用代码但没有企业名称，未登记企业"))
            return None
        else:
            firm = self._by_name(row, key, notes)
        if row.credit_code:
            if not firm.code_now:
                firm.code = row.credit_code
            self.by_new_code.setdefault(row.credit_code, firm)
        return firm

    def _by_name(self, row: LedgerRow, key: str, notes: list[str]) -> Firm:
        same = [self._of_register(e) for e in self.known.enterprise_by_key.get(key, ())]
        same += self.new_by_key.get(key, [])
        fits = [f for f in same if not _both_differ(f.code_now, row.credit_code)]
        if not row.credit_code and len(fits) > 1:
            bare = [f for f in fits if not f.code_now]
            if not bare:
                notes.append(
                    _(
                        "有{n}家同名企业“{name}”且本行没有信用代码，另行登记，请补填信用代码",
                        n=len(fits),
                        name=row.enterprise,
                    )
                )
            fits = bare
        if fits:
            return fits[0]
        if same and row.credit_code:
            notes.append(
                _(
                    "已有同名企业“{name}”，信用代码是{code}，与本行不同，按另一家企业登记，请核对",
                    name=row.enterprise,
                    code=same[0].code_now or "",
                )
            )
        made = Firm(row.enterprise, row.credit_code, row.town_id)
        self.new_by_key.setdefault(key, []).append(made)
        return made

    def _of_register(self, enterprise: Enterprise) -> Firm:
        key = int(enterprise.id or 0)
        if key not in self.firms:
            self.firms[key] = Firm(enterprise.name, None, enterprise.town_id, enterprise)
        return self.firms[key]

    # which officers

    def _people(self, row: LedgerRow, project: Project | None) -> tuple[list[Liaison], list[Trouble]]:
        found: list[Liaison] = []
        troubles: list[Trouble] = []
        for person in row.officers:
            answer = self._officer(row, person, project)
            if isinstance(answer, Trouble):
                troubles.append(answer)
            else:
                found.append(answer)
        return found, troubles

    def _officer(self, row: LedgerRow, person: Person, project: Project | None) -> Liaison | Trouble:
        everyone = self.known.officers.get(person.name, [])
        named = [o for o in everyone if o.active]
        if not named and everyone:
            return Trouble(
                row.label("officers"),
                person.name,
                _("专员“{name}”已停用，请换人，或请管理员重新启用", name=person.name),
            )
        if not named:
            return self.new_liaisons.setdefault(person.name, Liaison(person.name, person.phone))
        if len(named) > 1:
            own = (
                {a.officer_id for a in self.known.assignments.get(int(project.id or 0), ())}
                if project
                else set()
            )
            unit = name_key(str(row.project.get("lead_unit", "")))
            tests: tuple[Callable[[Officer], bool], ...] = (
                lambda o: bool(person.phone) and o.phone == person.phone,
                lambda o: o.id in own,
                lambda o: o.town_id is not None and o.town_id == row.town_id,
                lambda o: bool(unit) and name_key(o.unit) == unit,
            )
            for test in tests:
                fits = [o for o in named if test(o)]
                if len(fits) == 1:
                    named = fits
                    break
        if len(named) > 1:
            who = "；".join(
                "，".join(x for x in (o.unit, self.known.towns.label.get(o.town_id or 0, "")) if x)
                or _("未注明单位")
                for o in named
            )
            return Trouble(
                row.label("officers"),
                person.name,
                _("有{n}位同名专员（{who}），请写上电话，或先注明其镇街、单位", n=len(named), who=who),
            )
        officer = named[0]
        key = int(officer.id or 0)
        return self.liaisons.setdefault(key, Liaison(officer.name, officer.phone, officer))

    # field by field

    def _compare(
        self, row: LedgerRow, project: Project | None, work: Work, people: list[Liaison], notes: list[str]
    ) -> dict[str, list[str]]:
        changes: dict[str, list[str]] = {}
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
            precision = _PRECISIONS.get(name)
            new_precision = typed.get(precision) if precision else None
            old_precision = getattr(project, precision) if precision and project is not None else None
            if project is not None and old == new and old_precision == new_precision:
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
        return changes

    def _compare_firm(
        self,
        row: LedgerRow,
        project: Project | None,
        work: Work,
        notes: list[str],
        changes: dict[str, list[str]],
    ) -> None:
        firm = self._firm(row, project, notes)
        if firm is None:
            return
        work.firm = firm
        own = self.known.enterprises.get(project.enterprise_id or 0) if project else None
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
            if kept.get(header) != words:
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
            if planned != row.plan_wan:
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
        if not people:
            return
        numbers = [
            self._number(liaison, person) for liaison, person in zip(people, row.officers, strict=True)
        ]
        for liaison, person in zip(people, row.officers, strict=True):
            if liaison.row is not None and liaison.new_phone and liaison.new_phone == person.phone:
                changes.setdefault(_("专员电话"), ["", person.phone])
        open_now = self.known.assignments.get(int(project.id or 0), []) if project is not None else []
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
            return next((_(words[value]) for words in _WORDS if value in words), str(value.value))
        if isinstance(value, Decimal):
            return f"{value.normalize():,f}"
        return str(value)


def _both_differ(a: Any, b: Any) -> bool:
    """Both are known and not the same."""
    return bool(a) and bool(b) and a != b
