"""What had happened by a day, and how late a date is on it."""

from __future__ import annotations

from datetime import date

from crm.workdays.rules import Calendar


def happened_by(day: date | None, on: date) -> date | None:
    """What happened by the day; later had not happened yet."""
    return day if day is not None and day <= on else None


def days_late(calendar: Calendar, due_on: date | None, on: date) -> tuple[int | None, str]:
    """Working days past a date; over rest days alone, calendar days; None when not late."""
    if due_on is None or due_on >= on:
        return None, "个工作日"
    days = calendar.count_workdays(due_on, on)
    return (days, "个工作日") if days else ((on - due_on).days, "天")
