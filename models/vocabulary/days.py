"""Units of days, kinds of days, lights and clocks."""

from __future__ import annotations

from enum import StrEnum


class DayUnit(StrEnum):
    """The unit of a limit. Laws that write 日 mean calendar days (domain: 行政许可法 第八十二条 covers only its own limits)."""

    WORKING = "wd"
    CALENDAR = "days"


DAY_UNIT_LABELS: dict[DayUnit, str] = {DayUnit.WORKING: "工作日", DayUnit.CALENDAR: "日"}


class DayKind(StrEnum):
    HOLIDAY = "holiday"  # a day off by notice or law
    MAKEUP = "makeup"  # a weekend day worked by notice
    LOCAL = "local"  # the office's own closure (typhoon, half day): entered by hand


class Light(StrEnum):
    """The only six lights. Never shown by colour alone."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    BLUE = "blue"
    GREY = "grey"


LIGHT_LABELS: dict[Light, str] = {
    Light.GREEN: "正常",
    Light.YELLOW: "临期",
    Light.ORANGE: "今天到期",
    Light.RED: "逾期",
    Light.BLUE: "停表",
    Light.GREY: "已结",
}


class ClockState(StrEnum):
    """What a clock is doing; whether it is late is its light."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    STOPPED = "stopped"
    CLOSED = "closed"


CLOCK_STATE_LABELS: dict[ClockState, str] = {
    ClockState.NOT_STARTED: "未起算",
    ClockState.RUNNING: "计时中",
    ClockState.STOPPED: "已停表",
    ClockState.CLOSED: "已结束",
}
