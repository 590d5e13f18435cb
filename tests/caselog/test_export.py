"""The event log as it leaves: what stands in it, in which order, for whom, and that the trail knows."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner, Result

from crm.approvals.queries import Span
from crm.caselog import export
from crm.caselog.export import Format, LogAsked, Written, export_events
from crm.cli import build
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, Refusal
from crm.core.today import SHANGHAI
from models import AuditEntry, Case, CaseEvent, CaseStep, Item
from models.vocabulary import AuditVerb, CaseSource, CaseState
from tests.conftest import Cast

XES = "{http://www.xes-standard.org/}"
SPRING = datetime(2026, 3, 5, 9, 30, 15, 123456, tzinfo=SHANGHAI)


def put_case(
    number: str,
    *steps: tuple[str, timedelta],
    item: str = "P35",
    received_on: date = SPRING.date(),
    applicant: str = "江门市恒瑞照明有限公司",
    **fields: object,
) -> int:
    """A case of the hall with its events, so long after `SPRING`."""
    with unit_of_work(SYSTEM, "test.log") as session:
        item_id = session.exec(select(Item.id).where(Item.code == item)).one()
        case = Case(
            case_no=number,
            source=CaseSource.HALL,
            item_id=item_id or 0,
            received_on=received_on,
            applicant=applicant,
            state=CaseState.ACCEPTED,
            **fields,  # type: ignore[arg-type]
        )
        session.add(case)
        session.flush()
        for name, after in steps:
            step = session.exec(select(CaseStep).where(CaseStep.name == name)).first()
            if step is None:
                step = CaseStep(name=name)
                session.add(step)
                session.flush()
            session.add(
                CaseEvent(
                    case_id=case.id or 0,
                    step_id=step.id or 0,
                    at=SPRING + after,
                    who="窗口01号",
                    unit="农水局",
                    number=f"{number}-{name}",
                )
            )
        return case.id or 0


def written(
    actor: Actor = SYSTEM, how: Format = Format.XES, asked: LogAsked | None = None
) -> tuple[str, Written]:
    out = io.StringIO(newline="")
    told = export_events(actor, out, how, asked)
    return out.getvalue(), told


def traces(text: str) -> dict[str, list[dict[str, str]]]:
    """Case number -> its events as {key: value}, as a stranger's XML reader sees them."""
    found: dict[str, list[dict[str, str]]] = {}
    for trace in ElementTree.fromstring(text).iter(f"{XES}trace"):
        name = trace.find(f"{XES}string[@key='concept:name']")
        assert name is not None
        found[name.get("value", "")] = [
            {part.get("key", ""): part.get("value", "") for part in event}
            for event in trace.iter(f"{XES}event")
        ]
    return found


@pytest.mark.usefixtures("any_db")
def test_a_case_is_a_trace_and_its_events_follow_in_time() -> None:
    late = timedelta(days=3)
    put_case("B-2", ("办结", late), ("收件", timedelta()), ("审查", late), received_on=date(2026, 3, 6))
    put_case("B-1", ("收件", timedelta(microseconds=1)))
    text, told = written()
    assert told == Written(cases=2, events=4)
    found = traces(text)
    assert list(found) == ["B-1", "B-2"]  # in the order they were received
    # Of one instant: as they came in.
    assert [e["concept:name"] for e in found["B-2"]] == ["收件", "办结", "审查"]
    first = found["B-1"][0]
    assert first == {
        "concept:name": "收件",
        "time:timestamp": "2026-03-05T01:30:15.123457+00:00",
        "lifecycle:transition": "complete",
        "org:resource": "窗口01号",
        "org:group": "农水局",
        "concept:instance": "B-1-收件",
    }


def test_the_log_names_its_extensions_globals_and_classifiers(db: Path) -> None:  # IEEE 1849-2016, 5 and 7
    put_case("B-1", ("收件", timedelta()))
    root = ElementTree.fromstring(written()[0])
    assert (root.tag, root.get("xes.version")) == (f"{XES}log", "1849-2016")
    assert {e.get("prefix") for e in root.iter(f"{XES}extension")} == {"concept", "time", "org", "lifecycle"}
    assert {g.get("scope") for g in root.iter(f"{XES}global")} == {"trace", "event"}
    assert "concept:name" in {c.get("keys") for c in root.iter(f"{XES}classifier")}
    kinds = [child.tag.removeprefix(XES) for child in root]
    order = ["extension", "global", "classifier", "string", "trace"]
    assert kinds == sorted(kinds, key=order.index)


@pytest.mark.parametrize(
    "name", ['<核查> & "验收"', "换\n行\t和\r回车", "末尾空格 ", "𠮷田 🏭", "'单引号'", "a<!--b-->]]>"]
)
def test_any_name_comes_back_as_it_was(db: Path, name: str) -> None:
    put_case("B-1", (name, timedelta()), applicant=name)
    assert traces(written()[0])["B-1"][0]["concept:name"] == name
    (row,) = csv.DictReader(io.StringIO(written(how=Format.CSV)[0], newline=""))
    assert (row["concept:name"], row["case:applicant"]) == (name, name)


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)"])
def test_a_formula_in_a_name_is_text_in_a_spreadsheet_and_itself_in_xes(db: Path, name: str) -> None:
    put_case("B-1", (name, timedelta()), applicant=name)
    assert traces(written()[0])["B-1"][0]["concept:name"] == name
    (row,) = csv.DictReader(io.StringIO(written(how=Format.CSV)[0], newline=""))
    assert (row["concept:name"], row["case:applicant"]) == (f"'{name}", f"'{name}")


def test_what_xml_cannot_hold_is_left_out(db: Path) -> None:
    put_case("B-1", ("核\x00查\x1b\ufffe", timedelta()))
    assert traces(written()[0])["B-1"][0]["concept:name"] == "核查"


@pytest.mark.usefixtures("any_db")
def test_the_csv_says_the_same_row_by_row() -> None:
    put_case("B-1", ("收件", timedelta()), ("受理", timedelta(hours=2)), closed_at=SPRING, channel="窗口")
    text, told = written(how=Format.CSV)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert (len(rows), told) == (2, Written(1, 2))
    assert [r["concept:name"] for r in rows] == ["收件", "受理"]
    assert [datetime.fromisoformat(r["time:timestamp"]) for r in rows] == [
        SPRING.astimezone(UTC),
        SPRING.astimezone(UTC) + timedelta(hours=2),
    ]
    assert {r["case:item_code"] for r in rows} == {"P35"}
    assert rows[0]["case:channel"] == "窗口"
    assert datetime.fromisoformat(rows[0]["case:enddate"]) == SPRING
    assert rows[0]["case:deadline"] == ""


@pytest.mark.usefixtures("any_db")
def test_the_log_is_narrowed_to_an_item_and_to_days() -> None:
    put_case("B-1", ("收件", timedelta()))
    put_case("B-2", ("收件", timedelta()), item="P34")
    put_case("B-3", ("收件", timedelta()), received_on=date(2026, 4, 1))
    march = Span.read("2026-03")
    assert set(traces(written(asked=LogAsked(item="P35"))[0])) == {"B-1", "B-3"}
    assert set(traces(written(asked=LogAsked(received=march))[0])) == {"B-1", "B-2"}
    assert set(traces(written(asked=LogAsked(item="P35", received=march))[0])) == {"B-1"}
    with pytest.raises(Refusal, match="没有编码“P99”"):
        written(asked=LogAsked(item="P99"))


def test_a_log_of_nothing_is_still_a_log(db: Path) -> None:
    put_case("B-1")
    text, told = written()
    assert told == Written(0, 0)
    assert traces(text) == {}


def test_more_cases_than_are_fetched_at_once(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 2)
    for n in range(5):
        put_case(f"B-{n}", ("收件", timedelta()), ("受理", timedelta(hours=1)), ("办结", timedelta(days=1)))
    text, told = written()
    assert told == Written(5, 15)
    assert {n: len(e) for n, e in traces(text).items()} == {f"B-{n}": 3 for n in range(5)}


# Who may, how much, and what the trail knows


@pytest.mark.parametrize("who", ["clerk", "handler", "leader"])
def test_who_may_not_export_gets_nothing(cast: Cast, who: str) -> None:  # A6
    put_case("B-1", ("收件", timedelta()))
    out = io.StringIO()
    with pytest.raises(NotAllowed):
        export_events(getattr(cast, who), out, Format.XES)
    assert out.getvalue() == ""


def test_an_officer_exports_the_cases_of_his_own_projects_alone(cast: Cast) -> None:  # A6
    put_case("B-1", ("收件", timedelta()))
    put_case("B-2", ("收件", timedelta()), project_id=cast.project)
    put_case("B-3", ("收件", timedelta()), project_id=cast.other_project)
    assert set(traces(written(cast.officer)[0])) == {"B-2"}
    assert set(traces(written(cast.supervisor)[0])) == {"B-1", "B-2", "B-3"}


def test_an_export_is_capped_and_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:  # A6
    monkeypatch.setattr(export, "EXPORT_CAP", 1)
    put_case("B-1", ("收件", timedelta()), ("受理", timedelta(hours=1)))
    out = io.StringIO()
    with pytest.raises(Refusal, match="一次最多导出1条"):
        export_events(cast.supervisor, out, Format.CSV)
    assert out.getvalue() == ""


def test_the_trail_says_who_took_what(cast: Cast) -> None:  # A6
    put_case("B-1", ("收件", timedelta()), ("受理", timedelta(hours=1)))
    written(cast.supervisor, Format.CSV, LogAsked(item="P35", received=Span.read("2026-03")))
    with reading() as session:
        line = session.exec(select(AuditEntry).where(col(AuditEntry.action) == "caselog.export")).one()
    assert (line.user_id, line.verb, line.record) == (cast.supervisor.user_id, AuditVerb.EVENT, "case_event")
    assert line.changes["count"] == [None, 2]
    assert line.changes["filters"] == [None, "item=P35 received=2026-03-01..2026-03-31 format=csv"]


# At the command line


def crm(*words: str) -> Result:
    return CliRunner().invoke(build(), ["export", "events", *words])


def test_the_command_writes_the_whole_file_or_none(db: Path, tmp_path: Path) -> None:
    put_case("B-1", ("收件", timedelta()))
    folder = tmp_path / "out"
    folder.mkdir()
    assert crm(str(folder / "log.xes")).exit_code == 0
    assert set(traces((folder / "log.xes").read_text("utf-8"))) == {"B-1"}
    day = ("--from", "2026-03-05", "--to", "2026-03-05")
    told = crm(str(folder / "log.csv"), *day, "--json")
    assert json.loads(told.stdout) == {
        "file": str(folder / "log.csv"),
        "format": "csv",
        "cases": 1,
        "events": 1,
    }
    for wrong in (
        (folder / "x.xes", "--item", "P99"),
        (folder / "x.xes", "--from", "昨天"),
        (folder / "no" / "x",),
    ):
        assert isinstance(crm(*map(str, wrong)).exception, Refusal)
    assert {p.name for p in folder.iterdir()} == {"log.xes", "log.csv"}
