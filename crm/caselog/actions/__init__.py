"""The verbs of an import of the hall's cases: look, start, run, stop, take up again, give out what was refused."""

from crm.caselog.actions.files import Received, receive, sweep
from crm.caselog.actions.giving import MOST, keep_refused, workbook
from crm.caselog.actions.looking import Look, Reading, Shown, look
from crm.caselog.actions.running import on_loaded, run
from crm.caselog.actions.starting import Asked, discard, launch, resume, start, stop

__all__ = [
    "MOST", "Asked", "Look", "Reading", "Received", "Shown", "discard", "keep_refused", "launch", "look",
    "on_loaded", "receive", "resume", "run", "start", "stop", "sweep", "workbook",
]  # fmt: skip
