"""The screens, in the order of the menu, and who is offered which.

One table: the navigation, the routes and the house inspection all read it. A page that a role is
not offered cannot be opened by that role; the page and its actions ask again all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crm.core.access import Actor, Verb, may
from crm.core.settings import ROOT

PAGES = ROOT / "pages"


@dataclass(frozen=True)
class PageSpec:
    """One screen. `file` is the page's file name and its URL; `verb` None means everybody."""

    file: str
    title: str  # Chinese source string
    icon: str
    section: str
    verb: Verb | None = None
    hidden: bool = False  # a record's own page: reached by its link, not by the menu

    @property
    def path(self) -> Path:
        return PAGES / f"{self.file}.py"


V = Verb
DESK, PROJECTS, STUDY, SERVICE, PAPER, SETUP, MINE = (
    "工作台",
    "重点项目",
    "数据研判",
    "服务企业",
    "简报与台账",
    "系统管理",
    "我的",
)

MENU: tuple[PageSpec, ...] = (
    PageSpec("home", "我的工作台", ":material/home:", DESK),
    PageSpec("alerts", "预警", ":material/notifications:", DESK, V.ALERT_VIEW),
    PageSpec("supervision", "督办台", ":material/traffic:", DESK, V.INSIGHT_VIEW),
    PageSpec("letters", "督办函", ":material/outgoing_mail:", DESK, V.INSIGHT_VIEW),
    PageSpec("letter", "督办函", ":material/outgoing_mail:", DESK, V.PROJECT_VIEW, hidden=True),
    PageSpec("visit_log", "记一次走访", ":material/edit_note:", DESK, V.VISIT_LOG),
    PageSpec("projects", "项目清单", ":material/list_alt:", PROJECTS, V.PROJECT_VIEW),
    PageSpec("board", "阶段看板", ":material/view_kanban:", PROJECTS, V.PROJECT_VIEW),
    PageSpec("gantt", "挂图作战", ":material/view_timeline:", PROJECTS, V.PROJECT_VIEW),
    PageSpec("forecast", "投产预测", ":material/event_upcoming:", PROJECTS, V.PROJECT_VIEW),
    PageSpec("project", "项目", ":material/foundation:", PROJECTS, V.PROJECT_VIEW, hidden=True),
    PageSpec("officers", "联络专员", ":material/badge:", PROJECTS, V.PROJECT_ASSIGN),
    PageSpec("case", "办件", ":material/assignment:", PROJECTS, V.PROJECT_VIEW),
    PageSpec("insight", "堵点分析", ":material/query_stats:", STUDY, V.INSIGHT_VIEW),
    PageSpec("whatif", "假如", ":material/science:", STUDY, V.INSIGHT_VIEW),
    PageSpec("measures", "改革举措", ":material/flag:", STUDY, V.INSIGHT_VIEW),
    PageSpec("register", "特殊环节登记簿", ":material/fact_check:", STUDY, V.INSIGHT_VIEW),
    PageSpec("expiry", "证照到期与后续", ":material/event_busy:", PROJECTS, V.PROJECT_VIEW),
    PageSpec("enterprises", "企业", ":material/domain:", SERVICE, V.ENTERPRISE_VIEW),
    PageSpec("enterprise", "企业档案", ":material/domain:", SERVICE, V.ENTERPRISE_VIEW, hidden=True),
    PageSpec("visits", "走访记录", ":material/forum:", SERVICE, V.VISIT_VIEW),
    PageSpec("visit", "走访", ":material/forum:", SERVICE, V.VISIT_VIEW, hidden=True),
    PageSpec("deadline", "期限计算", ":material/calculate:", SERVICE),
    PageSpec("briefings", "简报", ":material/article:", PAPER, V.BRIEFING_READ),
    PageSpec("briefing", "简报正文", ":material/article:", PAPER, V.BRIEFING_READ, hidden=True),
    PageSpec("import_ledger", "导入台账", ":material/upload_file:", PAPER, V.LEDGER_IMPORT),
    PageSpec("case_import", "导入办件", ":material/move_to_inbox:", PAPER, V.CASE_IMPORT),
    PageSpec("catalogue", "事项目录", ":material/menu_book:", SETUP, V.CATALOGUE_EDIT),
    PageSpec("item", "事项", ":material/menu_book:", SETUP, V.PROJECT_VIEW, hidden=True),
    PageSpec("thresholds", "预警阈值", ":material/tune:", SETUP, V.THRESHOLD_EDIT),
    PageSpec("calendar_admin", "工作日历", ":material/calendar_month:", SETUP, V.CALENDAR_EDIT),
    PageSpec("users", "账号与权限", ":material/group:", SETUP, V.USER_ADMIN),
    PageSpec("audit", "操作日志", ":material/history:", SETUP, V.AUDIT_VIEW),
    PageSpec("health", "运行状况", ":material/monitor_heart:", SETUP, V.HEALTH_VIEW),
    PageSpec("account", "我的账号", ":material/person:", MINE, hidden=True),
)

FILES = frozenset(page.file for page in MENU)


def offered(actor: Actor) -> list[PageSpec]:
    """The screens this actor may open, in menu order."""
    return [p for p in MENU if p.verb is None or may(actor, p.verb)]
