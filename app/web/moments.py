"""Times and dates as people read them, in the organisation's zone and the reader's language.

Relative where it presses ("2 h 10 min left"), the clock time today, the day beyond. Tables have 2026-05-06.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.core import clock
from app.core.calendars import china
from app.core.translations import translate

_MINUTE = timedelta(minutes=1)
#: A deadline presses when a quarter of its time is left (design: look.md, "soon").
_PRESSING_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline as a chip: how it presses, and what it says."""

    mood: str  #: late, soon, plain or none
    text: str
    used_percent: int | None  #: of the time between creation and deadline; None without a deadline


def local(at: datetime) -> datetime:
    """The moment on the organisation's wall."""
    return china().local(at)


def stamp(at: datetime | None) -> str:
    """For tables: 2026-05-06 09:05."""
    return local(at).strftime("%Y-%m-%d %H:%M") if at else ""


def clock_time(at: datetime | None) -> str:
    return local(at).strftime("%H:%M:%S") if at else ""


def day(at: datetime | date | None, lang: str) -> str:
    """In text: 6 May 2026, 2026年5月6日."""
    if at is None:
        return ""
    on = local(at).date() if isinstance(at, datetime) else at
    return translate(
        "web.day.full", lang, year=on.year, month=on.month, day=on.day, name=translate(f"web.month.{on.month}", lang)
    )


def soon_or_day(at: datetime, lang: str) -> str:
    """The clock time today, "tomorrow 09:30", else the day; the year only when it is another one."""
    here, today = local(at), local(clock.now()).date()
    if here.date() == today:
        return here.strftime("%H:%M")
    if here.date() == today + timedelta(days=1):
        return translate("web.day.tomorrow", lang, time=here.strftime("%H:%M"))
    if here.date() == today - timedelta(days=1):
        return translate("web.day.yesterday", lang, time=here.strftime("%H:%M"))
    if here.year != today.year:
        return day(at, lang)
    month = translate(f"web.month.{here.month}", lang)
    return translate("web.day.short", lang, month=here.month, day=here.day, name=month)


def span(length: timedelta, lang: str) -> str:
    """A duration in its two largest units: 2 h 10 min, 3 d 4 h, less than a minute as 0."""
    minutes = max(0, int(length / _MINUTE))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        key = "web.span.days_hours" if hours else "web.span.days"
    elif hours:
        key = "web.span.hours_minutes" if minutes else "web.span.hours"
    else:
        key = "web.span.minutes"
    return translate(key, lang, days=days, hours=hours, minutes=minutes)


def due(created_at: datetime, due_at: datetime | None, lang: str, ended_at: datetime | None = None) -> Due:
    """How a deadline stands now, or stood when the work ended."""
    if due_at is None:
        return Due("none", translate("web.due.none", lang), None)
    now = ended_at or clock.now()
    whole = max(due_at - created_at, _MINUTE)
    used = round((now - created_at) / whole * 100)
    if ended_at is not None:
        key = "web.due.was_late" if ended_at > due_at else "web.due.in_time"
        return Due("late" if ended_at > due_at else "plain", translate(key, lang, at=soon_or_day(ended_at, lang)), used)
    if now > due_at:
        return Due("late", translate("web.due.late", lang, span=span(now - due_at, lang)), used)
    if (due_at - now) / whole <= _PRESSING_SHARE and due_at - now < timedelta(days=1):
        return Due("soon", translate("web.due.left", lang, span=span(due_at - now, lang)), used)
    return Due("plain", soon_or_day(due_at, lang), used)


def span_of(seconds: int | None, lang: str) -> str:
    """A measured duration, a dash where it was not measured."""
    return "–" if seconds is None else span(timedelta(seconds=seconds), lang)
