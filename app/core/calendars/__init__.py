"""Working time: which hours count, when a task is due, how long something took.

`china()` is the calendar everybody has who was given no other. Calendars are values: two with the same text have the
same `version`, which is stored beside every duration measured with them.
"""

from app.core.calendars.calendar import BeyondTheCalendar, Calendar, Day
from app.core.calendars.china import china
from app.core.calendars.durations import Duration, NotADuration, parse_duration
from app.core.calendars.hours import Hours, NotHours, parse_hours

__all__ = [
    "BeyondTheCalendar",
    "Calendar",
    "Day",
    "Duration",
    "Hours",
    "NotADuration",
    "NotHours",
    "china",
    "parse_duration",
    "parse_hours",
]
