"""阶段门槛: what must be true before a project enters a stage. A table of data and a short walk.

The table drives the "still missing" list shown beforehand, the check itself and the form's
labels, on every path: page, board, bulk edit, import. Pure: facts in, missing requirements out.
Sources: the permit catalogue's prerequisites (城乡规划法 三十八、四十、四十五条, 建筑法 八条,
环评法 二十二条 and so on, as listed per item) and house rule, ADR 0006.

A requirement names facts. A fact is one of
- a field of `ProjectFacts` ("credit_code"): must hold on entry and ever after;
- a catalogue or plan code ("P22"): that permit is obtained, that milestone done, or a person
  confirmed it with its evidence; several facts in `any_of` mean one of them is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from models.vocabulary import ProjectType, Stage

ALL_TYPES = frozenset(ProjectType)
_NEW, _TECH, _GOV, _LEASED = (
    ProjectType.NEW_BUILD,
    ProjectType.TECH_UPGRADE,
    ProjectType.GOVERNMENT_WORKS,
    ProjectType.LEASED_FACTORY,
)
ENTERPRISE_BUILT = frozenset({_NEW, _TECH, _LEASED})
ON_NEW_LAND = frozenset({_NEW, _GOV})
ON_OLD_FLOOR = frozenset({_TECH, _LEASED})


@dataclass(frozen=True)
class ProjectFacts:
    """All that the gates may know of one project. Built by `crm.projects.facts.facts_of`."""

    project_type: ProjectType = ProjectType.NEW_BUILD
    stage: Stage = Stage.EARLY_PLANNING
    town: bool = False
    enterprise: bool = False
    credit_code: bool = False
    investment: bool = False  # total investment above zero
    large: bool = False  # total investment of one 亿元 or more
    land_area: bool = False
    land_by_auction: bool = True
    project_code: bool = False
    lead_officer: bool = False  # an active one, today
    contact: bool = False  # an active person at the enterprise
    department_contact: bool = False
    plan: bool = False  # a milestone plan with at least one date
    started: bool = False
    finished: bool = False
    produced: bool = False
    done: frozenset[str] = field(default_factory=frozenset)  # codes obtained, done or confirmed
    planned: frozenset[str] = field(default_factory=frozenset)  # codes the project's own plan asks for
    not_needed: frozenset[str] = field(default_factory=frozenset)  # codes set aside for this project

    def holds(self, fact: str) -> bool:
        """Whether one fact is true: a field's name, or a code."""
        return bool(getattr(self, fact)) if fact in FIELD_FACTS else fact in self.done


FIELD_FACTS = frozenset(f.name for f in fields(ProjectFacts) if f.type == "bool")


@dataclass(frozen=True)
class Requirement:
    """One line of a gate. `label` says what, `supply` how to supply it; both are translated where shown.

    `when_planned`: asked only of a project whose own plan contains this code.
    `when`: asked only where this fact holds. `field`: the project form's input, if it is one.
    """

    code: str
    stage: Stage
    label: str
    supply: str
    any_of: tuple[str, ...]
    types: frozenset[ProjectType] = ALL_TYPES
    when: str = ""
    when_planned: str = ""
    field: str = ""

    @property
    def standing(self) -> bool:
        """Must stay true after entry: it is a fact of the register, not a step taken once."""
        return all(fact in FIELD_FACTS for fact in self.any_of)

    @property
    def confirmable(self) -> bool:
        """A person may confirm it with evidence when no other record proves it."""
        return not self.standing

    def applies(self, facts: ProjectFacts) -> bool:
        return (
            facts.project_type in self.types
            and (not self.when or facts.holds(self.when))
            and (not self.when_planned or self.when_planned in facts.planned)
        )

    def met(self, facts: ProjectFacts) -> bool:
        return any(facts.holds(fact) for fact in self.any_of) or self.waived(facts)

    def waived(self, facts: ProjectFacts) -> bool:
        """Every step that could prove it was set aside as not needed by this project."""
        return not facts.not_needed.isdisjoint(self.any_of) and facts.planned.isdisjoint(self.any_of)


def _(sentence: str) -> str:
    """Marks a sentence for the catalogue of translations; it is translated where it is shown."""
    return sentence


_INFO = _("在“概况—建设内容—修改”中填写。")
_STEP = _("在“节点与审批”中登记完成日期，或凭文号确认。")
_CONFIRM = _("凭文件名称和文号确认。")

S = Stage
R = Requirement

GATES: tuple[Requirement, ...] = (
    # ── 签约: who, where, how much, and who answers for it ──────────────────────────
    R("town", S.SIGNED, _("所在镇街"), _INFO, ("town",), field="town_id"),
    R("enterprise", S.SIGNED, _("建设单位"), _INFO, ("enterprise",), field="enterprise_id"),
    R("investment", S.SIGNED, _("总投资"), _INFO, ("investment",), field="total_wan"),
    R("lead_officer", S.SIGNED, _("牵头专员"), _("由督办指派一名在岗专员。"), ("lead_officer",)),
    R("appraisal", S.SIGNED, _("招商线索研判结论"), _STEP, ("L01",), ENTERPRISE_BUILT, when="large"),
    # ── 企业开办/立项: the agreement stands, and there is somebody to talk to ─────────
    R("agreement", S.FILING, _("投资协议（含履约监管约定）"), _STEP, ("L02",), frozenset({_NEW, _LEASED})),
    R("contact", S.FILING, _("企业联系人"), _("在“企业”页添加一名联系人。"), ("contact",)),
    R("listed", S.FILING, _("列入政府投资年度计划"), _STEP, ("G00",), frozenset({_GOV})),
    # ── 用地: the firm and the project exist in law ─────────────────────────────────
    R("credit_code", S.LAND, _("统一社会信用代码"), _("在“企业”页填写。"), ("credit_code",)),
    R("project_code", S.LAND, _("投资项目代码"), _INFO, ("project_code",), field="project_code"),
    R("filing", S.LAND, _("项目备案证或核准批复"), _STEP, ("P12", "P13"), ENTERPRISE_BUILT),
    R("approval", S.LAND, _("立项（可行性研究报告）批复"), _STEP, ("G01",), frozenset({_GOV})),
    R(
        "department_contact",
        S.LAND,
        _("部门联络员"),
        _("在项目页添加至少一名部门联络员。"),
        ("department_contact",),
    ),
    # ── 工程建设许可: the land, or the right to the floor ────────────────────────────
    R("land_area", S.PLANNING_PERMIT, _("用地面积"), _INFO, ("land_area",), ON_NEW_LAND, field="land_mu"),
    R("site_opinion", S.PLANNING_PERMIT, _("用地预审与选址意见书"), _STEP, ("P14",), frozenset({_GOV})),
    R(
        "land_deal",
        S.PLANNING_PERMIT,
        _("土地出让成交（出让合同）"),
        _STEP,
        ("P15",),
        frozenset({_NEW}),
        when="land_by_auction",
    ),
    R("land_permit", S.PLANNING_PERMIT, _("建设用地规划许可证"), _STEP, ("P16",), ON_NEW_LAND),
    R("own_land", S.PLANNING_PERMIT, _("现有厂房或土地权属证明"), _CONFIRM, ("T01",), frozenset({_TECH})),
    R("lease", S.PLANNING_PERMIT, _("厂房租赁合同"), _STEP, ("K01",), frozenset({_LEASED})),
    # ── 施工许可: the planning permit ───────────────────────────────────────────────
    R("design", S.CONSTRUCTION_PERMIT, _("设计方案审查"), _STEP, ("P21", "P22"), when_planned="P21"),
    R("planning_permit", S.CONSTRUCTION_PERMIT, _("建设工程规划许可证"), _STEP, ("P22",), ON_NEW_LAND),
    R(
        "planning_permit_old",
        S.CONSTRUCTION_PERMIT,
        _("建设工程规划许可证"),
        _STEP,
        ("P22",),
        ON_OLD_FLOOR,
        when_planned="P22",
    ),
    # ── 开工建设: all that the law wants before the first spade ───────────────────────
    R("drawings", S.CONSTRUCTION, _("施工图审查合格书"), _STEP, ("P31",), ON_NEW_LAND),
    R("fire_design", S.CONSTRUCTION, _("消防设计审查意见"), _STEP, ("P32",), when_planned="P32"),
    R("air_defence", S.CONSTRUCTION, _("人防审批"), _STEP, ("P33",), when_planned="P33"),
    R("building_permit", S.CONSTRUCTION, _("建筑工程施工许可证"), _STEP, ("P34",), ON_NEW_LAND),
    R(
        "building_permit_old",
        S.CONSTRUCTION,
        _("建筑工程施工许可证"),
        _STEP,
        ("P34",),
        ON_OLD_FLOOR,
        when_planned="P34",
    ),
    R("environment", S.CONSTRUCTION, _("环评批复或登记"), _STEP, ("P23", "P24", "P25")),
    R("energy", S.CONSTRUCTION, _("节能审查意见"), _STEP, ("P26",), when_planned="P26"),
    R("soil", S.CONSTRUCTION, _("水土保持方案"), _STEP, ("P27", "P28"), ON_NEW_LAND),
    R("flood", S.CONSTRUCTION, _("洪水影响评价"), _STEP, ("P2A",), when_planned="P2A"),
    R("hazard", S.CONSTRUCTION, _("危险化学品安全条件审查"), _STEP, ("P66",), when_planned="P66"),
    R("plan", S.CONSTRUCTION, _("节点计划"), _("在“节点与审批”中生成节点计划。"), ("plan",)),
    # ── 竣工验收: it was begun, entered in the statistics, and built ─────────────────
    R("started", S.COMPLETION, _("实际开工日期"), _INFO, ("started",), field="started_on"),
    R("statistics", S.COMPLETION, _("固定资产投资项目入统入库"), _STEP, ("P42",), when_planned="P42"),
    R("built", S.COMPLETION, _("土建及水电完工"), _STEP, ("C03",), ON_NEW_LAND),
    R("installed", S.COMPLETION, _("设备安装完成"), _STEP, ("C04",), ON_OLD_FLOOR),
    # ── 试运行/行业许可: it is accepted ──────────────────────────────────────────────
    R("planning_check", S.TRIAL, _("规划条件核实"), _STEP, ("P51",), ON_NEW_LAND),
    R(
        "fire_check",
        S.TRIAL,
        _("消防验收或消防验收备案"),
        _STEP,
        ("P52", "P53"),
        frozenset({_NEW, _GOV, _LEASED}),
    ),
    R("acceptance", S.TRIAL, _("竣工联合验收"), _STEP, ("P54",), ON_NEW_LAND),
    R("acceptance_filing", S.TRIAL, _("竣工验收备案"), _STEP, ("P55",), ON_NEW_LAND),
    R("finished", S.TRIAL, _("实际竣工日期"), _INFO, ("finished",), field="finished_on"),
    # ── 投产: it may run, and it does ────────────────────────────────────────────────
    R("discharge", S.PRODUCTION, _("排污许可证或排污登记"), _STEP, ("P61", "P62", "P63"), ENTERPRISE_BUILT),
    R("trial", S.PRODUCTION, _("试运行合格"), _STEP, ("C05",), ENTERPRISE_BUILT),
    R("environment_check", S.PRODUCTION, _("环保自主验收"), _STEP, ("P57",), when_planned="P57"),
    R("drainage", S.PRODUCTION, _("排水许可证"), _STEP, ("P35",), when_planned="P35"),
    R("food", S.PRODUCTION, _("食品生产许可证"), _STEP, ("P64",), when_planned="P64"),
    R("safety", S.PRODUCTION, _("安全生产许可证"), _STEP, ("P65",), when_planned="P65"),
    R("hazard_trade", S.PRODUCTION, _("危险化学品经营许可证"), _STEP, ("P67",), when_planned="P67"),
    R("equipment", S.PRODUCTION, _("特种设备使用登记"), _STEP, ("P68",), when_planned="P68"),
    R("produced", S.PRODUCTION, _("实际投产（交付）日期"), _INFO, ("produced",), field="produced_on"),
    # ── 达产/履约评估 ───────────────────────────────────────────────────────────────
    R(
        "performance",
        S.FULL_CAPACITY,
        _("履约监管协议评估结论"),
        _CONFIRM,
        ("H01",),
        frozenset({_NEW, _LEASED}),
    ),
    R("capacity", S.FULL_CAPACITY, _("达产确认"), _CONFIRM, ("H02",), ENTERPRISE_BUILT),
    R("handover", S.FULL_CAPACITY, _("移交使用单位"), _STEP, ("G04",), frozenset({_GOV})),
)


def gate_of(stage: Stage, facts: ProjectFacts) -> list[Requirement]:
    """Every requirement of entering `stage` that concerns this project, met or not."""
    return [r for r in GATES if r.stage == stage and r.applies(facts)]


def missing_for(facts: ProjectFacts, to_stage: Stage) -> list[Requirement]:
    """All that is missing to enter `to_stage` from the project's present stage, at once.

    A jump asks for every stage it passes. Of stages already entered only the standing facts
    are asked again. Going back or staying asks for nothing.
    """
    if to_stage <= facts.stage:
        return []
    return [
        r
        for r in GATES
        if r.stage <= to_stage
        and (r.stage > facts.stage or r.standing)
        and r.applies(facts)
        and not r.met(facts)
    ]


def standing_gaps(facts: ProjectFacts) -> list[Requirement]:
    """Standing facts that the project lacks for the stage it is in."""
    return [
        r for r in GATES if r.stage <= facts.stage and r.standing and r.applies(facts) and not r.met(facts)
    ]


def newly_missing(before: ProjectFacts, after: ProjectFacts) -> list[Requirement]:
    """What an edit would break for the present stage. Gaps that were there before do not stop it."""
    known = {r.code for r in standing_gaps(before)}
    return [r for r in standing_gaps(after) if r.code not in known]


def newly_waived(before: ProjectFacts, after: ProjectFacts) -> list[Requirement]:
    """Requirements that setting steps aside would switch off: a matter for who may override a gate."""
    return [r for r in GATES if r.applies(after) and r.waived(after) and not r.met(before)]


def confirmable_codes(requirements: Iterable[Requirement] = GATES) -> dict[str, Requirement]:
    """Code -> the requirement a person may confirm by it."""
    return {fact: r for r in reversed(tuple(requirements)) if r.confirmable for fact in r.any_of}
