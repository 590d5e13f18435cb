"""`crm clock` and the case's screen answer every case alike: the same cases are given to both."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from crm.approvals.queries import case_view
from crm.approvals.rules import Clock
from crm.cli import main
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import Case, Item, SpecialProcedure
from models.vocabulary import CaseState, DayUnit, ProcedureKind
from tests.approvals.oracle import Question
from tests.approvals.random_cases import a_case


def on(month: int, day: int, year: int = 2025) -> date:
    return date(year, month, day)


def told(begins: date, ends: date | None) -> tuple[date, date | None, date | None]:
    return begins, ends, begins


ACCEPTED = on(9, 22)  # 周一
# What each case is about, told by its name.
NAMED = {
    "W1": Question(ACCEPTED, 10, "wd", (), (), on(9, 30)),
    "W2": Question(ACCEPTED, 10, "wd", (told(on(9, 24), on(9, 29)),), (), on(9, 30)),
    "W5": Question(ACCEPTED, 20, "wd", (), (), on(9, 30)),
    "W6-five": Question(on(2, 9, 2026), 5, "wd", (), (), on(2, 10, 2026)),
    "W6-ten": Question(on(2, 9, 2026), 10, "wd", (), (), on(2, 10, 2026)),
    "W7-provisional": Question(on(12, 4, 2026), 20, "wd", (), (), on(12, 7, 2026)),
    "C3-calendar-days": Question(on(9, 1, 2024), 30, "days", (), (), on(9, 2, 2024)),
    "C7-with-a-pause": Question(
        on(9, 1, 2024), 20, "days", (told(on(9, 5, 2024), on(9, 15, 2024)),), (), on(9, 2, 2024)
    ),
    "K1-stopped": Question(ACCEPTED, 10, "wd", (told(on(9, 24), None),), (), on(9, 30)),
    "K4-not-told": Question(ACCEPTED, 10, "wd", ((on(9, 24), None, None),), (), on(9, 26)),
    "K4-told-later": Question(ACCEPTED, 10, "wd", ((on(9, 24), on(9, 29), on(9, 26)),), (), on(9, 30)),
    "K5-extended": Question(ACCEPTED, 10, "wd", (), (10,), on(9, 30)),
    "K15-due-today": Question(ACCEPTED, 10, "wd", (), (), on(10, 11)),
    "K15-tomorrow": Question(ACCEPTED, 10, "wd", (), (), on(10, 12)),
    "overlapping-stops": Question(
        ACCEPTED, 10, "wd", (told(on(9, 24), on(9, 26)), told(on(9, 25), on(9, 29))), (), on(9, 30)
    ),
    "a-stop-on-the-last-day": Question(ACCEPTED, 10, "wd", (told(on(10, 11), None),), (), on(10, 11)),
    "a-stop-over-the-holiday": Question(ACCEPTED, 10, "wd", (told(on(10, 1), on(10, 9)),), (), on(10, 9)),
    "no-day-at-all": Question(ACCEPTED, 0, "wd", (), (), ACCEPTED),
}


def running(question: Question) -> bool:
    return question.decided is None and question.accepted <= question.today


RNG = Random(15)
RANDOM = [q for q in (a_case(RNG) for _ in range(150)) if running(q)][:80]


@pytest.fixture
def ask(db: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Puts questions to the command, as one batch: a list of answers."""

    def asked(questions: list[Question]) -> list[dict[str, Any]]:
        lines = ["accepted,limit,unit,stops,extend,today"]
        for q in questions:
            stops = ";".join(
                f"{begins}:{ends or ''}:{'-' if notice is None else notice}"
                for begins, ends, notice in q.stops
            )
            lines.append(f"{q.accepted},{q.limit},{q.unit},{stops},{sum(q.extensions)},{q.today}")
        batch = db / "batch.csv"
        batch.write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setattr("crm.cli.COMMANDS", ("clock", "calendar"))
        monkeypatch.setattr("sys.argv", ["crm", "clock", "--batch", str(batch), "--json"])
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code
        answers: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return answers

    return asked


def shown(question: Question) -> dict[str, Any]:
    """What the case's screen says of the same case, kept as a row: its legal clock and its light."""
    with unit_of_work(SYSTEM, "test.case") as session:
        case = Case(
            case_no="一号",
            item_id=session.exec(select(Item.id).where(Item.code == "P22")).one() or 0,
            state=CaseState.ACCEPTED,
            received_on=question.accepted,
            accepted_on=question.accepted,
            starts_on=question.accepted,
            legal_limit=question.limit,
            unit=DayUnit(question.unit),
            extension=sum(question.extensions),
        )
        session.add(case)
        session.flush()
        for begins, ends, notice in question.stops:
            session.add(
                SpecialProcedure(
                    case_id=case.id or 0,
                    kind=ProcedureKind.EXPERT_REVIEW,
                    ground="评审",
                    basis="行政许可法第四十五条",
                    planned_wd=5,
                    from_on=begins,
                    to_on=ends,
                    told_on=notice,
                )
            )
        key = case.id or 0
    with reading() as session:
        view = case_view(session, SYSTEM, key, question.today)
    with unit_of_work(SYSTEM, "test.away") as session:
        for procedure in session.exec(select(SpecialProcedure)).all():
            session.delete(procedure)
        session.delete(session.get_one(Case, key))
    clock = view.row.clocks.legal
    assert isinstance(clock, Clock)
    return {
        "due_on": clock.due_on.isoformat(),
        "used": clock.used,
        "left": clock.left,
        "state": clock.state.value,
        "light": view.row.light.value,
        "provisional": view.row.clocks.provisional,
    }


@pytest.mark.parametrize("name", NAMED)
def test_the_command_and_the_screen_agree(ask: Any, name: str) -> None:
    assert ask([NAMED[name]]) == [shown(NAMED[name])]


def test_they_agree_on_random_cases_too(ask: Any) -> None:
    answers = ask(RANDOM)
    assert answers == [shown(question) for question in RANDOM]
    assert len({a["light"] for a in answers}) == 5
