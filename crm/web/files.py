"""Stored files, given out only to whom their record may be shown.

One table: the kind of owner, and who may read. Not-yours, not-existing and unknown kinds get the
same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import anyio.to_thread
from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from crm.approvals.queries import case_condition
from crm.briefings.letters.queries import letter_condition
from crm.core.access import Actor, Verb, may, project_condition, scopes, visit_condition
from crm.core.accounts import actor_of_session
from crm.core.db import reading
from crm.core.files import path_of
from crm.web.headers import FILE_POLICY
from models import Briefing, Case, Commitment, Project, SpecialProcedure, StoredFile, SupervisionLetter, Visit
from models.vocabulary import Scope

# Shown in the page; everything else is a download.
IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


def _visit(session: Session, actor: Actor, file: StoredFile) -> bool:
    return (
        session.exec(
            select(Visit.id).where(col(Visit.id) == file.owner_id, visit_condition(actor, Verb.VISIT_VIEW))
        ).first()
        is not None
    )


def _briefing(session: Session, actor: Actor, file: StoredFile) -> bool:
    paper = session.get(Briefing, file.owner_id)
    if paper is None or not may(actor, Verb.BRIEFING_READ):
        return False
    if paper.project_id is None:  # a hall briefing speaks of the whole district
        return paper.made_by == actor.user_id or Scope.ALL in scopes(actor, Verb.BRIEFING_READ)
    return _in_reach(session, actor, paper.project_id, Verb.BRIEFING_READ)


def _letter(session: Session, actor: Actor, file: StoredFile) -> bool:
    found = select(SupervisionLetter.id).where(
        col(SupervisionLetter.id) == file.owner_id, letter_condition(actor)
    )
    return session.exec(found).first() is not None


def _project(session: Session, actor: Actor, file: StoredFile) -> bool:
    return _in_reach(session, actor, file.owner_id, Verb.PROJECT_VIEW)


def _commitment(session: Session, actor: Actor, file: StoredFile) -> bool:
    """A paper handed in under a promise: whoever may see its case."""
    return (
        session.exec(
            select(Commitment.id)
            .join(Case, col(Case.id) == col(Commitment.case_id))
            .where(col(Commitment.id) == file.owner_id, case_condition(actor, Verb.PROJECT_VIEW))
        ).first()
        is not None
    )


def _notice(session: Session, actor: Actor, file: StoredFile) -> bool:
    """The written notice of a special procedure: whoever sees its case."""
    return (
        session.exec(
            select(Case.id)
            .join(SpecialProcedure, col(SpecialProcedure.case_id) == col(Case.id))
            .where(col(SpecialProcedure.id) == file.owner_id, case_condition(actor, Verb.PROJECT_VIEW))
        ).first()
        is not None
    )


def _maker(_session: Session, actor: Actor, file: StoredFile) -> bool:
    return actor.user_id is not None and file.made_by == actor.user_id


def _in_reach(session: Session, actor: Actor, project_id: int | None, verb: Verb) -> bool:
    return (
        session.exec(
            select(Project.id).where(col(Project.id) == project_id, project_condition(actor, verb))
        ).first()
        is not None
    )


MAY_READ: dict[str, Callable[[Session, Actor, StoredFile], bool]] = {
    "visit": _visit,
    "briefing": _briefing,
    "letter": _letter,
    "project": _project,
    "special_procedure": _notice,
    "commitment": _commitment,
    "visit_draft": _maker,
    "import_batch": _maker,
    "case_batch": _maker,
    "export": _maker,
}


def readable(session: Session, actor: Actor, public_id: str) -> StoredFile | None:
    """The file if it exists and this actor may read it."""
    file = session.exec(
        select(StoredFile).where(col(StoredFile.public_id) == public_id, col(StoredFile.deleted_at).is_(None))
    ).first()
    if file is None:
        return None
    checker = MAY_READ.get(file.owner)
    return file if checker is not None and checker(session, actor, file) else None


def disposition(name: str, *, inline: bool) -> str:
    """RFC 6266: an ASCII fallback and the real name, percent-encoded, so that no name can add a header."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\;%' else "_" for c in name)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _look_up(session_id: int, user_id: int, public_id: str) -> StoredFile | None:
    actor = actor_of_session(session_id, user_id)
    if actor is None:
        return None
    with reading() as session:
        return readable(session, actor, public_id)


async def give(request: Request) -> Response:
    who = request.state.who
    file = await anyio.to_thread.run_sync(_look_up, who.id, who.user_id, request.path_params["public_id"])
    path = path_of(file) if file is not None else None
    if file is None or path is None or not path.is_file():
        return PlainTextResponse("没有找到这个文件，或您无权查看。", status_code=404)
    image = file.mime in IMAGES
    return FileResponse(
        path,
        media_type=file.mime if image or file.mime.startswith("application/") else "application/octet-stream",
        headers={
            "Content-Disposition": disposition(file.name, inline=image),
            "Content-Security-Policy": FILE_POLICY,
        },
    )


def routes() -> list[Route]:
    return [Route("/files/{public_id}", give, methods=["GET"])]
