"""Nothing typed is lost on reload, a lost connection or a restart."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm.core import drafts
from crm.core.access import SYSTEM
from crm.core.db import engine, reading
from crm.core.drafts import drop_draft, load_draft, save_draft
from crm.core.errors import Refusal
from models import Draft


def test_a_half_filled_form_survives_a_reload(any_db: str, cast: Any) -> None:  # V10
    save_draft(
        cast.clerk, "visit", {"note": "谈了用电", "visited_on": date(2026, 11, 23), "topics": ["用电"]}
    )
    engine().dispose()  # a restart: nothing in memory
    assert load_draft(cast.clerk, "visit") == {
        "note": "谈了用电",
        "visited_on": "2026-11-23",
        "topics": ["用电"],
    }


def test_the_last_words_win_and_a_dropped_draft_is_gone(any_db: str, cast: Any) -> None:
    save_draft(cast.clerk, "visit", {"note": "一"})
    save_draft(cast.clerk, "visit", {"note": "一二"})
    assert load_draft(cast.clerk, "visit") == {"note": "一二"}
    drop_draft(cast.clerk, "visit")
    drop_draft(cast.clerk, "visit")
    assert load_draft(cast.clerk, "visit") is None


def test_a_draft_is_its_owners_alone_and_one_per_form(cast: Any) -> None:
    save_draft(cast.clerk, "visit", {"note": "我的"})
    save_draft(cast.clerk, "visit:7", {"note": "另一张"})
    assert load_draft(cast.officer, "visit") is None
    assert load_draft(cast.clerk, "visit") == {"note": "我的"}


def test_an_unchanged_draft_writes_nothing(cast: Any) -> None:
    save_draft(cast.clerk, "visit", {"note": "同样"})
    with reading() as session:
        first = session.get(Draft, 1)
    save_draft(cast.clerk, "visit", {"note": "同样"})
    with reading() as session:
        second = session.get(Draft, 1)
    assert first is not None
    assert second is not None
    assert first.saved_at == second.saved_at


def test_two_tabs_that_start_the_same_draft_at_once_make_one(
    any_db: str, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = drafts._row, []

    def blind_once(session: Any, user_id: int, form: str) -> Any:
        calls.append(form)
        return None if len(calls) == 2 else real(session, user_id, form)

    save_draft(cast.clerk, "visit", {"note": "甲"})
    monkeypatch.setattr(drafts, "_row", blind_once)
    save_draft(cast.clerk, "visit", {"note": "乙"})  # did not see the other tab's row
    assert load_draft(cast.clerk, "visit") == {"note": "乙"}


def test_an_endless_draft_is_refused_in_words(cast: Any) -> None:
    with pytest.raises(Refusal, match="内容太长"):
        save_draft(cast.clerk, "visit", {"note": "长" * 200_001})


def test_the_system_keeps_no_drafts(cast: Any) -> None:
    save_draft(SYSTEM, "visit", {"note": "x"})
    assert load_draft(SYSTEM, "visit") is None
