"""The list of projects as each role meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def shown(at: Any) -> list[str]:
    assert not at.exception, at.exception
    return list(at.dataframe[0].value["name"]) if at.dataframe else []


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("supervisor", {"恒岳新能源电池项目（一期）", "瑞朗精密模具项目"}),
        ("officer", {"恒岳新能源电池项目（一期）"}),
        ("stranger", {"瑞朗精密模具项目"}),
        ("clerk", {"恒岳新能源电池项目（一期）"}),
        ("handler", set()),
    ],
)
def test_each_role_finds_its_own_projects(
    app_test: Callable[..., Any], cast: Any, who: str, names: set[str]
) -> None:
    assert set(shown(app_test("projects", getattr(cast, who)))) == names


def test_a_search_in_the_url_is_already_done_and_can_be_cleared(
    app_test: Callable[..., Any], cast: Any
) -> None:
    at = app_test("projects", cast.supervisor, text="rljm")
    assert shown(at) == ["瑞朗精密模具项目"]
    at.button(key="ask-clear").click().run()
    assert len(shown(at)) == 2


def test_typing_a_search_narrows_and_is_kept_in_the_url(app_test: Callable[..., Any], cast: Any) -> None:
    at = app_test("projects", cast.supervisor)
    at.text_input(key="ask-text").set_value("恒岳").run()
    assert shown(at) == ["恒岳新能源电池项目（一期）"]
    assert at.query_params["text"] == "恒岳"


def test_an_empty_answer_says_what_to_do(app_test: Callable[..., Any], cast: Any) -> None:
    at = app_test("projects", cast.officer, text="没有这个")
    assert "没有符合条件的项目" in at.markdown[-1].value


def test_only_those_who_may_create_are_offered_to(app_test: Callable[..., Any], cast: Any) -> None:
    for who, offered in (("supervisor", True), ("admin", True), ("officer", False), ("leader", False)):
        at = app_test("projects", getattr(cast, who))
        assert any(b.label == "新建项目" for b in at.button) is offered, who
