"""证照到期与后续, and the promises on the case, the enterprise's and the new case's screens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from crm.approvals import actions
from crm.approvals.commitment_inputs import AddDuty
from crm.core import today as clock
from crm.core.db import reading
from models import Case, Commitment, CreditMark, Obligation
from models.vocabulary import CaseState, CommitmentState
from tests.approvals.promises import (
    AFTER,
    TOLD,
    broken,
    case_of,
    found_unkept,
    promised,
)
from tests.conftest import MONDAY, Cast

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: MONDAY)


def said(at: Any) -> str:
    assert not at.exception, at.exception
    parts = [
        e.value
        for kind in (at.title, at.subheader, at.markdown, at.caption, at.warning, at.error, at.info)
        for e in kind
    ]
    return "\n".join(str(p).replace("\\", "") for p in parts)


def pressed(at: Any, label: str, *, key: str = "") -> Any:
    button = next(b for b in at.button if b.label == label and (not key or str(b.key).startswith(key)))
    return button.click().run()


def building_permit(cast: Cast, **more: Any) -> int:
    day = MONDAY - timedelta(days=80)
    return case_of(
        cast,
        "P34",
        **{"state": CaseState.DECIDED, "received_on": day, "decided_on": day, "issued_on": day} | more,
    )


def test_the_watch_list_says_what_to_do_by_when(cast: Cast, app_test: Run):
    building_permit(cast, permit_no="4407032026")
    text = said(app_test("expiry", cast.officer))
    assert "施工许可证开工期限" in text
    assert "12月4日 周五前：开工，或在到期前申请延期" in text
    assert "建筑法第九条" in text
    assert "恒岳新能源电池项目（一期）" in text
    assert "共1项" in text


def test_the_watch_list_is_empty_for_who_has_nothing(cast: Cast, app_test: Run):
    building_permit(cast)
    assert "90天内没有要到期的证照" in said(app_test("expiry", cast.stranger))
    assert "没有符合条件" in said(app_test("expiry", cast.officer, text="别的"))


def test_a_reader_without_the_verb_sees_no_button(cast: Cast, app_test: Run):
    building_permit(cast)
    labels = {b.label for b in app_test("expiry", cast.leader).button}
    assert "看办件" in labels
    assert not labels & {"登记已办", "不再需要", "登记限期事项"}


def test_a_duty_is_typed_and_settled(cast: Cast, app_test: Run):
    at = app_test("expiry", cast.officer)
    at = pressed(at, "登记限期事项")
    at.selectbox(key=next(b.key for b in at.selectbox if "add-duty-line" in str(b.key))).set_value(
        "special_equipment"
    ).run()
    next(t for t in at.text_input if "add-duty-what" in str(t.key)).set_value("起重机2号")
    at = pressed(at, "登记", key="add-duty")
    assert "特种设备使用登记：起重机2号" in said(at)
    at = pressed(at, "登记已办", key="settle-")
    next(t for t in at.text_input if t.label.startswith("文号")).set_value("特使登〔2026〕9号")
    at = pressed(at, "登记", key="")
    assert "起重机2号" not in said(at)
    with reading() as session:
        row = session.exec(select(Obligation)).one()
    assert (row.done_on, row.evidence) == (MONDAY, "特使登〔2026〕9号")


def test_a_case_page_offers_the_extension_and_keeps_it(cast: Cast, app_test: Run):
    case = building_permit(cast)
    at = app_test("case", cast.officer, id=case)
    assert "须在12月4日 周五前开工" in said(at)
    next(t for t in at.text_input if t.label == "延期理由").set_value("桩机未到")
    next(t for t in at.text_input if t.label == "批准人（机关负责人）").set_value("李局长")
    at = pressed(at, "登记延期")
    assert "已延期1次" in said(at)
    with reading() as session:
        assert session.get_one(Case, case).expires_on.isoformat() == "2027-03-04"


def test_a_list_is_promised_on_the_case_page(cast: Cast, app_test: Run):
    case = case_of(cast, received_on=MONDAY)
    at = app_test("case", cast.officer, id=case)
    area = next(a for a in at.text_area if a.label.startswith("承诺的材料或条件"))
    at = area.set_value("消纳场合同\n运输车辆密闭改装").run()
    assert "**运输车辆密闭改装**" in said(at)
    at = pressed(at, "登记2项")
    text = said(at)
    assert "待履行" in text
    with reading() as session:
        rows = session.exec(select(Commitment).order_by(col(Commitment.id))).all()
    assert [(r.text, r.due_on.isoformat()) for r in rows] == [
        ("消纳场合同", "2026-12-07"),  # ten working days after Monday 23 November
        ("运输车辆密闭改装", "2026-12-07"),
    ]
    assert {r.verify_by_on.isoformat() for r in rows} == {"2027-01-22"}


def test_a_promise_is_found_unkept_and_broken_on_the_case_page(cast: Cast, app_test: Run):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case)
    assert "待履行，已过期限" in said(app_test("case", cast.officer, id=case))
    found_unkept(cast.officer, promise)
    at = app_test("case", cast.officer, id=case)
    next(a for a in at.text_area if a.label == "理由").set_value("逾期没有改正")
    at = pressed(at, "认定未履行")
    assert "未履行" in said(at)
    with reading() as session:
        assert session.get_one(Commitment, promise).state is CommitmentState.BROKEN
        assert session.exec(select(CreditMark)).one().commitment_id == promise


def test_a_marked_enterprise_is_told_before_anything_is_typed_until_repaired(cast: Cast, app_test: Run):
    (promise,) = promised(cast.officer, case_of(cast))
    found_unkept(cast.officer, promise)
    broken(cast.officer, promise, on=AFTER)
    fresh = case_of(cast, received_on=MONDAY)
    for at in (
        app_test("case", cast.officer, project=cast.project),
        app_test("case", cast.officer, id=fresh),
    ):
        assert "信用修复前不适用告知承诺和容缺受理" in said(at)
    at = app_test("enterprise", cast.officer, id=cast.enterprise)
    assert "失诺记录" in said(at)
    assert "登记信用修复" not in {b.label for b in at.button}
    at = app_test("enterprise", cast.supervisor, id=cast.enterprise)
    next(t for t in at.text_input if t.label == "依据和文号").set_value("蓬信修〔2026〕3号")
    at = pressed(at, "登记信用修复")
    assert "11月23日 周一修复：蓬信修〔2026〕3号" in said(at)
    assert "信用修复前" not in said(app_test("case", cast.officer, id=fresh))


def test_a_contract_day_warns_twice(cast: Cast, app_test: Run):
    actions.add_duty(
        cast.officer,
        AddDuty(project_id=cast.project, line="land_idle_fee", from_on=TOLD.replace(year=2025)),
        today=MONDAY,
    )
    text = said(app_test("expiry", cast.officer, within="365"))
    assert "合同动工日满1年" in text
    assert "合同动工日满2年" in text
