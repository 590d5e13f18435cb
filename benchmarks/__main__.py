"""Speed and memory, each beside the bare cost of the libraries under it, as ratios of one run.

`python -m benchmarks [import|scan|pages|briefing|forecast|intake|insight ...]`. Nothing here is asserted: machines
differ; the ratios travel better than the seconds.
"""

from __future__ import annotations

import io
import os
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

TODAY = date(2026, 11, 23)  # fixed, so that two runs measure the same work
ROWS = 5_000


@dataclass
class Line:
    what: str
    ours: float
    unit: str
    bare: float | None
    beside: str

    def __str__(self) -> str:
        ratio = f"{self.ours / self.bare:6.2f} x" if self.bare else "       "
        bare = f"{self.bare:12,.1f}" if self.bare is not None else " " * 12
        return f"{self.what:44} {self.ours:12,.1f} {bare} {self.unit:12} {ratio}  {self.beside}"


def seconds(work: Callable[[], Any], *, times: int = 5) -> float:
    """Median of some runs, after one that warms."""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def once(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def fresh_database() -> Iterator[Path]:
    """A prepared, empty database in a folder of its own."""
    from crm.core import db
    from crm.prepare import prepare

    with tempfile.TemporaryDirectory() as folder:
        os.environ["CRM_VAR"] = folder
        os.environ.pop("CRM_DATABASE_URL", None)
        db.engine_for.cache_clear()
        prepare()
        yield Path(folder)
        db.engine().dispose()
        db.engine_for.cache_clear()


def ledger(rows: int) -> bytes:
    """A plain ledger of so many rows."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["蓬江区2026年重点建设项目进展情况表（截至2026年10月底）"])
    sheet.append(["单位：万元"])
    sheet.append(
        [
            "序号",
            "项目名称",
            "建设单位",
            "属地",
            "总投资",
            "2026年计划投资",
            "1-10月累计完成",
            "开工时间",
            "竣工时间",
            "形象进度",
            "存在问题",
            "联络员",
        ]
    )
    towns = ("棠下镇", "荷塘镇", "杜阮镇", "环市街道", "白沙街道", "潮连街道")
    for i in range(rows):
        sheet.append(
            [
                i + 1,
                f"测量{i}号新能源项目",
                f"江门市测量{i}有限公司",
                towns[i % 6],
                10_000 + i,
                3_000,
                2_000 + i % 900,
                "2025年3月",
                "2027年6月",
                "主体结构施工",
                "无",
                f"专员{i % 200:03d}",
            ]
        )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def measure_import() -> list[Line]:
    import openpyxl

    from crm.core.access import SYSTEM
    from crm.ledgers.actions import Reading, commit, look

    data = ledger(ROWS)

    def bare() -> None:
        sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True).active
        rows = [tuple(str(v) for v in r) for r in sheet.iter_rows(min_row=4, values_only=True)]
        with sqlite3.connect(":memory:") as connection:
            marks = ",".join("?" * len(rows[0]))
            connection.execute(f"create table t ({','.join(f'c{i}' for i in range(len(rows[0])))})")
            connection.executemany(f"insert into t values ({marks})", rows)

    plain = ROWS / seconds(bare, times=3)
    with fresh_database():
        dry = ROWS / once(lambda: look(SYSTEM, data, "l.xlsx", Reading(), today=TODAY))
        written = ROWS / once(lambda: commit(SYSTEM, data, "l.xlsx", Reading(), today=TODAY))
        again = ROWS / once(lambda: commit(SYSTEM, data, "l.xlsx", Reading(), today=TODAY))
    beside = "openpyxl read + executemany"
    return [
        Line("import, dry run", dry, "rows/s", plain, beside),
        Line("import, commit", written, "rows/s", plain, beside),
        Line("import, the same file again", again, "rows/s", plain, beside),
    ]


def measure_scan() -> list[Line]:
    from sqlmodel import select

    from benchmarks.district import fill
    from crm.alerts.scan import scan
    from crm.core.db import reading
    from models import Case, Milestone, MonthlyProgress, Project

    with fresh_database():
        fill(TODAY)

        def bare() -> None:
            with reading() as session:
                for model in (Project, Milestone, Case, MonthlyProgress):
                    for _ in session.connection().execute(select(*model.__table__.c)):
                        pass

        plain = seconds(bare, times=3)
        first = once(lambda: scan(TODAY))
        second = once(lambda: scan(TODAY))
        next_day = once(lambda: scan(TODAY + timedelta(days=1)))
    count, beside = 60_000, "reading the same rows"
    return [
        Line("scan, every alert new", count / first, "milestones/s", count / plain, beside),
        Line("scan, nothing new", count / second, "milestones/s", count / plain, beside),
        Line("scan, the next day", count / next_day, "milestones/s", count / plain, beside),
    ]


def measure_pages() -> list[Line]:
    import sqlalchemy as sa
    from streamlit.testing.v1 import AppTest

    from benchmarks.district import fill
    from crm.alerts.scan import scan
    from crm.core.access import SYSTEM
    from crm.core.db import reading
    from crm.projects.queries.figures import summary
    from crm.projects.queries.filters import ProjectFilter, Sort
    from crm.projects.queries.register import list_projects
    from models.vocabulary import Light

    lines: list[Line] = []
    with fresh_database():
        fill(TODAY)
        people = accounts()

        def bare() -> None:
            with reading() as session:
                session.execute(sa.text("select * from project order by id limit 25")).all()
                session.execute(sa.text("select count(*) from project")).scalar()

        plain = seconds(bare) * 1_000

        def asked(f: ProjectFilter, sort: Sort = Sort.DUE, page: int = 1) -> Callable[[], None]:
            def run() -> None:
                with reading() as session:
                    list_projects(session, SYSTEM, f, sort, page, today=TODAY)

            return run

        beside = "bare select of 25 + count"
        for what, work in (
            ("list of 5,000, most urgent first", asked(ProjectFilter())),
            ("list, page 150", asked(ProjectFilter(), page=150)),
            ("list, red only", asked(ProjectFilter(light=Light.RED))),
            ("list, search by initials", asked(ProjectFilter(text="hy"))),
        ):
            lines.append(Line(what, seconds(work) * 1_000, "ms", plain, beside))

        def figures() -> None:
            with reading() as session:
                summary(session, SYSTEM, TODAY)

        lines.append(Line("the leader's figures", seconds(figures, times=3) * 1_000, "ms", plain, beside))
        root = Path(__file__).resolve().parents[1] / "pages"
        scan(TODAY)  # so that the alerts' pages have something to show
        one = {"id": "7"}
        for page, who, query in (
            ("projects", "supervisor", {}),
            ("home", "leader", {}),
            ("home", "supervisor", {}),
            ("board", "supervisor", {}),
            ("gantt", "supervisor", {}),
            ("alerts", "supervisor", {}),
            ("project", "supervisor", one),
            ("project", "supervisor", one | {"tab": "plan"}),
            ("enterprises", "supervisor", {}),
            ("enterprise", "supervisor", one),
            ("visits", "supervisor", {}),
        ):
            at = AppTest.from_file(str(root / f"{page}.py"), default_timeout=60)
            at.user = people[who]
            for name, value in query.items():
                at.query_params[name] = value
            at.run()
            tab = f" {query['tab']}" if "tab" in query else ""
            what = f"page {page}{tab} ({who}), a whole run"
            lines.append(Line(what, seconds(at.run, times=3) * 1_000, "ms", plain, beside))
            if at.exception:
                print(f"{page}: {at.exception[0].message}", file=sys.stderr)
    return lines


def accounts() -> dict[str, dict[str, str]]:
    """A signed-in supervisor and leader, as AppTest wants them."""
    from crm.core.access import SYSTEM
    from crm.core.db import unit_of_work
    from crm.core.today import now
    from models import User, WebSession
    from models.vocabulary import Role

    found = {}
    with unit_of_work(SYSTEM, "benchmark.people") as session:
        for role in (Role.SUPERVISOR, Role.LEADER):
            user = User(login=role.value, login_key=role.value, name=role.value, role=role)
            session.add(user)
            session.flush()
            row = WebSession(token_hash=role.value, user_id=user.id, expires_at=now() + timedelta(hours=1))
            session.add(row)
            session.flush()
            found[role.value] = {"uid": str(user.id), "sid": str(row.id)}
    return found


def measure_briefing() -> list[Line]:
    from docxtpl import DocxTemplate
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from crm.briefings.actions import HallAsk, draft_hall
    from crm.briefings.render import template_path
    from crm.briefings.sentences import blanks_of
    from crm.core.access import SYSTEM
    from crm.core.settings import load_settings
    from crm.demo import town
    from models.vocabulary import BriefingKind

    with fresh_database():
        town.make(TODAY)
        ask = HallAsk(from_on=TODAY.replace(day=1), to_on=TODAY)
        paper = draft_hall(SYSTEM, ask, today=TODAY).paper
        template = template_path(BriefingKind.HALL, load_settings().var)
        blanks = blanks_of(paper)

        def bare() -> None:
            document = DocxTemplate(template)
            document.render(blanks, ImmutableSandboxedEnvironment(autoescape=True))
            document.save(io.BytesIO())

        plain = 1 / seconds(bare, times=3)
        ours = 1 / seconds(lambda: draft_hall(SYSTEM, ask, today=TODAY), times=3)
    return [
        Line("hall briefing, facts to Word", ours, "papers/s", plain, "docxtpl filling the same template")
    ]


def measure_forecast() -> list[Line]:
    from benchmarks import forecast
    from crm.demo import town
    from crm.insight.forecast import actions

    with fresh_database():
        town.make(TODAY)
        print("\n".join(forecast.told(actions.backtest(TODAY))), flush=True)
    with fresh_database():
        steps, done = forecast.fill(TODAY)
        beside = f"reading the same rows; {steps:,} steps, {done:,} done"
        return [
            Line(what, ours, unit, bare, beside)
            for what, ours, unit, bare in forecast.timed(seconds, once, TODAY)
        ]


def measure_hall_import() -> list[Line]:
    from benchmarks.intake import measure_intake

    return list(measure_intake())


def measure_insight() -> Iterator[Line]:
    """The analysis over a tenth of a hall's year; `python -m benchmarks.insight` measures a full database."""
    from benchmarks import hall, insight

    with fresh_database():
        hall.fill(96_000, TODAY)
        yield from insight.measure()


SECTIONS = {
    "import": measure_import,
    "scan": measure_scan,
    "pages": measure_pages,
    "briefing": measure_briefing,
    "forecast": measure_forecast,
    "intake": measure_hall_import,
    "insight": measure_insight,
}


def main() -> None:
    asked = sys.argv[1:] or list(SECTIONS)
    print(f"{'what':44} {'ours':>12} {'bare':>12} {'unit':12} {'ours/bare':>8}  beside")
    for name in asked:
        for line in SECTIONS[name]():
            print(line, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process: {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
