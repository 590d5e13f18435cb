"""The rule against an oracle that counts every day by itself, over ten thousand random cases."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path
from random import Random

import pytest

from crm.approvals.rules import Stop, clock
from models.vocabulary import DayUnit
from tests.approvals import oracle
from tests.approvals.oracle import Answer, Question
from tests.approvals.random_cases import a_case
from tests.workdays.test_counting import CALENDAR

CASES = 10_000
SEED = 20261123


def ruled(question: Question) -> Answer:
    found = clock(
        question.accepted,
        question.limit,
        DayUnit(question.unit),
        [Stop(*stop) for stop in question.stops],
        sum(question.extensions),
        today=question.today,
        calendar=CALENDAR,
        decided_on=question.decided,
    )
    return Answer(found.due_on, found.used, found.left, found.state.value, found.light.value)


def test_the_rule_agrees_with_the_oracle_on_ten_thousand_cases() -> None:
    rng = Random(SEED)
    questions = [a_case(rng) for _ in range(CASES)]
    wrong = [(q, ruled(q), oracle.judge(q)) for q in questions if ruled(q) != oracle.judge(q)]
    assert wrong == []


def test_the_ten_thousand_cases_are_of_every_sort() -> None:
    rng = Random(SEED)
    answers = [oracle.judge(a_case(rng)) for _ in range(CASES)]
    assert {a.light for a in answers} == {"green", "yellow", "orange", "red", "blue", "grey"}
    assert {a.state for a in answers} == {"not_started", "running", "stopped", "closed"}
    assert min(sum(a.light == light for a in answers) for light in ("yellow", "orange", "blue")) > 100


@pytest.mark.parametrize(
    ("accepted", "limit", "due"),
    [  # published by the two libraries that count working days, with the weekday of the due date
        (date(2026, 2, 11), 5, date(2026, 2, 25)),  # 周三; 2-14 周六 is worked
        (date(2026, 2, 11), 20, date(2026, 3, 17)),  # 周二; 2-28 周六 is worked
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # 周六, a make-up day
        (date(2026, 9, 30), 5, date(2026, 10, 13)),  # 周二; 10-10 周六 is worked
        (date(2024, 2, 8), 5, date(2024, 2, 21)),  # 周三; in 2024 除夕 was worked
        (date(2026, 11, 23), 20, date(2026, 12, 21)),  # 周一
    ],
)
def test_the_oracle_itself_knows_the_published_examples(accepted: date, limit: int, due: date) -> None:
    assert oracle.judge(Question(accepted, limit, "wd", (), (), accepted)).due == due


def test_the_oracle_is_independent() -> None:
    tree = ast.parse(Path(oracle.__file__).read_text("utf-8"))
    names = {
        name.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert not [n for n in names if n.split(".")[0] in ("crm", "models", "tests")]
