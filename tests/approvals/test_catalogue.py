"""The permit catalogue: what it says of each item, and how it is changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from crm.approvals import queries, reference
from crm.approvals.actions import catalogue
from crm.approvals.catalogue_inputs import EditItem
from crm.approvals.queries import ItemFilter, ItemRow
from crm.approvals.queries.catalogue import versions
from crm.approvals.rules import day_zero, months_later
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed
from models import Department, Item
from models.vocabulary import DayUnit
from tests.conftest import MONDAY, Cast

WD, DAYS = DayUnit.WORKING, DayUnit.CALENDAR


def item(code: str) -> ItemRow:
    with reading() as session:
        return queries.item_row(session.exec(select(Item).where(Item.code == code)).one())


def test_forty_five_items_are_there_from_the_start(db: object) -> None:
    with reading() as session:
        rows, total = queries.item_list(session, ItemFilter(), per_page=100)
    assert total == len(rows) == 45
    assert len({r.code for r in rows}) == 45


@pytest.mark.parametrize(
    ("code", "limit", "unit", "promised", "extension", "starts"),
    [
        ("P13", 20, WD, 15, 40, "受理"),
        ("P16", 20, WD, 3, 10, "受理"),
        ("P23", 60, DAYS, 20, 0, "收到报告书"),
        ("P24", 30, DAYS, 10, 0, "收到报告表"),
        ("P27", 10, WD, 8, 10, "受理"),
        ("P29", 45, WD, 20, 0, "受理"),
        ("P34", 7, DAYS, 3, 0, "收到申请"),
        ("P35", 15, DAYS, 5, 0, "受理"),
        ("P52", 15, DAYS, 7, 0, "受理"),
        ("P61", 30, DAYS, 15, 0, "受理"),
        ("P64", 10, WD, 10, 5, "受理"),
        ("P65", 45, DAYS, 30, 0, "收到申请"),
    ],
)
def test_limits_units_and_the_clocks_start(
    db: object, code: str, limit: int, unit: DayUnit, promised: int, extension: int, starts: str
) -> None:
    found = item(code)
    assert (
        found.legal_limit,
        found.unit,
        found.promised_limit,
        found.extension_limit,
        found.clock_start,
    ) == (
        limit,
        unit,
        promised,
        extension,
        starts,
    )


@pytest.mark.parametrize(
    ("code", "months", "before", "unit"),
    [
        ("P12", 24, None, DAYS),
        ("P13", 24, 30, WD),
        ("P23", 60, None, DAYS),
        ("P27", 36, None, DAYS),
        ("P29", 60, 45, DAYS),
        ("P34", 3, None, DAYS),
        ("P35", 60, None, DAYS),
        ("P61", 60, 60, DAYS),
        ("P64", 60, 30, WD),
    ],
)
def test_how_long_a_permit_holds(
    db: object, code: str, months: int, before: int | None, unit: DayUnit
) -> None:
    found = item(code)
    assert (found.valid_months, found.renew_before, found.renew_unit) == (months, before, unit)


def test_every_limit_in_law_has_its_basis_and_no_promise_is_slower_than_the_law(db: object) -> None:
    with reading() as session:
        rows, _ = queries.item_list(session, ItemFilter(), per_page=100)
    assert [r.code for r in rows if r.legal_limit is not None and not r.legal_basis] == []
    assert [
        r.code
        for r in rows
        if r.legal_limit is not None and r.promised_limit is not None and r.promised_limit > r.legal_limit
    ] == []


def test_every_body_that_decides_is_a_known_department(db: object) -> None:
    decided = {row["code"] for row in reference.rows() if row["decides"]}
    with reading() as session:
        known = set(session.exec(select(Item.code).where(Item.department_id != None)))  # noqa: E711
        housing = session.exec(select(Department.id).where(Department.name == "区住房和城乡建设局")).one()
    assert decided == known
    assert item("P34").department_id == housing


def test_what_was_never_confirmed_is_marked(db: object) -> None:
    assert item("P26").doubtful
    assert item("P35").doubtful  # which department decides is still open
    assert not item("P17").doubtful
    with reading() as session:
        rows, total = queries.item_list(session, ItemFilter(doubtful_only=True), per_page=100)
    assert total == len(rows)
    assert all(r.doubtful for r in rows)
    assert {"P21", "P26", "P35"} <= {r.code for r in rows}


def test_seeding_again_keeps_what_was_edited(db: object) -> None:
    with unit_of_work(SYSTEM, "test.item") as session:
        session.exec(select(Item).where(Item.code == "P35")).one().promised_limit = 4
    with unit_of_work(SYSTEM, "test.seed_again") as session:
        reference.seed(session)
    assert item("P35").promised_limit == 4


def edit(row: ItemRow, **changes: Any) -> EditItem:
    fields = set(EditItem.model_fields) - {"item_id", "version", "opened"}
    opened = {name: getattr(row, name) for name in fields}
    return EditItem(item_id=row.id, version=row.version, opened=opened, **(opened | changes))


def test_a_name_is_changed_at_once_with_its_trail(any_db: str, cast: Cast) -> None:
    catalogue.edit_item(cast.supervisor, edit(item("P35"), name="排水许可"), today=MONDAY)
    assert item("P35").name == "排水许可"


def test_what_was_confirmed_is_doubted_no_more_and_is_no_new_version(cast: Cast) -> None:
    row = item("P13")
    catalogue.edit_item(cast.supervisor, edit(row, certainty="2026年11月与发改局核对"), today=MONDAY)
    with reading() as session:
        kept = versions(session, row.id, MONDAY)
    assert [v.rule.certainty for v in kept] == ["2026年11月与发改局核对"]
    assert not item("P13").doubtful


def test_only_who_keeps_the_catalogue_may_change_it(cast: Cast) -> None:
    for actor in (cast.officer, cast.leader, cast.clerk, cast.handler):
        with pytest.raises(NotAllowed):
            catalogue.edit_item(actor, edit(item("P35"), name="排水许可"), today=MONDAY)


def test_the_second_editor_is_shown_what_the_first_changed(cast: Cast) -> None:
    seen = item("P35")
    catalogue.edit_item(cast.supervisor, edit(seen, name="排水许可"), today=MONDAY)
    catalogue.edit_item(
        cast.admin, edit(seen, certainty="已核"), today=MONDAY
    )  # another field: both are kept
    with pytest.raises(Conflict) as clash:
        catalogue.edit_item(cast.admin, edit(seen, name="城镇排水许可"), today=MONDAY)
    assert [(c.field, c.stored, c.typed) for c in clash.value.clashes] == [
        ("name", "排水许可", "城镇排水许可")
    ]
    assert (item("P35").name, item("P35").certainty) == ("排水许可", "已核")


def test_the_catalogue_is_searched_and_paged(any_db: str) -> None:
    with reading() as session:
        found, total = queries.item_list(session, ItemFilter(search="排污许可"), per_page=2)
        assert total == 3
        assert len(found) == 2
        assert queries.item_list(session, ItemFilter(phase="P6"))[1] > 5
        assert queries.item_list(session, ItemFilter(search="建筑法"))[0][0].code == "P34"


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        (date(2025, 9, 29), 3, date(2025, 12, 29)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2025, 12, 31), 12, date(2026, 12, 31)),
        (date(2025, 10, 31), 1, date(2025, 11, 30)),
    ],
)
def test_months_end_on_the_corresponding_day_or_the_months_last(day: date, months: int, end: date) -> None:
    assert months_later(day, months) == end  # 民法典 第二百零二条


def test_the_law_that_says_upon_receipt_counts_from_receipt() -> None:
    received, accepted = date(2025, 9, 22), date(2025, 9, 25)
    assert day_zero("收到申请", received, accepted) == received
    assert day_zero("受理", received, accepted) == accepted
    assert day_zero("", received, accepted) == accepted
