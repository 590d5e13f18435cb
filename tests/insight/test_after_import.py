"""An import is counted at once, by what it changed and no more; nothing is left for the night."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlmodel import select

from crm.caselog import actions as caselog
from crm.caselog.actions import Asked, Reading
from crm.core.access import SYSTEM
from crm.core.db import reading
from crm.insight.actions import tally
from crm.insight.rules import Measure
from models import Case, CaseTally
from models.vocabulary import LoadState
from tests.insight.test_tally import by_hand, tallied

TODAY = date(2026, 11, 23)
HEAD = "办件编号,事项编码,事项名称,部门,镇街,收件时间,受理时间,办结时间,办理结果,承诺期限,法定期限,期限单位\n"
LINES = (
    "A1,P35,排水许可,住房和城乡建设局,棠下镇,2026-08-03 09:00:00,2026-08-03 10:00:00,{closed},准予许可,5,20,工作日",
    "A2,P35,排水许可,住房和城乡建设局,荷塘镇,2026-09-07 09:00:00,2026-09-07 10:00:00,2026-09-10 15:00:00,准予许可,5,20,工作日",
    "A3,P35,排水许可,住房和城乡建设局,棠下镇,2026-09-08 09:00:00,,2026-09-09 15:00:00,申请人撤回,5,20,工作日",
)


def bring(folder: Path, closed: str) -> None:
    path = folder / f"办件{closed[:10]}.csv"
    path.write_text(HEAD + "\n".join(LINES).format(closed=closed) + "\n", "utf-8-sig")
    received = caselog.receive(SYSTEM, path, path.name)
    batch = caselog.start(SYSTEM, received, Asked(how=Reading(kind="cases"), mode="good"), today=TODAY)
    assert caselog.run(SYSTEM, batch, today=TODAY) is LoadState.DONE


def test_an_import_is_counted_at_once(any_db: str, tmp_path: Path) -> None:
    bring(tmp_path, "2026-08-20 15:00:00")
    assert tallied() == by_hand()
    with reading() as session:
        assert tally.stale_months(session) == []
        late = session.exec(
            select(CaseTally).where(CaseTally.measure == Measure.LATE.value, CaseTally.value == 1)
        ).one()
    # Monday 3 August to Thursday 20 August is 13 working days; 5 were promised.
    assert (late.month, late.n) == (date(2026, 8, 1), 1)


def test_a_case_that_closed_in_another_month_after_all_leaves_the_first(any_db: str, tmp_path: Path) -> None:
    bring(tmp_path, "2026-08-20 15:00:00")
    bring(tmp_path, "2026-10-20 15:00:00")
    with reading() as session:
        assert session.exec(select(Case.decided_on).where(Case.case_no == "A1")).one() == date(2026, 10, 20)
        assert tally.stale_months(session) == []
    assert tallied() == by_hand()
