"""Draft, issue, answer, withdraw a supervision letter; keep its head; check one again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

import sqlalchemy as sa
from pydantic import Field, StringConstraints, field_validator
from sqlmodel import Session, col, select

from crm.briefings import render
from crm.briefings.blanks import LETTER
from crm.briefings.context import Verdict, fingerprint
from crm.briefings.letters import queries
from crm.briefings.letters.context import Letter, LetterFacts, from_plain, to_plain
from crm.briefings.letters.sentences import blanks_of, title_of
from crm.core import files
from crm.core.access import Actor, Verb, may, require, require_all, scopes
from crm.core.audit import note_event
from crm.core.db import reading, unit_of_work
from crm.core.errors import CrmError, NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.core.inputs import Input
from crm.core.settings import load_settings
from models import Case, Setting, StoredFile, SupervisionLetter
from models.vocabulary import LETTER_STATE_LABELS, LetterState, Scope

MAX_HEAD = 10  # characters of 42 pt on one line of 156 mm
MAX_SIGN = 15  # characters the signature has room for
_LOCK_KEY = 440_703_101  # any constant: one issuer at a time on PostgreSQL
OWNER = "letter"  # of the stored file

Line = Annotated[str, StringConstraints(strip_whitespace=True)]


class LetterForm(Input):
    """A letter on one case. `words`: what is asked beside the usual; `reply_wd` None takes the house's number."""

    case_id: int
    words: Annotated[Line, Field(max_length=300)] = ""
    reply_wd: Annotated[int, Field(ge=1, le=60)] | None = None
    labels: ClassVar[Mapping[str, str]] = {"case_id": "办件", "words": "另有要求", "reply_wd": "回复期限"}


class ReplyForm(Input):
    """The department's answer."""

    letter_id: int
    text: Annotated[Line, Field(min_length=1, max_length=1000)]
    replied_on: date
    labels: ClassVar[Mapping[str, str]] = {"text": "回复内容", "replied_on": "回复日期"}


class WithdrawForm(Input):
    """Taking a letter back; its number stays used."""

    letter_id: int
    reason: Annotated[Line, Field(min_length=1, max_length=300)]
    labels: ClassVar[Mapping[str, str]] = {"reason": "撤销原因"}


class HeadForm(Input):
    """The red head, the signing office and the 机关代字 of letters issued from now on."""

    head: Annotated[Line, Field(min_length=1, max_length=MAX_HEAD)]
    office: Annotated[Line, Field(min_length=1, max_length=MAX_SIGN)]
    mark: Annotated[Line, Field(min_length=1, max_length=20)]
    labels: ClassVar[Mapping[str, str]] = {"head": "函头", "office": "署名", "mark": "机关代字"}

    @field_validator("head", "office", "mark")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return "".join(value.split())


@dataclass(frozen=True)
class Draft:
    """A letter not yet issued: its number is the next one, not a promise. `data` is the .docx."""

    letter: Letter
    title: str
    data: bytes


@dataclass(frozen=True)
class Issued:
    """An issued letter. `new` is False when a second click found the first one's letter."""

    id: int
    number: str
    title: str
    public_id: str
    file_name: str
    data: bytes
    new: bool


# Issuing -------------------------------------------------------------------------------------------------


def draft(actor: Actor, form: LetterForm, *, today: date) -> Draft:
    """The letter as it would be issued now. Nothing is written."""
    require_all(actor, Verb.SUPERVISE)
    with reading() as session:
        facts = _facts(session, actor, form, today)
        serial = queries.next_serial(session, today.year)
        letter = Letter(queries.head(session, today, serial), facts)
    return Draft(letter, title_of(letter), _rendered(letter, _template()))


def issue(actor: Actor, form: LetterForm, *, today: date) -> Issued:
    """签发: number, snapshot and file in one transaction; numbers run by the year without gaps.

    Refused where nothing presses, where no department holds the case, and while an earlier letter on the
    case still has time to be answered (house rule); the same letter asked for twice the same day is one.
    """
    require_all(actor, Verb.SUPERVISE)
    template = _template()
    with reading() as session:
        standing = queries.waiting_for_reply(session, form.case_id, today)
        if standing is None:
            facts = _facts(session, actor, form, today)
            guess = Letter(queries.head(session, today, queries.next_serial(session, today.year)), facts)
    if standing is not None:
        with reading() as session:
            return _again(session, standing, form, today)
    data = _rendered(guess, template)  # outside the transaction: a template that fails costs no lock
    with unit_of_work(actor, "letters.issue") as session:
        _one_at_a_time(session)
        standing = queries.waiting_for_reply(session, form.case_id, today)
        if standing is not None:
            return _again(session, standing, form, today)
        letter = Letter(queries.head(session, today, queries.next_serial(session, today.year)), facts)
        if letter != guess:
            data = _rendered(letter, template)
        return _keep(session, actor, letter, data, hashlib.sha256(template).hexdigest())


def _facts(session: Session, actor: Actor, form: LetterForm, today: date) -> LetterFacts:
    facts = queries.letter_facts(
        session, actor, form.case_id, today, words=form.words, reply_wd=form.reply_wd
    )
    if not facts.department:
        raise Refusal(
            Problem(
                "case_id",
                _("办件{no}没有登记办理部门，督办函没有主送单位。请先补登办理部门。", no=facts.case_no),
            )
        )
    if not facts.wrongs:
        raise Refusal(
            Problem("case_id", _("办件{no}没有临期、逾期或特殊环节的问题，不需要督办。", no=facts.case_no))
        )
    return facts


def _keep(session: Session, actor: Actor, letter: Letter, data: bytes, template_sha256: str) -> Issued:
    case = session.get_one(Case, letter.facts.case_id)
    plain = to_plain(letter)
    row = SupervisionLetter(
        number=letter.head.number,
        series_year=letter.head.series_year,
        serial=letter.head.serial,
        case_id=letter.facts.case_id,
        project_id=case.project_id,
        department_id=case.department_id,
        issued_on=letter.head.issued_on,
        reply_by_on=letter.facts.reply_by_on,
        facts=plain,
        sha256=fingerprint(plain),
        template_sha256=template_sha256,
        issued_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    stored = files.keep(
        session,
        data=data,
        name=f"{row.number}-{title_of(letter)}.docx",
        mime=render.MIME,
        owner=OWNER,
        owner_id=row.id,
        actor=actor,
    )
    row.file_id = stored.id
    session.add(row)
    note_event(
        session,
        "permit_case",
        case.id,
        changes={"supervision_letter": [None, row.number]},
        project_id=case.project_id,
        enterprise_id=case.enterprise_id,
    )
    session.flush()
    return Issued(
        int(row.id or 0), row.number, title_of(letter), stored.public_id, stored.name, data, new=True
    )


def _again(session: Session, standing: SupervisionLetter, form: LetterForm, today: date) -> Issued:
    """The letter just issued, for a second click; else the refusal that names the one still waiting."""
    letter = from_plain(standing.facts)
    if standing.issued_on != today or letter.facts.words != form.words:
        raise Refusal(
            Problem(
                "case_id",
                _(
                    "该办件已于{day}发{number}督办，回复期限{by}未到，不能重复发函。",
                    day=standing.issued_on,
                    number=standing.number,
                    by=standing.reply_by_on,
                ),
            )
        )
    stored = session.get_one(StoredFile, standing.file_id)
    return Issued(
        int(standing.id or 0),
        standing.number,
        title_of(letter),
        stored.public_id,
        stored.name,
        files.read(stored),
        new=False,
    )


def _one_at_a_time(session: Session) -> None:
    """Numbers without gaps or doubles: SQLite's writer lock is held already, PostgreSQL is told."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _template() -> bytes:
    return render.template_path(LETTER, load_settings().var).read_bytes()


def _rendered(letter: Letter, template: bytes) -> bytes:
    properties = render.Properties(title_of(letter), letter.head.office, letter.head.issued_on)
    return render.render(template, blanks_of(letter), properties)


# Answering, withdrawing -----------------------------------------------------------------------------------


def may_reply(actor: Actor, department_id: int | None) -> bool:
    """Whether the actor may record the answer: the supervisor, or the department the letter went to."""
    if may(actor, Verb.SUPERVISE):
        return True
    return (
        Scope.OWN_DEPARTMENT in scopes(actor, Verb.INSIGHT_VIEW)
        and actor.department_id is not None
        and actor.department_id == department_id
    )


def reply(actor: Actor, form: ReplyForm, *, today: date) -> None:
    """登记回复, by the department the letter went to or by the supervisor. Once."""
    if Scope.OWN_DEPARTMENT not in scopes(actor, Verb.INSIGHT_VIEW):
        require_all(actor, Verb.SUPERVISE)
    with unit_of_work(actor, "letters.reply") as session:
        row = _open_letter(session, actor, form.letter_id)
        if not may_reply(actor, row.department_id):
            raise NotFound(_("没有找到这条记录，或您无权查看。"))
        problems = []
        if form.replied_on > today:
            problems.append(
                Problem("replied_on", _("日期{day}在今天之后，只能登记已经发生的事。", day=form.replied_on))
            )
        if form.replied_on < row.issued_on:
            problems.append(Problem("replied_on", _("回复日期早于签发日期{day}。", day=row.issued_on)))
        if problems:
            raise Refusal(*problems)
        row.state, row.reply, row.replied_on = LetterState.REPLIED, form.text, form.replied_on


def withdraw(actor: Actor, form: WithdrawForm, *, today: date) -> None:
    """撤销 with a reason. The number stays used and the paper stays in the archive."""
    require_all(actor, Verb.SUPERVISE)
    with unit_of_work(actor, "letters.withdraw", reason=form.reason) as session:
        row = _open_letter(session, actor, form.letter_id)
        row.state, row.withdrawn_on, row.withdraw_reason = LetterState.WITHDRAWN, today, form.reason


def _open_letter(session: Session, actor: Actor, letter_id: int) -> SupervisionLetter:
    row = session.exec(
        select(SupervisionLetter)
        .where(col(SupervisionLetter.id) == int(letter_id), queries.letter_condition(actor))
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    if row.state is not LetterState.ISSUED:
        raise Refusal(
            _("{number}{state}，不能再改。", number=row.number, state=_(LETTER_STATE_LABELS[row.state]))
        )
    return row


def save_head(actor: Actor, form: HeadForm) -> None:
    """The letterhead, for letters issued from now on."""
    require_all(actor, Verb.SETTING_EDIT)
    with unit_of_work(actor, "letters.head") as session:
        row = session.get(Setting, queries.SETTING_KEY)
        if row is None:
            session.add(Setting(key=queries.SETTING_KEY, value=form.model_dump()))
        else:
            row.value = form.model_dump()
            session.add(row)


# Checking again --------------------------------------------------------------------------------------------


def verify(actor: Actor, letter_id: int, *, today: date) -> Verdict:
    """Whether a stored letter is still what was issued: its snapshot, its file, and the one from the other."""
    require(actor, Verb.PROJECT_VIEW)
    with reading() as session:
        card = queries.letter(session, actor, letter_id, today)
    intact = fingerprint(card.facts) == card.sha256
    try:
        data = files.read(card.file)
    except files.FileDamaged:
        return Verdict(intact, False, None)
    template = render.template_by_hash(card.template_sha256, load_settings().var)
    if template is None or not intact:
        return Verdict(intact, True, None)
    try:
        return Verdict(intact, True, _rendered(from_plain(card.facts), template) == data)
    except (CrmError, ValueError):
        return Verdict(intact, True, None)
