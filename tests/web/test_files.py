"""A stored file goes only to whom its record may be shown; everybody else learns nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from starlette.applications import Starlette

from crm.core.access import SYSTEM
from crm.core.db import unit_of_work
from crm.core.files import path_of
from crm.core.today import now
from crm.web import files
from crm.web.gate import Gate
from models import Briefing, StoredFile, Visit
from models.vocabulary import BriefingKind, VisitState
from tests.web.conftest import request

WHO = ("supervisor", "admin", "leader", "officer", "teammate", "stranger", "clerk", "handler")
ALL_EYES = {"supervisor", "admin", "leader"}


@pytest.fixture
def site(gate: Gate) -> Gate:
    gate.app = Starlette(routes=files.routes())
    return gate


@pytest.fixture
def shelf(cast: Any) -> dict[str, str]:
    """One file of each kind; {kind: public id}. Their makers are the officer and the clerk."""
    with unit_of_work(SYSTEM, "test") as session:
        visit = Visit(
            request_id="1",
            project_id=cast.project,
            enterprise_id=cast.enterprise,
            visited_on=date(2026, 11, 20),
            state=VisitState.COMPLETE,
            author_id=cast.clerk.user_id,
        )
        session.add(visit)
        papers = [
            Briefing(
                kind=kind,
                series_year=2026,
                number=1,
                title="第1期",
                project_id=project,
                sha256="x",
                template="x",
                template_sha256="x",
                queries_version="1",
                made_by=cast.officer.user_id,
            )
            for kind, project in ((BriefingKind.HALL, None), (BriefingKind.PROJECT, cast.project))
        ]
        session.add_all(papers)
        session.flush()
        kept = {
            "photo": ("visit", visit.id, "现场 1.jpg", "image/jpeg"),
            "hall": ("briefing", papers[0].id, "关于“A;B”的简报\r\nX: y.docx", "application/msword"),
            "paper": ("briefing", papers[1].id, "专报.docx", "application/msword"),
            "project": ("project", cast.project, "批复.pdf", "application/pdf"),
            "export": ("export", None, "导出.xlsx", "application/vnd.ms-excel"),
            "refused": ("import_batch", 1, "退回.xlsx", "application/vnd.ms-excel"),
            "draft": ("visit_draft", None, "草稿.jpg", "image/jpeg"),
            "odd": ("nobody_knows", 1, "x.html", "text/html"),
            "html": ("project", cast.project, "x.html", "text/html"),
            "gone": ("project", cast.project, "删除.pdf", "application/pdf"),
        }
        for name, (owner, owner_id, file_name, mime) in kept.items():
            row = StoredFile(
                public_id=f"id-{name}",
                sha256=name.encode().hex().ljust(64, "0"),
                name=file_name,
                mime=mime,
                size=3,
                owner=owner,
                owner_id=owner_id,
                made_by=cast.officer.user_id,
                made_at=now(),
                deleted_at=now() if name == "gone" else None,
            )
            session.add(row)
            path = path_of(row)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"abc")
    return {name: f"id-{name}" for name in kept}


MAY = {
    "photo": ALL_EYES | {"officer", "teammate", "clerk"},
    "hall": ALL_EYES | {"officer"},  # the officer made it; others of his role see only their projects' papers
    "paper": ALL_EYES | {"officer", "teammate"},
    "project": ALL_EYES | {"officer", "teammate", "clerk"},
    "export": {"officer"},
    "refused": {"officer"},
    "draft": {"officer"},
    "odd": set(),
    "gone": set(),
    "absent": set(),
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("kind", list(MAY))
def test_each_role_gets_what_its_record_allows_and_one_answer_for_the_rest(
    site: Gate, cast: Any, shelf: dict[str, str], token_of: Callable[..., Any], kind: str, who: str
) -> None:
    cookie = token_of(getattr(cast, who)).token
    answer = request(site, f"/files/{shelf.get(kind, 'absent')}", cookie=cookie)
    if who in MAY[kind]:
        assert (answer.status, answer.body) == (200, b"abc")
    else:
        nothing = request(site, "/files/does-not-exist", cookie=cookie)
        assert (answer.status, answer.body) == (404, nothing.body)
        assert answer.headers == nothing.headers


def test_nobody_gets_a_file_without_a_sign_in(site: Gate, shelf: dict[str, str]) -> None:
    for public_id in shelf.values():
        assert request(site, f"/files/{public_id}").status == 401


def test_a_name_cannot_add_a_header_and_stays_whole(
    site: Gate, cast: Any, shelf: dict[str, str], token_of: Callable[..., Any]
) -> None:
    headers = request(site, f"/files/{shelf['hall']}", cookie=token_of(cast.leader).token).headers
    told = headers["content-disposition"]
    assert told.startswith("attachment; ")
    assert "\r" not in told
    assert "filename*=UTF-8''%E5%85%B3%E4%BA%8E%E2%80%9CA%3BB%E2%80%9D" in told
    assert "x" not in headers
    assert "sandbox" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_only_pictures_are_shown_in_the_page(
    site: Gate, cast: Any, shelf: dict[str, str], token_of: Callable[..., Any]
) -> None:
    cookie = token_of(cast.leader).token
    photo = request(site, f"/files/{shelf['photo']}", cookie=cookie).headers
    assert photo["content-disposition"].startswith("inline; ")
    assert photo["content-type"] == "image/jpeg"
    page = request(site, f"/files/{shelf['html']}", cookie=cookie).headers
    assert page["content-disposition"].startswith("attachment; ")
    assert page["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path", ["/files/", "/files/../crm.sqlite3", "/files/a/b", "/files/%2e%2e", "/files/\x00"]
)
def test_no_path_reaches_the_disk(site: Gate, cast: Any, token_of: Callable[..., Any], path: str) -> None:
    assert request(site, path, cookie=token_of(cast.admin).token).status == 404


def test_losing_the_permission_loses_the_file_at_once(
    site: Gate, cast: Any, shelf: dict[str, str], token_of: Callable[..., Any]
) -> None:
    from sqlmodel import select

    from models import Assignment

    cookie = token_of(cast.teammate).token
    assert request(site, f"/files/{shelf['paper']}", cookie=cookie).status == 200
    with unit_of_work(SYSTEM, "projects.assign") as session:
        row = session.exec(select(Assignment).where(Assignment.officer_id == cast.teammate.officer_id)).one()
        row.to_on = date(2026, 11, 20)
    assert request(site, f"/files/{shelf['paper']}", cookie=cookie).status == 404
