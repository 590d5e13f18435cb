"""Which screens each role is offered, written out as the office would say it."""

from __future__ import annotations

from typing import Any

import pytest

from crm.web import menu
from crm.web.app import known

EVERYBODY = "home deadline account"
SUPERVISION = "supervision letters insight measures whatif"
REGISTER = "projects board gantt forecast project case expiry item enterprises enterprise visits visit letter"
SCREENS = {
    "officer": f"{EVERYBODY} {REGISTER} alerts visit_log briefings briefing import_ledger",
    "clerk": f"{EVERYBODY} {REGISTER} alerts visit_log",
    "handler": f"{EVERYBODY} {REGISTER} {SUPERVISION} alerts register",
    "supervisor": f"{EVERYBODY} {REGISTER} {SUPERVISION} alerts visit_log briefings briefing import_ledger "
    "case_import officers catalogue thresholds register",
    "leader": f"{EVERYBODY} {REGISTER} {SUPERVISION} alerts briefings briefing register",
    "admin": f"{EVERYBODY} {REGISTER} {SUPERVISION} alerts briefings briefing import_ledger case_import officers "
    "catalogue thresholds calendar_admin users audit health register",
}


@pytest.mark.parametrize("who", list(SCREENS))
def test_a_role_is_offered_its_screens_and_no_other(cast: Any, who: str) -> None:
    offered = [p.file for p in menu.offered(getattr(cast, who))]
    assert set(offered) == set(SCREENS[who].split())
    assert offered[0] == "home"


def test_the_menu_names_each_screen_once_and_every_screen_is_there() -> None:
    files = [p.file for p in menu.MENU]
    assert len(files) == len(set(files))
    assert all(p.path.is_file() for p in menu.MENU)
    on_disk = {path.stem for path in menu.PAGES.glob("*.py")} - {"__init__"}
    assert on_disk == set(files)


@pytest.mark.parametrize("page", sorted(menu.FILES))
def test_every_screen_has_an_address(page: str) -> None:
    assert known(f"/{page}")


@pytest.mark.parametrize("who", list(SCREENS))
def test_a_screen_opened_by_force_says_no_to_a_role_it_is_not_for(cast: Any, app_test: Any, who: str) -> None:
    for page in ("users", "audit", "health"):
        at = app_test(page, getattr(cast, who))
        assert not at.exception
        if page in SCREENS[who].split():
            assert not at.error
        else:
            assert "没有查看此页的权限" in at.error[0].value
            assert len(at.title) == 0


def test_a_refusal_leaves_a_line_in_the_log(cast: Any, app_test: Any) -> None:
    from sqlmodel import select

    from crm.core.db import reading
    from models import AuditEntry

    app_test("users", cast.clerk)
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "access.denied")).one()
    assert (entry.user_name, entry.changes) == ("林咏琪", {"what": [None, "user.admin"]})
