"""Who signs in, how far a permission reaches, and who is waited for."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Who signs in, and so which table row of `crm.core.access` applies."""

    OFFICER = "officer"
    PARK_STAFF = "park_staff"
    DEPARTMENT = "department"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"  # the command line and the nightly scan; never a sign-in


class Scope(StrEnum):
    """How far a permission reaches. A scope without its anchor (no town) reaches nothing."""

    OWN_PROJECTS = "own_projects"
    OWN_TOWN = "own_town"
    OWN_DEPARTMENT = "own_department"
    ALL = "all"


class OfficerRole(StrEnum):
    LEAD = "lead"
    CO = "co"


OFFICER_ROLE_LABELS: dict[OfficerRole, str] = {
    OfficerRole.LEAD: "牵头专员",
    OfficerRole.CO: "协办专员",
}


class Party(StrEnum):
    """Who holds the ball."""

    OFFICER = "officer"
    DEPARTMENT = "department"
    ENTERPRISE = "enterprise"


PARTY_LABELS: dict[Party, str] = {
    Party.OFFICER: "专员",
    Party.DEPARTMENT: "部门",
    Party.ENTERPRISE: "企业",
}


ROLE_LABELS: dict[Role, str] = {
    Role.OFFICER: "联络专员",
    Role.PARK_STAFF: "园区会客厅",
    Role.DEPARTMENT: "部门经办",
    Role.SUPERVISOR: "督办",
    Role.LEADER: "领导",
    Role.ADMINISTRATOR: "管理员",
    Role.SYSTEM: "系统",
}
