"""Which enterprise and which officers a row means."""

from __future__ import annotations

from collections.abc import Callable

from crm.core.i18n import _
from crm.core.names import name_key
from crm.ledgers.facts import LedgerRow, Trouble
from crm.ledgers.judge.work import (
    Firm,
    Liaison,
    both_differ,
)
from crm.ledgers.queries import Known
from crm.ledgers.values import Person
from models import Enterprise, Officer, Project


class Firms:
    """The enterprises of the register and those a file brings."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.firms: dict[int, Firm] = {}  # by enterprise id
        self.new_by_key: dict[str, list[Firm]] = {}
        self.by_new_code: dict[str, Firm] = {}  # codes this file brings
        self.firm_names: dict[str, LedgerRow] = {}  # credit code -> the first row that named it

    def troubles(self, row: LedgerRow) -> list[Trouble]:
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

    def of(self, row: LedgerRow, project: Project | None, notes: list[str]) -> Firm | None:
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
            and not both_differ(own.credit_code, row.credit_code)
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
        fits = [f for f in same if not both_differ(f.code_now, row.credit_code)]
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


class Liaisons:
    """The officers of the register and those a file brings."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.liaisons: dict[int, Liaison] = {}  # by officer id
        self.new_liaisons: dict[str, Liaison] = {}

    def of(self, row: LedgerRow, project: Project | None) -> tuple[list[Liaison], list[Trouble]]:
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
