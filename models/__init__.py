"""The nouns. Importing this package registers every table with `Base.metadata`."""

from models.alert import Alert, AlertRecipient, ScanRun, Threshold
from models.audit import AuditEntry
from models.base import Base, Record
from models.briefing import Briefing, Setting
from models.calendar import CalendarDay, CalendarYear
from models.case import (
    Case,
    CaseBatch,
    CaseBatchRow,
    CaseEvent,
    CaseStep,
    CaseTally,
    CaseTallyMonth,
    Commitment,
    CreditMark,
    SpecialProcedure,
)
from models.enterprise import Contact, Enterprise
from models.insight import ProjectForecast, ReformMeasure, SupervisionLetter
from models.item import Item, ItemDocument, ItemProcedure, ItemVersion, PlanStep
from models.ledger import ImportBatch, ImportRow, SavedMapping
from models.milestone import Milestone, MilestoneLink
from models.obligation import Obligation
from models.officer import Assignment, Officer
from models.place import Department, Town
from models.project import (
    AnnualPlan,
    DepartmentContact,
    GateFact,
    MonthlyProgress,
    Project,
    StageMove,
)
from models.user import SetupCode, User, WebSession
from models.visit import Demand, Draft, Promise, StoredFile, Visit, VisitPerson

__all__ = [
    "Alert",
    "AlertRecipient",
    "AnnualPlan",
    "Assignment",
    "AuditEntry",
    "Base",
    "Briefing",
    "CalendarDay",
    "CalendarYear",
    "Case",
    "CaseBatch",
    "CaseBatchRow",
    "CaseEvent",
    "CaseStep",
    "CaseTally",
    "CaseTallyMonth",
    "Commitment",
    "Contact",
    "CreditMark",
    "Demand",
    "Department",
    "DepartmentContact",
    "Draft",
    "Enterprise",
    "GateFact",
    "ImportBatch",
    "ImportRow",
    "Item",
    "ItemDocument",
    "ItemProcedure",
    "ItemVersion",
    "Milestone",
    "MilestoneLink",
    "MonthlyProgress",
    "Obligation",
    "Officer",
    "PlanStep",
    "Project",
    "ProjectForecast",
    "Promise",
    "Record",
    "ReformMeasure",
    "SavedMapping",
    "ScanRun",
    "Setting",
    "SetupCode",
    "SpecialProcedure",
    "StageMove",
    "StoredFile",
    "SupervisionLetter",
    "Threshold",
    "Town",
    "User",
    "Visit",
    "VisitPerson",
    "WebSession",
]
