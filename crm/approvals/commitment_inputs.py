"""What the forms of promises and credit marks hand in. Shapes only."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from models.vocabulary import CaseRoute

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Finding = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class PromiseLine(BaseModel):
    """One document (`document_id`) or condition (`text`) promised. A document may leave `text` empty.

    `due_on`: by when it is handed in or met. `verify_by_on`: by when the authority checks it; needed for a
    commitment, optional for papers that follow.
    """

    document_id: int | None = None
    text: Text = ""
    due_on: date
    verify_by_on: date | None = None


class MakePromises(BaseModel):
    """The list told once, with its dates. `route` is COMMITMENT or LATER_PAPERS."""

    case_id: int
    route: CaseRoute
    promised_on: date
    lines: tuple[PromiseLine, ...]


class FulfilPromise(BaseModel):
    """已交: the paper came in, or the enterprise says the condition is met. The file is optional."""

    commitment_id: int
    fulfilled_on: date
    file_name: str = ""
    file_data: bytes | None = None


class VerifyPromise(BaseModel):
    """核查. Not kept: `finding` says what was found and `correct_by_on` by when it is to be put right."""

    commitment_id: int
    verified_on: date
    verified_by: Name
    kept: bool
    finding: Finding = ""
    correct_by_on: date | None = None


class CorrectedPromise(BaseModel):
    """已改正, found so at a second check."""

    commitment_id: int
    corrected_on: date
    verified_by: Name
    finding: Finding = ""


class BreakPromise(BaseModel):
    """认定未履行: marks the enterprise."""

    commitment_id: int
    broken_on: date
    reason: Finding


class RevokeDecision(BaseModel):
    """撤销基于承诺作出的决定: the permit counts as held no more."""

    commitment_id: int
    revoked_on: date
    reason: Text


class RepairMark(BaseModel):
    """信用修复: `basis` names the paper it stands on."""

    mark_id: int
    repaired_on: date
    basis: Text


class ExtendPermit(BaseModel):
    """延期开工 (建筑法 第九条): the permit's end put off, before it lapses."""

    case_id: int
    ordered_on: date
    new_expires_on: date
    reason: Text
    approver: Name


class AddDuty(BaseModel):
    """A day only a paper knows: a contract's start date, the first use of a piece of special equipment."""

    project_id: int
    line: str
    from_on: date
    what: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""


class SettleDuty(BaseModel):
    """What was to be done is done, or is needed no more. `record` and `record_id` name the watch list's row."""

    line: str
    record: str
    record_id: int
    done_on: date
    evidence: Text
